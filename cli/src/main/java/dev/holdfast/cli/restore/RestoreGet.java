package dev.holdfast.cli.restore;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.OpenLocation;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.document.Text;
import dev.holdfast.cli.output.Format;
import dev.holdfast.cli.output.OutputFlag;
import dev.holdfast.cli.output.Table;
import dev.holdfast.engine.restore.Restores;
import dev.holdfast.model.velero.Restore;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code holdfast restore get}. */
@Command(name = "get", description = "List restores.", aliases = "list")
public final class RestoreGet implements Callable<Integer> {

  @Parameters(arity = "0..*", paramLabel = "NAME", description = "Only these. Default: all.")
  List<String> names = List.of();

  @Mixin final RecordsFlag records = new RecordsFlag();
  @Mixin final OutputFlag output = new OutputFlag();

  private final Session session;

  public RestoreGet(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    try (OpenLocation location = session.location()) {
      Restores restores = records.restores(location);
      List<Restore> found =
          names.isEmpty()
              ? newestFirst(restores.list(session.operation()))
              : names.stream().map(name -> restores.get(session.operation(), name)).toList();
      print(found, location);
      return ExitCode.OK;
    }
  }

  private static List<Restore> newestFirst(List<Restore> restores) {
    return restores.stream()
        .sorted(Comparator.comparing(RestoreGet::created, Comparator.reverseOrder()))
        .toList();
  }

  private static String created(Restore restore) {
    return Objects.requireNonNullElse(restore.metadata().creationTimestamp(), "");
  }

  private void print(List<Restore> restores, OpenLocation location) {
    Format format = output.format();
    switch (format) {
      case TABLE -> {
        if (restores.isEmpty()) {
          session.say("There are no restores in " + location.store().describe() + ".");
        } else {
          table(restores).print(session.out(), session.console().outWidth(), session.style());
        }
      }
      case NAME ->
          restores.forEach(
              restore -> session.out().println("restore.velero.io/" + restore.metadata().name()));
      case JSON, YAML ->
          session
              .out()
              .print(
                  names.size() == 1
                      ? format.text(restores.getFirst())
                      : format.text(Format.list(Restore.API_VERSION, Restore.KIND, restores)));
    }
  }

  private static Table table(List<Restore> restores) {
    Table table =
        new Table(
            "NAME",
            "BACKUP",
            "STATUS",
            "STARTED",
            "COMPLETED",
            "ERRORS",
            "WARNINGS",
            "CREATED",
            "SELECTOR");
    for (Restore restore : restores) {
      Restore.Spec spec = Objects.requireNonNullElseGet(restore.spec(), Restore.Spec::empty);
      Restore.Status status = restore.status();
      table.row(
          Objects.requireNonNullElse(restore.metadata().name(), ""),
          Objects.requireNonNullElse(spec.backupName(), ""),
          status == null || status.phase() == null ? "New" : status.phase(),
          Text.time(status == null ? null : status.startTimestamp()),
          Text.time(status == null ? null : status.completionTimestamp()),
          String.valueOf(status == null ? 0 : Text.count(status.errors())),
          String.valueOf(status == null ? 0 : Text.count(status.warnings())),
          Text.time(restore.metadata().creationTimestamp()),
          Text.selector(spec.labelSelector()));
    }
    return table;
  }
}
