package dev.holdfast.cli.backup;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.OpenLocation;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.output.Format;
import dev.holdfast.cli.output.OutputFlag;
import dev.holdfast.engine.backup.Backups;
import dev.holdfast.model.LabelSelector;
import dev.holdfast.model.velero.Backup;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast backup get}. */
@Command(name = "get", description = "List backups.", aliases = "list")
public final class BackupGet implements Callable<Integer> {

  @Parameters(arity = "0..*", paramLabel = "NAME", description = "Only these. Default: all.")
  List<String> names = List.of();

  @Option(
      names = {"-l", "--selector"},
      paramLabel = "LABELS",
      description = "Only backups with these labels.")
  @Nullable String selector;

  @Mixin final OutputFlag output = new OutputFlag();

  private final Session session;

  public BackupGet(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    LabelSelector wanted = selector == null ? null : LabelSelector.parse(selector);
    try (OpenLocation location = session.location()) {
      List<Backup> backups = new ArrayList<>();
      List<Backups.Listed> unreadable = new ArrayList<>();
      read(new Backups(location.store()), backups, unreadable);
      backups.removeIf(
          backup -> wanted != null && !wanted.matches(backup.metadata().labelsOrEmpty()));
      print(backups, location);
      unreadable.forEach(one ->
          session
              .err()
              .println("Warning: backup " + one.name() + " is unreadable: " + one.problem()));
      return unreadable.isEmpty() ? ExitCode.OK : ExitCode.PARTIAL;
    }
  }

  private void read(Backups backups, List<Backup> found, List<Backups.Listed> unreadable) {
    if (!names.isEmpty()) {
      names.forEach(name -> found.add(backups.get(session.operation(), name)));
      return;
    }
    for (Backups.Listed one : backups.list(session.operation())) {
      if (one.document() == null) {
        unreadable.add(one);
      } else {
        found.add(one.document());
      }
    }
  }

  private void print(List<Backup> backups, OpenLocation location) {
    Format format = output.format();
    switch (format) {
      case TABLE -> {
        if (backups.isEmpty()) {
          session.say("There are no backups in " + location.store().describe() + ".");
        } else {
          BackupTable.of(backups, session.operation().now())
              .print(session.out(), session.console().outWidth(), session.style());
        }
      }
      case NAME ->
          BackupTable.sorted(backups)
              .forEach(backup -> session.out().println("backup.velero.io/" + name(backup)));
      case JSON, YAML ->
          session
              .out()
              .print(
                  names.size() == 1
                      ? format.text(backups.getFirst())
                      : format.text(
                          Format.list(
                              Backup.API_VERSION, Backup.KIND, BackupTable.sorted(backups))));
    }
  }

  private static String name(Backup backup) {
    return Objects.requireNonNullElse(backup.metadata().name(), "");
  }
}
