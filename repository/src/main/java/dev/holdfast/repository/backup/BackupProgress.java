package dev.holdfast.repository.backup;

import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.snapshot.RootTag;
import dev.holdfast.repository.tree.Node;
import org.jspecify.annotations.Nullable;

/** What a backup tells while it runs. Called by several threads; must return quickly. */
public interface BackupProgress {

  /** Hears nothing. */
  BackupProgress SILENT = new BackupProgress() {};

  /** Bytes of a file were read. */
  default void read(long bytes) {}

  /** Bytes of an unchanged file need not be read. */
  default void unread(long bytes) {}

  /** A blob was new; its plaintext has so many bytes. */
  default void added(BlobType type, long bytes) {}

  /**
   * A file or directory is done.
   *
   * @param old what it was in the parent snapshot
   */
  default void done(String path, Node node, @Nullable Node old) {}

  /** The directory whose content is the root of the snapshot, where there is one. */
  default void root(RootTag root) {}

  /** An entry could not be read; the rest goes on, and the backup ends with exit code 3. */
  default void failed(String path, String why) {}

  /** An entry that was listed was gone when it was to be read: to most, one that failed. */
  default void vanished(String path) {
    failed(path, "it vanished while the backup ran");
  }

  /** A file changed while it was read: what is stored of it may be of no one instant. */
  default void changed(String path, String how) {}
}
