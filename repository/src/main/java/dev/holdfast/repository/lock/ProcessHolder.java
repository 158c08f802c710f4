package dev.holdfast.repository.lock;

import dev.holdfast.repository.Repository;
import dev.holdfast.repository.tree.GoTime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import org.jspecify.annotations.Nullable;

/**
 * A process of this machine. A lock of ours names boot, pid namespace and start of its process:
 * that settles whether it is gone. Of restic's only host and pid are known, and a container on this
 * host has pids of its own under our name: there, the process must be missing and a refresh, too.
 */
public final class ProcessHolder implements LockHolder {

  /** restic refreshes every five minutes; one that lives has written again by then. */
  private static final Duration MISSED_REFRESH = Duration.ofMinutes(7);

  private static final int STARTED = 22; // proc(5), /proc/PID/stat

  private final Repository.Identity identity;
  private final Path proc;
  private final LockFile.@Nullable Origin self;

  /** This process. */
  public ProcessHolder(Repository.Identity identity) {
    this(identity, Path.of("/proc"));
  }

  /**
   * @param proc where the kernel tells of processes
   */
  ProcessHolder(Repository.Identity identity, Path proc) {
    this.identity = identity;
    this.proc = proc;
    this.self = origin(proc);
  }

  @Override
  public LockFile lock(boolean exclusive, Instant now) {
    return new LockFile(
        GoTime.format(now.atZone(ZoneId.systemDefault()).toOffsetDateTime()),
        exclusive,
        identity.hostname(),
        identity.username(),
        ProcessHandle.current().pid(),
        null,
        null,
        self);
  }

  @Override
  public boolean gone(LockFile lock, Instant now) {
    LockFile.Origin origin = lock.origin();
    if (origin == null || self == null) {
      return here(lock)
          && !alive(lock.pid())
          && Duration.between(lock.written(), now).compareTo(MISSED_REFRESH) > 0;
    }
    if (!origin.boot().equals(self.boot()) || !origin.namespace().equals(self.namespace())) {
      return false;
    }
    Long started = started(proc.resolve(Long.toString(lock.pid())));
    return started == null || started != origin.started();
  }

  @Override
  public boolean seemsGone(LockFile lock, Instant now) {
    return Duration.between(lock.written(), now).compareTo(Locks.STALE) > 0
        || gone(lock, now)
        || (lock.origin() == null && here(lock) && !alive(lock.pid()));
  }

  private boolean here(LockFile lock) {
    return identity.hostname().equals(lock.hostname());
  }

  private boolean alive(long pid) {
    return Files.exists(proc) ? Files.exists(proc.resolve(Long.toString(pid))) : handle(pid);
  }

  private static boolean handle(long pid) {
    return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
  }

  private static LockFile.@Nullable Origin origin(Path proc) {
    try {
      String boot = Files.readString(proc.resolve("sys/kernel/random/boot_id")).strip();
      String namespace = Files.readSymbolicLink(proc.resolve("self/ns/pid")).toString();
      Long started = started(proc.resolve("self"));
      return started == null ? null : new LockFile.Origin(boot, namespace, started);
    } catch (IOException e) {
      return null;
    }
  }

  /** When a process started, null if there is none. */
  private static @Nullable Long started(Path process) {
    try {
      String stat = Files.readString(process.resolve("stat"));
      // The second field is a name in parentheses that may hold anything.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return Long.valueOf(fields[STARTED - 3]);
    } catch (IOException | RuntimeException e) {
      return null;
    }
  }
}
