package dev.holdfast.repository.restore;

import dev.holdfast.repository.index.BlobTable;

/**
 * A blob and where it goes.
 *
 * @param position bytes from the start of the file
 */
record Piece(BlobTable.Location copy, PendingFile file, long position)
    implements Comparable<Piece> {

  int offset() {
    return copy.blob().offset();
  }

  int end() {
    return copy.blob().offset() + copy.blob().length();
  }

  /** In the order of packs, and of bytes in them. */
  @Override
  public int compareTo(Piece other) {
    int order = copy.pack().compareTo(other.copy.pack());
    return order != 0 ? order : Integer.compare(offset(), other.offset());
  }
}
