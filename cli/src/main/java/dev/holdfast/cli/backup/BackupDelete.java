package dev.holdfast.cli.backup;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.OpenLocation;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.output.Deletions;
import dev.holdfast.cli.output.OutputFlag;
import dev.holdfast.cli.output.Units;
import dev.holdfast.engine.backup.Backups;
import dev.holdfast.model.Failure;
import dev.holdfast.model.LabelSelector;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast backup delete}. */
@Command(name = "delete", description = "Delete backups. Asks first, unless --yes is given.")
public final class BackupDelete implements Callable<Integer> {

  @Parameters(arity = "0..*", paramLabel = "NAME", description = "The backups.")
  List<String> names = List.of();

  @Option(names = "--all", description = "All backups of the location.")
  boolean all;

  @Option(
      names = {"-l", "--selector"},
      paramLabel = "LABELS",
      description = "All backups with these labels.")
  @Nullable String selector;

  @Mixin final SnapshotFlags snapshots = new SnapshotFlags();
  @Mixin final OutputFlag output = new OutputFlag();

  private final Session session;

  public BackupDelete(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    try (OpenLocation location = session.location()) {
      Backups backups = new Backups(location.store());
      List<String> chosen = chosen(backups);
      if (chosen.isEmpty()) {
        session.say("There is nothing to delete.");
      } else {
        confirm(chosen, location);
      }
      try (var deleted =
          new Deletions(session.out(), output.format(), "backup", "backup.velero.io")) {
        snapshots.with(
            session,
            location,
            chosen,
            deleting -> {
              for (String name : chosen) {
                deleting.delete(session.operation(), name);
                deleted.add(name);
              }
            });
      }
      return ExitCode.OK;
    }
  }

  private void confirm(List<String> chosen, OpenLocation location) {
    session.confirm(
        "Delete "
            + (chosen.size() == 1
                ? "backup " + chosen.getFirst()
                : Units.count(chosen.size(), "backup") + " (" + String.join(", ", chosen) + ")")
            + " from "
            + location.store().describe());
  }

  private List<String> chosen(Backups backups) {
    int ways = (names.isEmpty() ? 0 : 1) + (all ? 1 : 0) + (selector == null ? 0 : 1);
    if (ways != 1) {
      throw new Failure.Invalid(
          "Say which backups: NAME..., --all or --selector, one of them",
          "holdfast backup get lists what there is");
    }
    if (!names.isEmpty()) {
      names.forEach(name -> backups.get(session.operation(), name));
      return names;
    }
    LabelSelector wanted = selector == null ? null : LabelSelector.parse(selector);
    return backups.list(session.operation()).stream()
        .filter(one ->
            wanted == null
                || one.document() != null
                    && wanted.matches(one.document().metadata().labelsOrEmpty()))
        .map(Backups.Listed::name)
        .toList();
  }
}
