package dev.holdfast.repository;

import dev.holdfast.model.Operation;
import java.util.BitSet;
import java.util.List;

/**
 * The cut through the library: above it walking, reading, chunking and hashing, which may happen in
 * a pod that holds no key; below it packs, encryption and the index. Thread-safe.
 */
public interface BlobSink {

  /**
   * Which of these blobs are not stored yet and not being stored: set bits are the positions that
   * the caller, and nobody else, has to {@link #put}.
   */
  BitSet missing(Operation op, BlobType type, List<Id> ids);

  /**
   * Stores a blob that {@link #missing} asked for. It exists for others once {@link #flush} has
   * returned.
   *
   * @param bytes the plaintext, {@code bytes[offset, offset + length)}; may be reused when the call
   *     returns
   */
  void put(Operation op, BlobType type, Id id, byte[] bytes, int offset, int length);

  /** Everything that was put is durable and in a durable index when this returns. */
  void flush(Operation op);
}
