package dev.holdfast.cli.backup;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.OpenLocation;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.document.BackupFlags;
import dev.holdfast.cli.document.Counts;
import dev.holdfast.cli.document.MoverFlags;
import dev.holdfast.cli.output.OutputFlag;
import dev.holdfast.cli.output.ProgressDisplay;
import dev.holdfast.cli.output.Units;
import dev.holdfast.cli.repo.VolumeFlags;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.backup.BackupOptions;
import dev.holdfast.engine.backup.BackupOutcome;
import dev.holdfast.engine.backup.BackupPlan;
import dev.holdfast.engine.backup.BackupRun;
import dev.holdfast.engine.backup.VolumeOptions;
import dev.holdfast.engine.volume.ResourcePolicies;
import dev.holdfast.engine.volume.VolumeRepositories;
import dev.holdfast.model.velero.Backup;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast backup create}. */
@Command(
    name = "create",
    description = {
      "Back up the items of a cluster.",
      "Ends with 0 if everything is in the backup, with 3 if something is missing; the results name"
          + " it."
    })
public final class BackupCreate implements Callable<Integer> {

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      description = "Default: the namespace (or 'cluster') and the time.")
  @Nullable String name;

  @Mixin final BackupFlags flags = new BackupFlags();
  @Mixin final EncryptionFlags encryption = new EncryptionFlags();
  @Mixin final VolumeFlags volumes = new VolumeFlags();
  @Mixin final PolicyFlags policies = new PolicyFlags();
  @Mixin final MoverFlags mover = new MoverFlags();
  @Mixin final KubeletFlag kubelet = new KubeletFlag();
  @Mixin final OutputFlag output = new OutputFlag();

  @Option(
      names = "--dry-run",
      description = "Only show what would be in it, and which way each volume would go.")
  boolean dryRun;

  @Option(
      names = {"-w", "--wait"},
      description = "Accepted for Velero's sake: the command always waits.")
  boolean wait;

  @Option(
      names = "--parallel",
      paramLabel = "N",
      description = "Lists at a time, and threads that compress. Default: ${DEFAULT-VALUE}.")
  int parallel = 8;

  private final Session session;

  public BackupCreate(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    session.refuseServer();
    Instant started = session.operation().now();
    Backup document = flags.document(name, session.global().location(), started);
    Backup.Spec spec = document.spec();
    try (OpenLocation location = session.location(spec == null ? null : spec.storageLocation());
        Cluster cluster = session.cluster()) {
      BackupOptions options =
          encryption.into(
              BackupOptions.of(
                  BackupFlags.inLocation(document, location.name()), Session.version()));
      Counts.positive("--parallel", parallel);
      if (dryRun) {
        return plan(cluster, location, options.parallel(parallel), document);
      }
      session.say(
          "Backing up "
              + cluster.describe()
              + " as "
              + document.metadata().name()
              + " to "
              + location.store().describe());
      ResourcePolicies chosen = policies.of(session, document, flags.source(), cluster);
      session.safe(
          "there is no complete backup "
              + document.metadata().name()
              + ", and nothing in the cluster was changed");
      BackupOutcome outcome = run(cluster, location, options.parallel(parallel), chosen);
      report(outcome, Duration.between(started, session.operation().now()));
      return outcome.exitCode();
    }
  }

  private BackupOutcome run(
      Cluster cluster, OpenLocation location, BackupOptions options, ResourcePolicies policies) {
    try (VolumeRepositories repositories = volumes.repositories(session, location).orElse(null);
        ProgressDisplay progress = session.progress()) {
      BackupOptions whole = options.volumes(how(repositories, policies));
      return new BackupRun(cluster, location.store(), whole, progress).run(session.operation());
    }
  }

  private VolumeOptions how(@Nullable VolumeRepositories repositories, ResourcePolicies policies) {
    VolumeOptions how =
        repositories == null
            ? VolumeOptions.none(VolumeFlags.NO_PASSWORD)
            : VolumeOptions.into(repositories);
    return how.policies(policies)
        .mover(kubelet.of(mover.options()))
        .filesOtherwise(flags.snapshots());
  }

  private int plan(Cluster cluster, OpenLocation location, BackupOptions options, Backup document) {
    ResourcePolicies chosen = policies.of(session, document, flags.source(), cluster);
    BackupPlan plan;
    try (VolumeRepositories repositories = volumes.repositories(session, location).orElse(null);
        ProgressDisplay progress = session.progress()) {
      BackupOptions whole = options.volumes(how(repositories, chosen));
      plan = BackupPlan.draw(session.operation(), cluster, whole, progress);
    }
    switch (output.format()) {
      case JSON, YAML -> session.out().print(output.format().text(plan.json()));
      case NAME -> session.out().println("backup.velero.io/" + plan.backup());
      case TABLE -> {
        plan.items()
            .forEach((type, count) -> session.out().println("%6d  %s".formatted(count, type)));
        plan.volumes()
            .forEach(each -> session.out().println("volume  " + each.name() + ": " + each.way()));
        session.out().println("Nothing was written.");
      }
    }
    return ExitCode.OK;
  }

  private void report(BackupOutcome outcome, Duration time) {
    Backup backup = outcome.document();
    switch (output.format()) {
      case JSON, YAML -> session.out().print(output.format().text(backup));
      case NAME -> session.out().println("backup.velero.io/" + backup.metadata().name());
      case TABLE -> {
        String phase = backup.status() == null ? "" : String.valueOf(backup.status().phase());
        session
            .out()
            .println(
                "Backup "
                    + backup.metadata().name()
                    + " "
                    + session.style().phase(phase)
                    + ": "
                    + Units.count(outcome.items(), "item")
                    + ", "
                    + Units.bytes(outcome.bytes())
                    + ", "
                    + Units.time(time)
                    + counted(outcome));
        if (outcome.partial()) {
          session.say(
              "  what is missing: " + session.next("backup describe " + backup.metadata().name()));
        }
      }
    }
  }

  private static String counted(BackupOutcome outcome) {
    int warnings = outcome.results().warnings().count();
    int errors = outcome.results().errors().count();
    return (errors > 0 ? ", " + Units.count(errors, "error") : "")
        + (warnings > 0 ? ", " + Units.count(warnings, "warning") : "");
  }
}
