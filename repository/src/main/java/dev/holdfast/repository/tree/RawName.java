package dev.holdfast.repository.tree;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A file name as the bytes that the file system holds, which need not be UTF-8; ordered by unsigned
 * bytes, as trees are.
 */
public final class RawName implements Comparable<RawName> {

  private final byte[] bytes;

  private RawName(byte[] bytes) {
    this.bytes = bytes;
  }

  public static RawName of(byte[] bytes) {
    return new RawName(bytes.clone());
  }

  public static RawName of(String text) {
    return new RawName(text.getBytes(StandardCharsets.UTF_8));
  }

  public byte[] bytes() {
    return bytes.clone();
  }

  byte[] shared() {
    return bytes;
  }

  public int length() {
    return bytes.length;
  }

  /**
   * False for names that no directory can hold: empty, {@code .}, {@code ..}, with a slash or a
   * zero byte.
   */
  public boolean isSafe() {
    boolean dots = bytes.length <= 2; // nothing else, or nothing at all
    for (byte b : bytes) {
      if (b == '/' || b == 0) {
        return false;
      }
      dots &= b == '.';
    }
    return !dots;
  }

  /** Whether the bytes are valid UTF-8. */
  public boolean isUtf8() {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  @Override
  public int compareTo(RawName other) {
    return Arrays.compareUnsigned(bytes, other.bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RawName name && Arrays.equals(bytes, name.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /** For people: invalid bytes are replaced. */
  @Override
  public String toString() {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
