package dev.holdfast.repository.remote;

import dev.holdfast.repository.backup.BackupCounts;
import org.jspecify.annotations.Nullable;

/** The JSON of the protocol. */
final class Messages {

  static final int VERSION = 4;
  static final String HELLO = "holdfast mover";

  /** A blob of so many bytes is sent without a question, which would cost more. */
  static final int UNASKED = 16 << 10;

  private Messages() {}

  /**
   * What the mover is to save next.
   *
   * @param place below the mover's directory; null for that itself
   * @param device the name of the file that the place, a block device, is saved as; null: it is a
   *     directory
   * @param polynomial of the repository's chunker, hex
   * @param tree of the parent snapshot
   * @param level of zstd, for blobs
   * @param threads 0 for as many as the mover has cores
   */
  record Start(
      @Nullable String place,
      @Nullable String device,
      String polynomial,
      @Nullable String tree,
      int level,
      int threads) {}

  /**
   * What is not as it should be with an entry.
   *
   * @param changed whether it changed or vanished meanwhile; else it could not be read
   */
  record Unread(String path, String why, boolean changed) {}

  /**
   * All of it was sent.
   *
   * @param root the directory's {@link dev.holdfast.repository.snapshot.RootTag}; null for a device
   */
  record Done(String tree, BackupCounts.Tally counts, @Nullable String root) {}
}
