package dev.holdfast.cli.restore;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.OpenLocation;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.document.DocumentFile;
import dev.holdfast.cli.document.RestoreFlags;
import dev.holdfast.cli.output.OutputFlag;
import dev.holdfast.cli.output.ProgressDisplay;
import dev.holdfast.cli.repo.VolumeFlags;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.restore.Plan;
import dev.holdfast.engine.restore.Planner;
import dev.holdfast.engine.restore.RestoreOptions;
import dev.holdfast.engine.restore.RestoreOutcome;
import dev.holdfast.engine.restore.RestoreRun;
import dev.holdfast.engine.volume.VolumeRepositories;
import dev.holdfast.model.velero.Restore;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast restore create}. */
@Command(
    name = "create",
    description = {
      "Restore items of a backup into a cluster.",
      "It can be killed at any time: the same command again goes on from there."
    })
public final class RestoreCreate implements Callable<Integer> {

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      description = "Default: the backup's name and the time.")
  @Nullable String name;

  @Mixin final RestoreFlags flags = new RestoreFlags();
  @Mixin final RunFlags run = new RunFlags();
  @Mixin final VolumeFlags volumes = new VolumeFlags();
  @Mixin final OutputFlag output = new OutputFlag();

  @Option(names = "--dry-run", description = "Only show the plan, as 'restore plan' does.")
  boolean dryRun;

  @Option(
      names = {"-w", "--wait"},
      description = "Accepted for Velero's sake: the command always waits.")
  boolean wait;

  private final Session session;

  public RestoreCreate(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    session.refuseServer();
    Instant started = session.operation().now();
    DocumentFile source = flags.source();
    Restore document = flags.document(name, source, started);
    try (OpenLocation location = session.location();
        Cluster cluster = session.cluster()) {
      RestoreOptions options = run.options(session, document, source, cluster);
      if (dryRun) {
        return plan(location, cluster, options);
      }
      session.say(
          "Restoring "
              + options.backup()
              + " as "
              + options.name()
              + " into "
              + cluster.describe());
      session.safe(
          "what was done is in the journal: "
              + session.next(
                  "restore create " + options.name() + " --from-backup " + options.backup())
              + " (with the same flags) goes on from there");
      RestoreOutcome outcome = run(location, cluster, options);
      Duration time = Duration.between(started, session.operation().now());
      return Ending.report(session, output.format(), outcome, time);
    }
  }

  private RestoreOutcome run(OpenLocation location, Cluster cluster, RestoreOptions options) {
    try (VolumeRepositories repositories = volumes.repositories(session, location).orElse(null);
        ProgressDisplay progress = session.progress()) {
      return new RestoreRun(cluster, location.store(), options, progress, repositories)
          .run(session.operation());
    }
  }

  private int plan(OpenLocation location, Cluster cluster, RestoreOptions options) {
    Plan plan;
    try (VolumeRepositories repositories = volumes.repositories(session, location).orElse(null);
        ProgressDisplay progress = session.progress()) {
      plan =
          new Planner(cluster, location.store(), options, false, progress, repositories)
              .plan(session.operation());
    }
    PlanPrinter.print(session, output.format(), plan, false);
    return ExitCode.OK;
  }
}
