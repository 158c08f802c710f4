package dev.holdfast.repository.copy;

import dev.holdfast.repository.Id;
import dev.holdfast.repository.snapshot.SavedSnapshot;

/** Follows a copy. Calls come from several threads. */
public interface CopyProgress {

  /** Sees nothing. */
  CopyProgress SILENT = new CopyProgress() {};

  default void begins(SavedSnapshot snapshot) {}

  /**
   * The other repository has it already.
   *
   * @param there its id in the other repository
   */
  default void skipped(SavedSnapshot snapshot, Id there) {}

  /** Blobs that the other repository lacks, as they are found; bytes as they are stored. */
  default void found(long blobs, long bytes) {}

  default void copied(long blobs, long bytes) {}

  /**
   * A snapshot is complete in the other repository.
   *
   * @param there its id there
   */
  default void saved(SavedSnapshot snapshot, Id there) {}
}
