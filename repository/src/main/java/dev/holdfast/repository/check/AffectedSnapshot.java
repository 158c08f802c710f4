package dev.holdfast.repository.check;

import dev.holdfast.repository.snapshot.SavedSnapshot;
import java.util.List;

/**
 * A snapshot that lacks something.
 *
 * @param entries files and directories that cannot be restored completely
 * @param paths the first of them, at most {@value #NAMED}; a directory stands for all below it
 */
public record AffectedSnapshot(SavedSnapshot snapshot, long entries, List<String> paths) {

  /** So many are named. */
  public static final int NAMED = 1000;

  public AffectedSnapshot {
    paths = List.copyOf(paths);
  }
}
