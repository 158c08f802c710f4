package dev.holdfast.repository.chunk;

import java.util.Arrays;

/**
 * Finds the ends of chunks: a chunk ends with the byte at which the low 20 bits of the Rabin
 * fingerprint of the last 64 bytes are zero, but not before 512 KiB and at the latest at 8 MiB
 * (restic design, "Content Defined Chunking").
 *
 * <p>Whether a position is a candidate depends only on the 64 bytes before it, so the bytes to test
 * are cut in four lanes whose fingerprints are computed side by side: the chain of table look-ups
 * that bounds a simple loop at 430 MB/s then runs at 900. The first 512 KiB - 64 of each chunk are
 * not looked at. Immutable and thread-safe.
 */
public final class Chunker {

  /** No chunk but the last of a file is shorter. */
  public static final int MIN = 512 << 10;

  /** No chunk is longer. */
  public static final int MAX = 8 << 20;

  private static final int WINDOW = 64;
  private static final long MASK = (1 << 20) - 1;
  private static final int SHIFT = Polynomial.DEGREE - 8;
  private static final int LANES = 4;
  private static final int TABLE = 256;

  /**
   * One round of lanes: far enough to amortise the start of four windows, near enough not to waste
   * much past a cut.
   */
  private static final int ROUND = 256 << 10;

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
    int first = from + MIN - 1;
    for (int start = first; start < end; start += ROUND) {
      int cut = firstCut(data, start, Math.min(end, start + ROUND));
      if (cut >= 0) {
        return cut + 1 - from;
      }
    }
    return end - from;
  }

  /**
   * The first position in [from, to) whose byte ends a chunk, or -1. At least 64 bytes lie before
   * {@code from}.
   */
  private int firstCut(byte[] data, int from, int to) {
    int lane = (to - from) / LANES;
    if (lane < WINDOW) {
      return scan(data, from, to);
    }
    // Copies whose length the compiler knows: then it need not check the index of each look-up.
    long[] localOut = new long[TABLE];
    long[] localMod = new long[TABLE];
    System.arraycopy(out, 0, localOut, 0, TABLE);
    System.arraycopy(mod, 0, localMod, 0, TABLE);
    int p1 = from;
    int p2 = from + lane;
    int p3 = from + 2 * lane;
    int p4 = from + 3 * lane;
    long d1 = digest(data, p1);
    long d2 = digest(data, p2);
    long d3 = digest(data, p3);
    long d4 = digest(data, p4);
    int c2 = -1;
    int c3 = -1;
    int c4 = -1;
    for (int i = 0; i < lane; i++) {
      d1 = step(localOut, localMod, d1, data[p1 + i - WINDOW], data[p1 + i]);
      d2 = step(localOut, localMod, d2, data[p2 + i - WINDOW], data[p2 + i]);
      d3 = step(localOut, localMod, d3, data[p3 + i - WINDOW], data[p3 + i]);
      d4 = step(localOut, localMod, d4, data[p4 + i - WINDOW], data[p4 + i]);
      if ((d1 & MASK) == 0) {
        return p1 + i;
      }
      if ((d2 & MASK) == 0 && c2 < 0) {
        c2 = p2 + i;
      }
      if ((d3 & MASK) == 0 && c3 < 0) {
        c3 = p3 + i;
      }
      if ((d4 & MASK) == 0 && c4 < 0) {
        c4 = p4 + i;
      }
    }
    if (c2 >= 0) {
      return c2;
    }
    if (c3 >= 0) {
      return c3;
    }
    return c4 >= 0 ? c4 : scan(data, from + LANES * lane, to);
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
