package dev.holdfast.repository.backup;

/** What a backup tells while it runs. Called by several threads. */
public interface BackupProgress {

  BackupProgress SILENT = new BackupProgress() {};

  /**
   * A file or directory is done.
   *
   * @param bytes of a file, read or unchanged
   */
  default void done(String path, boolean directory, long bytes, Change change) {}

  /** An entry could not be read; the rest goes on, and the backup ends with exit code 3. */
  default void failed(String path, String why) {}

  /** Against the parent snapshot. */
  enum Change {
    NEW,
    CHANGED,
    UNMODIFIED
  }
}
