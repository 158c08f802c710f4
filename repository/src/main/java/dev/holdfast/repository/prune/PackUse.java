package dev.holdfast.repository.prune;

import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.crypto.MasterKey;
import dev.holdfast.repository.pack.PackHeader;
import dev.holdfast.repository.pack.PackedBlob;
import org.jspecify.annotations.Nullable;

/** What a pack holds and how much of it is needed. Sizes in bytes, header included. */
final class PackUse {

  /** By the index; what the file should have. */
  long size = MasterKey.OVERHEAD + PackHeader.LENGTH_FIELD;

  /** Whether the file is there, with that size. */
  boolean usable;

  boolean listed;
  int usedBlobs;
  int unusedBlobs;
  int duplicateBlobs;
  long unusedSize;
  boolean uncompressed;
  boolean mixed;
  private @Nullable BlobType type;

  void add(PackedBlob blob) {
    size += blob.length() + blob.headerEntry();
    mixed |= type != null && type != blob.type();
    type = blob.type();
    uncompressed |= !blob.compressed();
  }

  long usedSize() {
    return size - unusedSize;
  }

  boolean dataOnly() {
    return !mixed && type == BlobType.DATA;
  }

  boolean treesOnly() {
    return !mixed && type == BlobType.TREE;
  }

  void used() {
    usedBlobs++;
  }

  void unused(PackedBlob blob) {
    unusedBlobs++;
    unusedSize += blob.length();
  }

  /** Not needed here until it is chosen among its copies. */
  void duplicate(PackedBlob blob) {
    duplicateBlobs++;
    unused(blob);
  }

  void choose(PackedBlob blob) {
    usedBlobs++;
    unusedBlobs--;
    unusedSize -= blob.length();
  }
}
