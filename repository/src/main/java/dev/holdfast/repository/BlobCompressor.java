package dev.holdfast.repository;

import com.github.luben.zstd.Zstd;
import dev.holdfast.model.Operation;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Compresses blobs with zstd, several threads at once. Each thread has a buffer for usual blobs;
 * those for long ones are few, so that memory does not depend on the number of threads.
 */
final class BlobCompressor {

  /** What each thread may have room for; of random data, 40 % of the chunks are no longer. */
  private static final int USUAL = 1 << 20;

  /** Enough for those that read directories of small files. */
  private static final int SMALL = USUAL / 2 + (4 << 10);

  /** Of the heap, for each buffer of the longest blobs. */
  private static final long SHARE = 64 << 20;

  private final int level;
  private final ThreadLocal<byte[]> usual = ThreadLocal.withInitial(() -> new byte[0]);
  private final Semaphore permits =
      new Semaphore(Math.clamp(Runtime.getRuntime().maxMemory() / SHARE, 2, 1 << 10));
  private final Deque<byte[]> free = new ArrayDeque<>();

  /**
   * @param level zstd level
   */
  BlobCompressor(int level) {
    this.level = level;
  }

  /** A compressed blob in {@code bytes[0, length)}, until it is closed. */
  record Compressed(byte[] bytes, int length, @Nullable BlobCompressor owner)
      implements AutoCloseable {

    @Override
    public void close() {
      if (owner != null) {
        owner.give(bytes);
      }
    }
  }

  /** Compresses {@code bytes[offset, offset + length)}; a long blob may have to wait for others. */
  Compressed compress(Operation op, byte[] bytes, int offset, int length) {
    int bound = Math.toIntExact(Zstd.compressBound(length));
    boolean large = bound > USUAL;
    byte[] target = large ? take(op, bound) : usual(bound);
    boolean done = false;
    try {
      int size = ZstdContexts.compress(level, target, 0, bytes, offset, length);
      done = true;
      return new Compressed(target, size, large ? this : null);
    } finally {
      if (large && !done) {
        give(target);
      }
    }
  }

  private byte[] usual(int length) {
    byte[] buffer = usual.get();
    if (buffer.length < length) {
      buffer = new byte[length <= SMALL ? SMALL : USUAL];
      usual.set(buffer);
    }
    return buffer;
  }

  private byte[] take(Operation op, int length) {
    op.acquire(permits);
    boolean made = false;
    try {
      byte[] buffer;
      synchronized (free) {
        buffer = free.poll();
      }
      if (buffer == null || buffer.length < length) {
        buffer = new byte[length];
      }
      made = true;
      return buffer;
    } finally {
      if (!made) {
        permits.release();
      }
    }
  }

  private void give(byte[] buffer) {
    synchronized (free) {
      free.push(buffer);
    }
    permits.release();
  }
}
