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

  /**
   * Whether the caller has to {@link #put} this blob. A sink far away may say so without knowing,
   * where the blob is shorter than the question.
   *
   * @param length of the plaintext
   */
  default boolean wants(Operation op, BlobType type, Id id, int length) {
    return !missing(op, type, List.of(id)).isEmpty();
  }

  /**
   * The same as {@link #put} with what somebody has compressed already, as this sink would.
   *
   * @param plain the plaintext, all of it
   * @param zstd one zstd frame of it, {@code zstd[offset, offset + length)}
   */
  default void putCompressed(
      Operation op, BlobType type, Id id, byte[] plain, byte[] zstd, int offset, int length) {
    put(op, type, id, plain, 0, plain.length);
  }

  /** Everything that was put is durable and in a durable index when this returns. */
  void flush(Operation op);
}
