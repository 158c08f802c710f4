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
import dev.holdfast.engine.volume.VolumeRepositories;
import dev.holdfast.model.velero.Restore;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast restore plan}. */
@Command(
    name = "plan",
    description = {
      "Show, item by item, what a restore would do. Nothing is written.",
      "Takes the flags of 'restore create'. Items that are identical are only counted, unless"
          + " --all."
    })
public final class RestorePlan implements Callable<Integer> {

  @Parameters(arity = "0..1", hidden = true, paramLabel = "NAME")
  @Nullable String name;

  @Mixin final RestoreFlags flags = new RestoreFlags();
  @Mixin final RunFlags run = new RunFlags();
  @Mixin final VolumeFlags volumes = new VolumeFlags();
  @Mixin final OutputFlag output = new OutputFlag();

  @Option(
      names = "--server-dry-run",
      description = "Also send what would be written as a dry run, to hear what admission says.")
  boolean serverDryRun;

  @Option(names = "--all", description = "Show identical and skipped items too.")
  boolean all;

  @Option(names = "--exit-code", description = "End with 4 if the cluster differs from the backup.")
  boolean exitCode;

  private final Session session;

  public RestorePlan(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    session.refuseServer();
    DocumentFile source = flags.source();
    Restore document = flags.document(name, source, session.operation().now());
    try (OpenLocation location = session.location();
        Cluster cluster = session.cluster()) {
      Plan plan;
      try (VolumeRepositories repositories = volumes.repositories(session, location).orElse(null);
          ProgressDisplay progress = session.progress()) {
        plan =
            new Planner(
                    cluster,
                    location.store(),
                    run.options(session, document, source, cluster),
                    serverDryRun,
                    progress,
                    repositories)
                .plan(session.operation());
      }
      PlanPrinter.print(session, output.format(), plan, all);
      return exitCode && !plan.nothingToDo() ? ExitCode.DIFFERS : ExitCode.OK;
    }
  }
}
