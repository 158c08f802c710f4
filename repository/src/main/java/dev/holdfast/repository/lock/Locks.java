package dev.holdfast.repository.lock;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.RepositoryKeys;
import dev.holdfast.store.ObjectStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes and clears the locks of a repository with restic's protocol: look, write, wait, look again.
 * Any number of shared locks, or one exclusive one. A lock whose holder is proven to be gone does
 * not count and is removed; others stay until they are released or {@link #unlock} is asked for.
 *
 * <p>Of two who write a lock and look afterwards at least one sees the other's, where a listing
 * shows what was written. The wait is for stores that are a little late, and one side's is enough:
 * whoever removes waits, who only reads or adds does not. Both look until they see their own lock,
 * so that a store that lists late is noticed instead of believed.
 */
public final class Locks {

  /** A lock that was not refreshed for so long is nobody's: restic's rule. */
  public static final Duration STALE = Duration.ofMinutes(30);

  /** How often a store is asked for a lock that was written to it: for 40 seconds. */
  private static final int LOOKS = 12;

  private static final Duration FIRST_PAUSE = Duration.ofMillis(20);

  private final Repository repository;
  private final LockHolder holder;
  private final Timing timing;

  /**
   * @param settle between writing an exclusive lock and looking again
   * @param refresh how often a lock is written again
   * @param expiry a lock that could not be refreshed for so long is given up: earlier than others
   *     may take it for stale
   * @param patience how long to wait for others to release theirs; zero for not at all
   */
  public record Timing(Duration settle, Duration refresh, Duration expiry, Duration patience) {

    /** restic's. */
    public static final Timing DEFAULT =
        new Timing(
            Duration.ofMillis(200),
            Duration.ofMinutes(5),
            STALE.minus(Duration.ofSeconds(450)),
            Duration.ZERO);

    public Timing withPatience(Duration patience) {
      return new Timing(settle, refresh, expiry, patience);
    }
  }

  /**
   * A lock that is there.
   *
   * @param file null if it cannot be read
   */
  public record Found(Id id, @Nullable LockFile file, Instant modified) {}

  public Locks(Repository repository, LockHolder holder, Timing timing) {
    this.repository = repository;
    this.holder = holder;
    this.timing = timing;
  }

  /** Keeps others from removing anything: for reading and for adding. */
  public HeldLock shared(Operation op) {
    return patiently(op, false);
  }

  /** Keeps everybody else out: for what removes. */
  public HeldLock exclusive(Operation op) {
    return patiently(op, true);
  }

  /**
   * Fails early where an exclusive lock could not be had now and nobody would wait for it.
   *
   * @throws Failure.Locked if somebody holds a lock
   */
  public void refuseIfLocked(Operation op) {
    if (timing.patience().isZero()) {
      refuse(op, true, null);
    }
  }

  private HeldLock patiently(Operation op, boolean exclusive) {
    Instant end = op.now().plus(timing.patience());
    Duration pause = Duration.ofSeconds(1);
    while (true) {
      try {
        return take(op, exclusive);
      } catch (Failure.Locked e) {
        if (!op.now().plus(pause).isBefore(end)) {
          throw e;
        }
        op.pause(pause);
        pause = pause.compareTo(Duration.ofSeconds(30)) < 0 ? pause.multipliedBy(2) : pause;
      }
    }
  }

  /**
   * @throws Failure.Locked if another lock forbids it
   * @throws Failure.Unsupported if the store does not list what is written to it
   */
  private HeldLock take(Operation op, boolean exclusive) {
    refuse(op, exclusive, null);
    LockFile file = holder.lock(exclusive, op.now());
    HeldLock lock = new HeldLock(op, repository, timing, file);
    try {
      if (exclusive) {
        op.pause(timing.settle());
      }
      lookAgain(op, exclusive, lock.id());
      lock.start();
      return lock;
    } catch (RuntimeException | Error e) {
      lock.close();
      throw e;
    }
  }

  private void lookAgain(Operation op, boolean exclusive, Id own) {
    Duration pause = FIRST_PAUSE;
    for (int looks = 1; !refuse(op, exclusive, own); looks++) {
      if (repository.store().head(op, RepositoryKeys.LOCKS + own).isEmpty()) {
        throw new Failure.Locked(
            "Somebody removed our lock on the repository", "run the command again", null);
      }
      if (looks == LOOKS) {
        throw new Failure.Unsupported(
            "The store does not list a lock that was written to it 40 seconds ago, so nobody would"
                + " see it",
            "nothing was changed; to read without a lock, while nobody prunes: --no-lock");
      }
      op.pause(pause);
      pause = pause.multipliedBy(2);
    }
  }

  /** Whether our own lock was seen, too. */
  private boolean refuse(Operation op, boolean exclusive, @Nullable Id own) {
    boolean seen = false;
    for (Found found : list(op)) {
      if (found.id().equals(own)) {
        seen = true;
        continue;
      }
      LockFile file = found.file();
      if (file == null) {
        throw new Failure.Locked(
            "The lock " + found.id().shortText() + " cannot be read, so nobody knows whose it is",
            "if nothing uses the repository: holdfast repo unlock --remove-all",
            null);
      }
      if (holder.gone(file, op.now())) {
        repository.store().delete(op, RepositoryKeys.LOCKS + found.id());
      } else if (exclusive || file.exclusive()) {
        throw locked(op, found.id(), file);
      }
    }
    return seen;
  }

  private static Failure.Locked locked(Operation op, Id id, LockFile file) {
    Duration age = Duration.between(file.written(), op.now());
    boolean old = age.compareTo(STALE) > 0;
    return new Failure.Locked(
        "The repository is locked "
            + (file.exclusive() ? "exclusively " : "")
            + "by "
            + file.holder()
            + ", since "
            + file.time()
            + " (lock "
            + id.shortText()
            + ")",
        old
            ? "it was not refreshed for "
                + age.toMinutes()
                + " minutes: if that process is gone, holdfast repo unlock"
            : "nothing was changed; wait for it, or use --retry-lock 10m",
        null);
  }

  /** All locks. One that is empty or vanishes meanwhile is none, as for restic. */
  public List<Found> list(Operation op) {
    List<ObjectStore.Meta> files = new ArrayList<>();
    repository.store().listAll(op, RepositoryKeys.LOCKS, files::add);
    List<Found> locks = new ArrayList<>();
    for (ObjectStore.Meta meta : files) {
      String name = meta.key().substring(RepositoryKeys.LOCKS.length());
      if (Id.isHex(name) && meta.size() > 0) {
        Id id = Id.parse(name);
        try {
          locks.add(
              new Found(id, read(repository.load(op, RepositoryKeys.LOCKS, id)), meta.modified()));
        } catch (Failure.Corrupt e) {
          locks.add(new Found(id, null, meta.modified()));
        } catch (Failure.Absent e) {
          // released between the listing and now
        }
      }
    }
    return locks;
  }

  /**
   * Reads a lock file.
   *
   * @throws Failure.Corrupt if it is malformed
   */
  static LockFile read(byte[] json) {
    LockFile file = Json.read(json, LockFile.class, "A lock");
    if (file.time() == null) {
      throw new Failure.Corrupt("A lock has no time");
    }
    LockFile.Origin origin = file.origin();
    if (origin != null && (origin.boot() == null || origin.namespace() == null)) {
      throw new Failure.Corrupt("A lock does not say which process holds it");
    }
    file.written();
    return file;
  }

  /**
   * Removes locks that nobody seems to hold: not refreshed for 30 minutes, or of a process of this
   * host that is not there.
   *
   * @param all remove every lock, held or not
   * @return how many were removed
   */
  public int unlock(Operation op, boolean all) {
    int removed = 0;
    for (Found found : list(op)) {
      LockFile file = found.file();
      boolean stale =
          file == null
              ? Duration.between(found.modified(), op.now()).compareTo(STALE) > 0
              : holder.seemsGone(file, op.now());
      if (all || stale) {
        repository.store().delete(op, RepositoryKeys.LOCKS + found.id());
        removed++;
      }
    }
    return removed;
  }
}
