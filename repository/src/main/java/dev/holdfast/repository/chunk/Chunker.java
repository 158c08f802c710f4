package dev.holdfast.repository.chunk;

import java.util.Arrays;

/**
 * Finds the ends of chunks: a chunk ends with the byte at which the low 20 bits of the Rabin
 * fingerprint of the last 64 bytes are zero, but not before 512 KiB and at the latest at 8 MiB
 * (restic design, "Content Defined Chunking").
 *
 * <p>Whether a position is a candidate depends only on the 64 bytes before it, so the bytes to test
 * are cut in three lanes whose fingerprints are computed side by side, as the chain of table
 * look-ups is what bounds a simple loop. The first 512 KiB - 64 of each chunk are not looked at.
 * Immutable and thread-safe.
 */
public final class Chunker {

  /** No chunk but the last of a file is shorter. */
  public static final int MIN = 512 << 10;

  /** No chunk is longer. */
  public static final int MAX = 8 << 20;

  private static final int WINDOW = 64;
  private static final long MASK = (1 << 20) - 1;
  private static final int SHIFT = Polynomial.DEGREE - 8;
  private static final int TABLE = 256;

  /**
   * Bytes. A constant, so that one index serves all lanes; far enough to amortise the start of
   * their windows, near enough not to waste much past a cut.
   */
  private static final int LANE = 16 << 10;

  private static final int LANES = 3;

  private final long[] out = new long[TABLE];
  private final long[] mod = new long[TABLE];

  public Chunker(Polynomial polynomial) {
    long bits = polynomial.bits();
    for (int i = 0; i < TABLE; i++) {
      long hash = Polynomial.mod(i, bits);
      for (int j = 0; j < WINDOW; j++) {
        hash = Polynomial.mod(hash << 8, bits);
      }
      out[i] = hash;
      mod[i] =
          Polynomial.mod((long) i << Polynomial.DEGREE, bits) | ((long) i << Polynomial.DEGREE);
    }
  }

  /**
   * The length of the chunk that starts at {@code from}: a cut if there is one before {@code to},
   * else {@code to - from}, which ends the chunk only if the file ends there or it is {@link #MAX}
   * long.
   */
  public int next(byte[] data, int from, int to) {
    int end = Math.min(to, from + MAX);
    int start = from + MIN - 1;
    for (; start + LANES * LANE <= end; start += LANES * LANE) {
      int cut = firstCut(data, start);
      if (cut >= 0) {
        return cut + 1 - from;
      }
    }
    int cut = scan(data, start, end);
    return cut >= 0 ? cut + 1 - from : end - from;
  }

  /**
   * The first position in all lanes whose byte ends a chunk, or -1. At least 64 bytes lie before
   * {@code from}.
   */
  private int firstCut(byte[] data, int from) {
    // Copies whose length the compiler knows: then it need not check the index of each look-up.
    long[] localOut = new long[TABLE];
    long[] localMod = new long[TABLE];
    System.arraycopy(out, 0, localOut, 0, TABLE);
    System.arraycopy(mod, 0, localMod, 0, TABLE);
    long d1 = digest(data, from);
    long d2 = digest(data, from + LANE);
    long d3 = digest(data, from + 2 * LANE);
    for (int i = from; i < from + LANE; i++) {
      int i2 = i + LANE;
      int i3 = i + 2 * LANE;
      d1 = step(localOut, localMod, d1, data[i - WINDOW], data[i]);
      d2 = step(localOut, localMod, d2, data[i2 - WINDOW], data[i2]);
      d3 = step(localOut, localMod, d3, data[i3 - WINDOW], data[i3]);
      if ((d1 & MASK) == 0 || (d2 & MASK) == 0 || (d3 & MASK) == 0) {
        return firstCut(data, from, i);
      }
    }
    return -1;
  }

  /** One lane has a cut at {@code i}, counted in the first one, and none has one before. */
  private int firstCut(byte[] data, int from, int i) {
    int cut = -1;
    for (int lane = 0; cut < 0; lane++) {
      cut = scan(data, i + lane * LANE, from + (lane + 1) * LANE);
    }
    return cut;
  }

  private int scan(byte[] data, int from, int to) {
    if (from >= to) {
      return -1;
    }
    long digest = digest(data, from);
    for (int i = from; i < to; i++) {
      digest = step(out, mod, digest, data[i - WINDOW], data[i]);
      if ((digest & MASK) == 0) {
        return i;
      }
    }
    return -1;
  }

  /** The fingerprint of the 64 bytes before the position. */
  private long digest(byte[] data, int position) {
    long digest = 0;
    for (int i = position - WINDOW; i < position; i++) {
      digest = ((digest << 8) | (data[i] & 0xff)) ^ mod[(int) (digest >>> SHIFT) & 0xff];
    }
    return digest;
  }

  private static long step(long[] out, long[] mod, long digest, byte leaving, byte entering) {
    return (digest << 8)
        ^ mod[(int) (digest >>> SHIFT) & 0xff]
        ^ out[leaving & 0xff]
        ^ (entering & 0xff);
  }

  /** All chunk lengths of a whole file held in memory. */
  public int[] lengths(byte[] file) {
    int[] lengths = new int[file.length / MIN + 1];
    int count = 0;
    for (int at = 0; at < file.length; at += lengths[count++]) {
      lengths[count] = next(file, at, file.length);
    }
    return Arrays.copyOf(lengths, count);
  }
}
