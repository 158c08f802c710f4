package dev.holdfast.repository.backup;

import dev.holdfast.repository.posix.Stat;
import dev.holdfast.repository.tree.Node;
import java.time.Instant;
import java.time.OffsetDateTime;

/**
 * Which files count as unchanged since the parent snapshot and are not read: type, size and mtime
 * agree, and what is not ignored.
 *
 * @param ctime whether the change time must agree
 * @param inode whether the inode must agree
 */
public record Comparison(boolean ctime, boolean inode) {

  /** restic's default. */
  public static final Comparison FULL = new Comparison(true, true);

  boolean same(Stat now, Node old) {
    return now.size() == old.size()
        && at(old.mtime(), now.mtime())
        && (!inode || now.inode() == old.inode())
        && (!ctime || at(old.ctime(), now.ctime()));
  }

  private static boolean at(OffsetDateTime time, Instant instant) {
    return time.getNano() == instant.getNano() && time.toEpochSecond() == instant.getEpochSecond();
  }
}
