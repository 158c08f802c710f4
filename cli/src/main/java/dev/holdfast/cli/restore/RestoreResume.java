package dev.holdfast.cli.restore;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.OpenLocation;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.document.IdentityFlag;
import dev.holdfast.cli.document.MoverFlags;
import dev.holdfast.cli.output.OutputFlag;
import dev.holdfast.cli.output.ProgressDisplay;
import dev.holdfast.cli.repo.VolumeFlags;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.restore.RestoreOptions;
import dev.holdfast.engine.restore.RestoreOutcome;
import dev.holdfast.engine.restore.RestoreRun;
import dev.holdfast.engine.restore.Restores;
import dev.holdfast.engine.volume.VolumeRepositories;
import dev.holdfast.model.velero.Restore;
import dev.holdfast.store.DirectoryStore;
import dev.holdfast.store.ObjectStore;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast restore resume}. */
@Command(
    name = "resume",
    description = {
      "Go on with a restore that was interrupted, with the flags that it was begun with; the"
          + " password and keys have to be given again.",
      "With --mover-image, mover pods run as this command says, not as the first one did.",
      "If another process is still at it, that one stops."
    })
public final class RestoreResume implements Callable<Integer> {

  @Parameters(paramLabel = "NAME", description = "The restore.")
  String name = "";

  @Mixin final IdentityFlag identity = new IdentityFlag();
  @Mixin final MoverFlags mover = new MoverFlags();
  @Mixin final VolumeFlags volumes = new VolumeFlags();
  @Mixin final OutputFlag output = new OutputFlag();

  @Option(
      names = "--state",
      paramLabel = "DIR",
      description = "Where journal and records are, if not in the location.")
  @Nullable Path state;

  private final Session session;

  public RestoreResume(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Instant started = session.operation().now();
    try (OpenLocation location = session.location();
        Cluster cluster = session.cluster()) {
      ObjectStore records = state == null ? location.store() : new DirectoryStore(state);
      Restores restores = new Restores(records);
      Restore restore = restores.get(session.operation(), name);
      if (ended(restore)) {
        return nothingLeft(restore);
      }
      RestoreOptions given =
          RestoreOptions.of(restore, Session.version())
              .identities(identity.secretKeys())
              .state(state == null ? null : records)
              .mover(mover.options())
              .yes(true);
      RestoreOptions options = restores.resume(session.operation(), name, given);
      session.safe("what was done is in the journal: the same command goes on from there");
      RestoreOutcome outcome;
      try (VolumeRepositories repositories = volumes.repositories(session, location).orElse(null);
          ProgressDisplay progress = session.progress()) {
        outcome =
            new RestoreRun(cluster, location.store(), options, progress, repositories)
                .run(session.operation());
      }
      Duration time = Duration.between(started, session.operation().now());
      return Ending.report(session, output.format(), outcome, time);
    }
  }

  private static boolean ended(Restore restore) {
    return restore.status() != null && restore.status().completionTimestamp() != null;
  }

  private int nothingLeft(Restore restore) {
    String phase = String.valueOf(Objects.requireNonNull(restore.status()).phase());
    switch (output.format()) {
      case JSON, YAML -> session.out().print(output.format().text(restore));
      case NAME -> session.out().println("restore.velero.io/" + name);
      case TABLE ->
          session
              .out()
              .println("Restore " + name + " has ended already: " + session.style().phase(phase));
    }
    return phase.equals("Completed") ? ExitCode.OK : ExitCode.PARTIAL;
  }
}
