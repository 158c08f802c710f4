package dev.holdfast.repository.backup;

import dev.holdfast.model.Operation;
import dev.holdfast.repository.chunk.Chunker;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * The buffers into which a backup reads large files: a fixed number for all files together. One is
 * enough for a file to go on, so whoever has one never waits for another. Thread-safe.
 */
final class LargeBuffers {

  /** Bytes of each: the longest chunk. */
  static final int SIZE = Chunker.MAX;

  private static final int MOST = 8;

  private final Semaphore permits;
  private final Queue<byte[]> free = new ConcurrentLinkedQueue<>();

  /**
   * @param count at least one; each is made when it is needed first
   */
  LargeBuffers(int count) {
    this.permits = new Semaphore(count);
  }

  /**
   * Up to a quarter of the heap.
   *
   * @param heap bytes that the process may use
   */
  static LargeBuffers fitting(long heap) {
    return new LargeBuffers(Math.clamp(heap / (4L * SIZE), 2, MOST));
  }

  /** Waits for a buffer; for a file that has none. */
  byte[] take(Operation op) {
    op.acquire(permits);
    return made();
  }

  /** Whether a file waits for its first one. */
  boolean wanted() {
    return permits.hasQueuedThreads();
  }

  /** One more, if one is free and nobody waits for it. */
  byte @Nullable [] poll() {
    return !wanted() && permits.tryAcquire() ? made() : null;
  }

  private byte[] made() {
    byte[] buffer = free.poll();
    if (buffer != null) {
      return buffer;
    }
    try {
      return new byte[SIZE];
    } catch (OutOfMemoryError e) {
      permits.release(); // else who waits for it waits for ever
      throw e;
    }
  }

  void give(byte[] buffer) {
    free.add(buffer);
    permits.release();
  }
}
