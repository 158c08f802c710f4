package dev.holdfast.cli.repo;

import dev.holdfast.cli.Session;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GoDuration;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.lock.Locks;
import dev.holdfast.repository.lock.ProcessHolder;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a verb deals with a repository that somebody else has locked. */
final class LockFlags {

  @Option(
      names = "--retry-lock",
      paramLabel = "DURATION",
      description = "Wait so long for others to release their locks, 10m. Default: not at all.")
  @Nullable String retryLock;

  /** The repository's locks, taken in the name of this process. */
  Locks of(Repository repository, Session session) {
    var identity = Identities.of(null, session.console().environment());
    return new Locks(
        repository, new ProcessHolder(identity), Locks.Timing.DEFAULT.withPatience(patience()));
  }

  private Duration patience() {
    Duration wait = retryLock == null ? Duration.ZERO : GoDuration.parse(retryLock).value();
    if (wait.isNegative()) {
      throw new Failure.Invalid("--retry-lock " + retryLock + " is negative");
    }
    return wait;
  }
}
