package dev.holdfast.repository;

import dev.holdfast.model.Failure;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A SHA-256: of a stored file (its name) or of a blob's plaintext. Four longs, big-endian, so that
 * tables can hold them without objects; ordered as their bytes.
 */
public record Id(long a, long b, long c, long d) implements Comparable<Id> {

  /** Bytes of an id. */
  public static final int SIZE = 32;

  private static final VarHandle BYTES =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final ThreadLocal<MessageDigest> SHA256 = ThreadLocal.withInitial(Id::digest);

  /** The hash of these bytes. */
  public static Id hash(byte[] bytes) {
    return hash(bytes, 0, bytes.length);
  }

  /** The hash of a part of an array. */
  public static Id hash(byte[] bytes, int offset, int length) {
    MessageDigest sha = SHA256.get();
    sha.update(bytes, offset, length);
    return of(sha.digest(), 0);
  }

  /** The 32 bytes at the offset. */
  public static Id of(byte[] bytes, int offset) {
    return new Id(
        (long) BYTES.get(bytes, offset),
        (long) BYTES.get(bytes, offset + 8),
        (long) BYTES.get(bytes, offset + 16),
        (long) BYTES.get(bytes, offset + 24));
  }

  /**
   * Reads 64 hexadecimal digits.
   *
   * @throws Failure.Corrupt if the text is anything else
   */
  public static Id parse(String hex) {
    if (!isHex(hex)) {
      throw new Failure.Corrupt("'" + hex + "' is not an id of 64 hexadecimal digits");
    }
    return new Id(word(hex, 0), word(hex, 16), word(hex, 32), word(hex, 48));
  }

  private static long word(String hex, int from) {
    return HexFormat.fromHexDigitsToLong(hex, from, from + 16);
  }

  /** Whether the text is the name of a stored file: 64 lower-case hexadecimal digits. */
  public static boolean isHex(String text) {
    if (text.length() != 2 * SIZE) {
      return false;
    }
    for (int i = 0; i < 2 * SIZE; i++) {
      char c = text.charAt(i);
      if (!(c >= '0' && c <= '9' || c >= 'a' && c <= 'f')) {
        return false;
      }
    }
    return true;
  }

  /** A fresh SHA-256. */
  public static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("Every Java platform has SHA-256", e);
    }
  }

  /** Writes the 32 bytes at the offset. */
  public void write(byte[] target, int offset) {
    BYTES.set(target, offset, a);
    BYTES.set(target, offset + 8, b);
    BYTES.set(target, offset + 16, c);
    BYTES.set(target, offset + 24, d);
  }

  /** The first eight digits, as restic prints ids. */
  public String shortText() {
    return toString().substring(0, 8);
  }

  @Override
  public int compareTo(Id other) {
    int order = Long.compareUnsigned(a, other.a);
    if (order == 0) {
      order = Long.compareUnsigned(b, other.b);
    }
    if (order == 0) {
      order = Long.compareUnsigned(c, other.c);
    }
    return order != 0 ? order : Long.compareUnsigned(d, other.d);
  }

  // Written out, as in other records that are keys of tables here: what a record brings itself is
  // linked from method handles at a start, which takes longer than all that it is used for.
  @Override
  public boolean equals(Object other) {
    return other instanceof Id id && a == id.a && b == id.b && c == id.c && d == id.d;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(a);
  }

  /** 64 lower-case hexadecimal digits. */
  @Override
  public String toString() {
    byte[] bytes = new byte[SIZE];
    write(bytes, 0);
    return HexFormat.of().formatHex(bytes);
  }
}
