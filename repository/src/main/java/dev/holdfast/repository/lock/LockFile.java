package dev.holdfast.repository.lock;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import dev.holdfast.repository.tree.GoTime;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A lock file (restic design, "Locks").
 *
 * @param time RFC 3339 with zone, of the last refresh
 * @param origin which process of which machine wrote it; only ours have it, restic ignores it
 */
@JsonPropertyOrder({"time", "exclusive", "hostname", "username", "pid", "uid", "gid", "holdfast"})
public record LockFile(
    String time,
    boolean exclusive,
    @Nullable String hostname,
    @Nullable String username,
    long pid,
    @Nullable Long uid,
    @Nullable Long gid,
    @JsonProperty("holdfast") @Nullable Origin origin) {

  /**
   * What tells a process from every other one, which host name and pid do not: containers share
   * host names, and pids are used again.
   *
   * @param boot the kernel's boot id
   * @param namespace the pid namespace, as {@code /proc/self/ns/pid} names it
   * @param started when the process started, in the kernel's ticks after boot
   */
  public record Origin(String boot, String namespace, long started) {}

  /** The same lock at another time. */
  LockFile at(String time) {
    return new LockFile(time, exclusive, hostname, username, pid, uid, gid, origin);
  }

  /** When it was written. */
  Instant written() {
    return GoTime.parse(time).toInstant();
  }

  /** For messages: {@code PID 12 on shore by kelp}. */
  String holder() {
    return "PID "
        + pid
        + " on "
        + (hostname == null ? "an unnamed host" : hostname)
        + (username == null || username.isEmpty() ? "" : " by " + username);
  }
}
