package dev.holdfast.repository.backup;

import dev.holdfast.repository.posix.Stat;
import dev.holdfast.repository.tree.Node;

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
        && NodeReader.sameTime(now.mtime(), old.mtime())
        && (!inode || now.inode() == old.inode())
        && (!ctime || NodeReader.sameTime(now.ctime(), old.ctime()));
  }
}
