package dev.holdfast.repository.crypto;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.math.BigInteger;
import java.nio.ByteOrder;

/**
 * Poly1305 in radix 2^64 with {@link Math#unsignedMultiplyHigh}. Long messages are split in two
 * halves A and B that are computed interleaved, which hides the latency of the multiplications: H =
 * H(A) · r^blocks(B) + H(B). One pass over every byte that is stored goes through here, or through
 * {@link JdkPoly1305} where that is to be had.
 */
final class Poly1305 {

  /** Bytes of a tag. */
  static final int TAG = 16;

  private static final VarHandle LE =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int BLOCK = 16;

  /** Shorter messages would lose more by joining the halves than they gain. */
  private static final int INTERLEAVE_FROM = 64 << 10;

  /** Shorter messages would lose more by reflection than they gain. */
  private static final int JDK_FROM = 8 << 10;

  private static final long MASK_LOW = 0x0ffffffc0fffffffL;
  private static final long MASK_HIGH = 0x0ffffffc0ffffffcL;
  private static final BigInteger PRIME =
      BigInteger.ONE.shiftLeft(130).subtract(BigInteger.valueOf(5));

  private final long r0;
  private final long r1;
  private final long pad0;
  private final long pad1;
  private long h0;
  private long h1;
  private long h2;

  /**
   * @param key 32 bytes: r, which is masked here whether it is already or not, and the one-time pad
   */
  private Poly1305(byte[] key) {
    r0 = (long) LE.get(key, 0) & MASK_LOW;
    r1 = (long) LE.get(key, 8) & MASK_HIGH;
    pad0 = (long) LE.get(key, 16);
    pad1 = (long) LE.get(key, 24);
  }

  /** Writes the 16 bytes of the tag of {@code message[offset, offset + length)}. */
  static void tag(byte[] key, byte[] message, int offset, int length, byte[] target, int at) {
    JdkPoly1305 jdk = length < JDK_FROM ? null : JdkPoly1305.instance();
    if (jdk != null) {
      jdk.tag(key, message, offset, length, target, at);
    } else {
      own(key, message, offset, length, target, at);
    }
  }

  /** The same without the JDK's. */
  static void own(byte[] key, byte[] message, int offset, int length, byte[] target, int at) {
    Poly1305 mac = new Poly1305(key);
    int position = offset;
    int whole = length / BLOCK;
    if (length >= INTERLEAVE_FROM) {
      int half = whole / 2;
      mac.interleaved(message, offset, half);
      position += 2 * half * BLOCK;
      whole -= 2 * half;
    }
    mac.blocks(message, position, whole, 1);
    position += whole * BLOCK;
    int rest = offset + length - position;
    if (rest > 0) {
      byte[] last = new byte[BLOCK];
      System.arraycopy(message, position, last, 0, rest);
      last[rest] = 1;
      mac.blocks(last, 0, 1, 0);
    }
    mac.finish(target, at);
  }

  /** The carry out of a + b = sum. */
  private static long carry(long a, long b, long sum) {
    return Long.compareUnsigned(sum, b) < 0 ? 1 : 0;
  }

  private void blocks(byte[] message, int offset, int count, long high) {
    final long s1 = r1 + (r1 >>> 2);
    long x0 = h0;
    long x1 = h1;
    long x2 = h2;
    for (int p = offset, end = offset + count * BLOCK; p < end; p += BLOCK) {
      long a = (long) LE.get(message, p);
      long b = (long) LE.get(message, p + 8);
      long t = x0 + a;
      long c = carry(x0, a, t);
      x0 = t;
      t = x1 + b;
      long c2 = carry(x1, b, t);
      x1 = t + c;
      x2 += c2 + (((t & ~x1) >>> 63) & c) + high;

      long l0 = x0 * r0;
      long u0 = Math.unsignedMultiplyHigh(x0, r0) + Math.unsignedMultiplyHigh(x1, s1);
      long x = x1 * s1;
      t = l0 + x;
      u0 += carry(l0, x, t);
      l0 = t;
      long l1 = x0 * r1;
      long u1 = Math.unsignedMultiplyHigh(x0, r1) + Math.unsignedMultiplyHigh(x1, r0);
      x = x1 * r0;
      t = l1 + x;
      u1 += carry(l1, x, t);
      l1 = t;
      x = x2 * s1;
      t = l1 + x;
      u1 += carry(l1, x, t);
      l1 = t;

      t = l1 + u0;
      long top = x2 * r0 + u1 + carry(l1, u0, t);
      x1 = t;
      c = (top >>> 2) + (top & ~3L);
      x2 = top & 3;
      t = l0 + c;
      long cc = carry(l0, c, t);
      x0 = t;
      t = x1 + cc;
      x2 += (x1 & ~t) >>> 63;
      x1 = t;
    }
    h0 = x0;
    h1 = x1;
    h2 = x2;
  }

  /** Two runs of {@code half} blocks each, side by side in one loop. */
  private void interleaved(byte[] message, int offset, int half) {
    final long s1 = r1 + (r1 >>> 2);
    long x0 = 0;
    long x1 = 0;
    long x2 = 0;
    long y0 = 0;
    long y1 = 0;
    long y2 = 0;
    int p = offset;
    int q = offset + half * BLOCK;
    for (int end = q; p < end; p += BLOCK, q += BLOCK) {
      long a = (long) LE.get(message, p);
      long b = (long) LE.get(message, p + 8);
      long t = x0 + a;
      long c = carry(x0, a, t);
      x0 = t;
      t = x1 + b;
      long c2 = carry(x1, b, t);
      x1 = t + c;
      x2 += c2 + (((t & ~x1) >>> 63) & c) + 1;
      long l0 = x0 * r0;
      long u0 = Math.unsignedMultiplyHigh(x0, r0) + Math.unsignedMultiplyHigh(x1, s1);
      long x = x1 * s1;
      t = l0 + x;
      u0 += carry(l0, x, t);
      l0 = t;
      long l1 = x0 * r1;
      long u1 = Math.unsignedMultiplyHigh(x0, r1) + Math.unsignedMultiplyHigh(x1, r0);
      x = x1 * r0;
      t = l1 + x;
      u1 += carry(l1, x, t);
      l1 = t;
      x = x2 * s1;
      t = l1 + x;
      u1 += carry(l1, x, t);
      l1 = t;
      t = l1 + u0;
      long top = x2 * r0 + u1 + carry(l1, u0, t);
      x1 = t;
      c = (top >>> 2) + (top & ~3L);
      x2 = top & 3;
      t = l0 + c;
      long cc = carry(l0, c, t);
      x0 = t;
      t = x1 + cc;
      x2 += (x1 & ~t) >>> 63;
      x1 = t;

      a = (long) LE.get(message, q);
      b = (long) LE.get(message, q + 8);
      t = y0 + a;
      c = carry(y0, a, t);
      y0 = t;
      t = y1 + b;
      c2 = carry(y1, b, t);
      y1 = t + c;
      y2 += c2 + (((t & ~y1) >>> 63) & c) + 1;
      l0 = y0 * r0;
      u0 = Math.unsignedMultiplyHigh(y0, r0) + Math.unsignedMultiplyHigh(y1, s1);
      x = y1 * s1;
      t = l0 + x;
      u0 += carry(l0, x, t);
      l0 = t;
      l1 = y0 * r1;
      u1 = Math.unsignedMultiplyHigh(y0, r1) + Math.unsignedMultiplyHigh(y1, r0);
      x = y1 * r0;
      t = l1 + x;
      u1 += carry(l1, x, t);
      l1 = t;
      x = y2 * s1;
      t = l1 + x;
      u1 += carry(l1, x, t);
      l1 = t;
      t = l1 + u0;
      top = y2 * r0 + u1 + carry(l1, u0, t);
      y1 = t;
      c = (top >>> 2) + (top & ~3L);
      y2 = top & 3;
      t = l0 + c;
      cc = carry(l0, c, t);
      y0 = t;
      t = y1 + cc;
      y2 += (y1 & ~t) >>> 63;
      y1 = t;
    }
    BigInteger r = unsigned(r0).add(unsigned(r1).shiftLeft(64));
    BigInteger joined =
        value(x0, x1, x2)
            .multiply(r.modPow(BigInteger.valueOf(half), PRIME))
            .add(value(y0, y1, y2))
            .mod(PRIME);
    h0 = joined.longValue();
    h1 = joined.shiftRight(64).longValue();
    h2 = joined.shiftRight(128).longValue();
  }

  private static BigInteger value(long low, long middle, long high) {
    return unsigned(low).add(unsigned(middle).shiftLeft(64)).add(unsigned(high).shiftLeft(128));
  }

  private static BigInteger unsigned(long value) {
    byte[] bytes = new byte[9];
    for (int i = 0; i < 8; i++) {
      bytes[8 - i] = (byte) (value >>> (8 * i));
    }
    return new BigInteger(bytes);
  }

  /** Reduces modulo 2^130 - 5 and adds the pad. */
  private void finish(byte[] target, int at) {
    long fold = (h2 >>> 2) * 5;
    long x0 = h0 + fold;
    long x1 = h1 + carry(h0, fold, x0);
    long x2 = (h2 & 3) + carry(h1, x1 - h1, x1);
    // x >= p exactly if x + 5 >= 2^130, and then x + 5 - 2^130 is what remains.
    long y0 = x0 + 5;
    long y1 = x1 + carry(x0, 5, y0);
    long y2 = x2 + carry(x1, y1 - x1, y1);
    if (y2 >>> 2 != 0) {
      x0 = y0;
      x1 = y1;
    }
    long low = x0 + pad0;
    LE.set(target, at, low);
    LE.set(target, at + 8, x1 + pad1 + carry(x0, pad0, low));
  }
}
