package dev.holdfast.repository.lock;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.RepositoryKeys;
import dev.holdfast.repository.tree.GoTime;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A lock of ours, written again in the background until it is closed. If it is lost (somebody
 * removed it, or it could not be refreshed before others may take it for stale), the operation that
 * it protects is cancelled.
 */
public final class HeldLock implements AutoCloseable {

  private static final Duration RELEASE = Duration.ofSeconds(30);

  private final Operation op;

  /** Not cancelled with the operation: a lock is refreshed and released while it ends. */
  private final Operation own;

  private final Repository repository;
  private final Locks.Timing timing;
  private final CountDownLatch closed = new CountDownLatch(1);
  private LockFile file;
  private Id id;
  private Instant refreshed;
  private @Nullable String lost;

  /** Writes the lock; it is not refreshed yet. */
  HeldLock(Operation op, Repository repository, Locks.Timing timing, LockFile file) {
    this.op = op;
    this.own = Operation.start(op.clock(), op.random());
    this.repository = repository;
    this.timing = timing;
    this.file = file;
    this.refreshed = op.now();
    this.id = repository.save(op, RepositoryKeys.LOCKS, Json.bytes(file));
  }

  /** The name of its file at the moment. */
  public synchronized Id id() {
    return id;
  }

  void start() {
    Thread.ofVirtual().name("lock-refresh").start(this::keepFresh);
  }

  private void keepFresh() {
    // A failed refresh is tried again soon; a closed latch ends the waiting.
    Duration wait = timing.refresh();
    try {
      while (!closed.await(wait.toMillis(), TimeUnit.MILLISECONDS)) {
        wait = refresh() ? timing.refresh() : timing.refresh().dividedBy(10);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Writes the lock again, if it is still there: one that was removed may have been replaced by
   * another's.
   *
   * @return whether it is fresh now
   */
  synchronized boolean refresh() {
    if (lost != null || closed.getCount() == 0) {
      return false;
    }
    Instant now = own.now();
    try {
      if (there(id)) {
        LockFile next =
            file.at(GoTime.format(now.atZone(ZoneId.systemDefault()).toOffsetDateTime()));
        Id written = repository.save(own.within(RELEASE), RepositoryKeys.LOCKS, Json.bytes(next));
        Id old = id;
        boolean kept = there(old);
        id = written;
        file = next;
        if (kept) {
          refreshed = now;
          repository.store().delete(own.within(RELEASE), RepositoryKeys.LOCKS + old);
          return true;
        }
      }
      lose("Somebody removed our lock on the repository");
    } catch (RuntimeException | Error e) { // else nobody would refresh it any more
      if (expired()) {
        lose("The lock on the repository could not be refreshed: " + e.getMessage());
      }
    }
    return false;
  }

  private boolean there(Id lock) {
    return repository.store().head(own.within(RELEASE), RepositoryKeys.LOCKS + lock).isPresent();
  }

  private boolean expired() {
    return Duration.between(refreshed, own.now()).abs().compareTo(timing.expiry()) > 0;
  }

  private void lose(String why) {
    lost = why;
    op.cancel(why);
  }

  /**
   * Returns if the lock is held. Asked before every step that removes something, because a process
   * may have slept for hours between two statements.
   *
   * @throws Failure.Locked if it is lost
   */
  public synchronized void check() {
    if (lost == null && expired() && !refresh() && lost == null) {
      lose("The lock on the repository is too old");
    }
    if (lost != null) {
      throw new Failure.Locked(
          lost, "what was written so far is intact; run the command again", null);
    }
  }

  /** Releases it; whatever happens, the lock ends by itself after 30 minutes. */
  @Override
  public void close() {
    closed.countDown();
    synchronized (this) {
      try {
        repository.store().delete(own.within(RELEASE), RepositoryKeys.LOCKS + id);
      } catch (Failure e) {
        // It is stale in 30 minutes, or at once for this machine.
      }
    }
  }
}
