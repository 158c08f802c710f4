package dev.holdfast.repository;

import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * zstd with contexts that are used again. They hold native memory, megabytes for a compressor,
 * which no collector knows of or frees: there are as many in the process as were ever in use at
 * once, however many repositories are opened and threads come and go.
 */
public final class ZstdContexts {

  private static final ConcurrentLinkedDeque<ZstdCompressCtx> COMPRESSORS =
      new ConcurrentLinkedDeque<>();
  private static final ConcurrentLinkedDeque<ZstdDecompressCtx> DECOMPRESSORS =
      new ConcurrentLinkedDeque<>();
  private static final AtomicInteger MADE = new AtomicInteger();

  private ZstdContexts() {}

  /** How many contexts this process has made. */
  static int made() {
    return MADE.get();
  }

  /**
   * Compresses {@code bytes[offset, offset + length)}.
   *
   * @param target has room for {@code Zstd.compressBound(length)} from {@code at} on
   * @return bytes of the frame there
   */
  public static int compress(
      int level, byte[] target, int at, byte[] bytes, int offset, int length) {
    ZstdCompressCtx context = COMPRESSORS.poll();
    if (context == null) {
      context = new ZstdCompressCtx();
      MADE.incrementAndGet();
    }
    try {
      context.setLevel(level);
      return context.compressByteArray(target, at, target.length - at, bytes, offset, length);
    } finally {
      COMPRESSORS.push(context);
    }
  }

  /**
   * Decompresses the frame at the beginning of {@code bytes}.
   *
   * @param most bytes of {@code target} that may be written
   * @throws ZstdException if it is no frame, or does not fit
   */
  static int decompress(byte[] target, int most, byte[] bytes, int length) {
    ZstdDecompressCtx context = DECOMPRESSORS.poll();
    if (context == null) {
      context = new ZstdDecompressCtx();
      MADE.incrementAndGet();
    }
    try {
      return context.decompressByteArray(target, 0, most, bytes, 0, length);
    } finally {
      DECOMPRESSORS.push(context);
    }
  }
}
