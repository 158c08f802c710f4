package dev.holdfast.cli.backup;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.OpenLocation;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.output.Format;
import dev.holdfast.cli.output.OutputFlag;
import dev.holdfast.cli.output.Table;
import dev.holdfast.cli.output.Units;
import dev.holdfast.engine.backup.Backups;
import dev.holdfast.engine.backup.KeepPolicy;
import dev.holdfast.engine.backup.Pruning;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GoDuration;
import dev.holdfast.model.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code holdfast backup prune}. */
@Command(
    name = "prune",
    description = {
      "Delete backups that no rule keeps, and what dead runs left.",
      "A backup stays if any of the rules keeps it; the newest complete one of its kind always"
          + " stays. Without a rule only rubbish is collected."
    })
public final class BackupPrune implements Callable<Integer> {

  @Option(names = "--keep-last", paramLabel = "N", description = "Keep the newest N.")
  int last;

  @Option(names = "--keep-daily", paramLabel = "N", description = "The newest of each of N days.")
  int daily;

  @Option(names = "--keep-weekly", paramLabel = "N", description = "The newest of each of N weeks.")
  int weekly;

  @Option(
      names = "--keep-monthly",
      paramLabel = "N",
      description = "The newest of each of N months.")
  int monthly;

  @Option(names = "--keep-yearly", paramLabel = "N", description = "The newest of each of N years.")
  int yearly;

  @Option(
      names = "--keep-within",
      paramLabel = "DURATION",
      description = "All that are younger, such as 72h.")
  @Nullable String within;

  @Option(names = "--expired", description = "Also delete those whose ttl has passed.")
  boolean expired;

  @Option(names = "--dry-run", description = "Only say what would be done.")
  boolean dryRun;

  @Mixin final SnapshotFlags snapshots = new SnapshotFlags();
  @Mixin final OutputFlag output = new OutputFlag();

  private final Session session;

  public BackupPrune(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    KeepPolicy policy =
        new KeepPolicy(last, daily, weekly, monthly, yearly, parsedWithin(), expired);
    try (OpenLocation location = session.location()) {
      Backups backups = new Backups(location.store());
      List<Pruning.Decision> decisions = backups.prune(session.operation(), policy, true);
      if (!output.document()) {
        print(decisions);
      }
      long condemned = decisions.stream().filter(one -> !one.keep()).count();
      if (condemned == 0) {
        session.say("There is nothing to delete.");
      } else if (!dryRun) {
        session.confirm("Delete " + Units.count(condemned, "backup"));
        List<Pruning.Decision> done = new ArrayList<>();
        snapshots.with(
            session,
            location,
            decisions.stream().filter(one -> !one.keep()).map(Pruning.Decision::name).toList(),
            deleting -> done.addAll(deleting.prune(session.operation(), policy, false)));
        decisions = done;
        session.say(Units.count(condemned, "backup") + " deleted");
      }
      if (output.document()) {
        session.out().print(output.format().text(document(decisions)));
      }
      return ExitCode.OK;
    }
  }

  /** {@code -o name} names what goes. */
  private void print(List<Pruning.Decision> decisions) {
    if (output.format() == Format.NAME) {
      decisions.stream()
          .filter(one -> !one.keep())
          .forEach(one -> session.out().println("backup.velero.io/" + one.name()));
      return;
    }
    Table table = new Table("NAME", "DECISION", "REASON");
    decisions.forEach(one -> table.row(one.name(), one.keep() ? "keep" : "delete", one.reason()));
    if (!table.isEmpty()) {
      table.print(session.out(), session.console().outWidth(), session.style());
    }
  }

  private ObjectNode document(List<Pruning.Decision> decisions) {
    ObjectNode document = Json.MAPPER.createObjectNode().put("dryRun", dryRun);
    document.set("decisions", Json.MAPPER.valueToTree(decisions));
    return document;
  }

  private java.time.@Nullable Duration parsedWithin() {
    try {
      return within == null ? null : GoDuration.parse(within).value();
    } catch (Failure.Invalid e) {
      throw new Failure.Invalid("--keep-within: " + e.getMessage(), e.next(), e);
    }
  }
}
