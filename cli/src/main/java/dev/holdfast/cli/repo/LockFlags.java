package dev.holdfast.cli.repo;

import dev.holdfast.cli.Session;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GoDuration;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.lock.HeldLock;
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

  @Option(
      names = "--no-lock",
      description = "Read without a lock, as from a store that may not be written to.")
  boolean noLock;

  /**
   * Keeps others from removing what is read.
   *
   * @return null with {@code --no-lock}
   */
  @Nullable HeldLock shared(Repository repository, Session session) {
    if (noLock) {
      return null;
    }
    try {
      return of(repository, session).shared(session.operation());
    } catch (Failure.Denied e) {
      throw new Failure.Denied(
          "The repository cannot be locked: " + e.getMessage(),
          "to read without a lock, while nobody prunes: --no-lock",
          e);
    }
  }

  /**
   * Keeps everybody else out.
   *
   * @param dryRun nothing will be changed: with {@code --no-lock} there is no lock
   */
  @Nullable HeldLock exclusive(Repository repository, Session session, boolean dryRun) {
    needLockUnless(dryRun);
    return noLock ? null : of(repository, session).exclusive(session.operation());
  }

  /** Refuses {@code --no-lock} for what writes. */
  void needLockUnless(boolean dryRun) {
    if (noLock && !dryRun) {
      throw new Failure.Invalid("--no-lock is only possible together with --dry-run");
    }
  }

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
