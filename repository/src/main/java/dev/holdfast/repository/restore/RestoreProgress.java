package dev.holdfast.repository.restore;

import dev.holdfast.repository.tree.NodeType;

/** What a restore tells while it runs. Called by several threads; must return quickly. */
public interface RestoreProgress {

  /** Hears nothing. */
  RestoreProgress SILENT = new RestoreProgress() {};

  /** So much more will be looked at. */
  default void found(long files, long bytes) {}

  /** Bytes of a file are right: written, or found to be so. */
  default void written(long bytes) {}

  /** An entry is done. */
  default void done(String path, NodeType type, long size, Action action) {}

  /** An entry is not or not completely restored; the rest goes on, and the exit code is 3. */
  default void failed(String path, String why) {}

  /** What concerns many entries and does not make the restore incomplete. */
  default void warning(String message) {}

  /** What was done to an entry. */
  enum Action {
    RESTORED,
    UPDATED,
    UNCHANGED,
    SKIPPED,
    DELETED
  }
}
