package dev.holdfast.repository.backup;

import dev.holdfast.model.Operation;
import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.posix.PosixException;
import dev.holdfast.repository.posix.Stat;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawName;
import dev.holdfast.repository.tree.RawPath;
import java.util.List;

/**
 * Counts what a backup of these targets will look at, so that somebody who watches sees how much is
 * left. What cannot be read is passed over: the backup itself names it.
 */
public final class TargetScan {

  private final Selection selection;
  private final Totals totals;
  private long files;
  private long bytes;
  private long skipped;

  /** Told now and then, with what was counted so far, and at the end. */
  @FunctionalInterface
  public interface Totals {
    void counted(long files, long bytes);
  }

  public TargetScan(Selection selection, Totals totals) {
    this.selection = selection;
    this.totals = totals;
  }

  /**
   * Counts.
   *
   * @param current the current directory, absolute
   */
  public void run(Operation op, List<RawPath> targets, RawPath current) {
    for (RawPath target : targets) {
      try {
        if (target.names().isEmpty()) {
          try (Directory directory = Directory.open(target)) {
            below(op, directory, target.in(current).toString(), directory.stat().device());
          }
        } else {
          try (Directory directory = Directory.open(target.parent())) {
            RawName name = target.names().getLast();
            Stat stat = directory.stat(name);
            entry(op, directory, name, stat, target.in(current).toString(), stat.device());
          }
        }
      } catch (PosixException e) {
        skipped++;
      }
    }
    totals.counted(files, bytes);
  }

  /** Entries that could not be looked at. */
  public long skipped() {
    return skipped;
  }

  private void below(Operation op, Directory directory, String path, long device) {
    op.check();
    List<RawName> names = selection.unmarked(directory, directory.list());
    for (RawName name : names) {
      String child = path.equals("/") ? "/" + name : path + "/" + name;
      if (selection.excludes(child)) {
        continue;
      }
      try {
        Stat stat = directory.stat(name);
        boolean elsewhere = selection.oneFileSystem() && stat.device() != device;
        if (!selection.tooLarge(stat) && !elsewhere) {
          entry(op, directory, name, stat, child, device);
        }
      } catch (PosixException e) {
        skipped++;
      }
    }
    totals.counted(files, bytes);
  }

  private void entry(
      Operation op, Directory directory, RawName name, Stat stat, String path, long device) {
    if (stat.type() == NodeType.DIR) {
      try (Directory child = directory.child(name)) {
        below(op, child, path, device);
      }
    } else if (stat.type() != NodeType.SOCKET) {
      files++;
      bytes += stat.type() == NodeType.FILE ? stat.size() : 0;
    }
  }
}
