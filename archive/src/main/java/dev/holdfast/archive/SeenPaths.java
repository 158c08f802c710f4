package dev.holdfast.archive;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A set of paths in 16 bytes each, by the first half of their SHA-256: also an adversary finds no
 * two paths that it confuses.
 */
final class SeenPaths {

  private final MessageDigest digest;
  private long[] slots = new long[2 * 1024];
  private int size;

  SeenPaths() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("Every Java platform has SHA-256", e);
    }
  }

  /** False if the path is there already. */
  boolean add(String path) {
    ByteBuffer hash = ByteBuffer.wrap(digest.digest(path.getBytes(StandardCharsets.UTF_8)));
    long high = hash.getLong();
    long low = hash.getLong() | 1; // never 0, which marks a free slot
    if (!put(high, low)) {
      return false;
    }
    size++;
    if (size * 4 > slots.length) {
      grow();
    }
    return true;
  }

  private boolean put(long high, long low) {
    int mask = slots.length / 2 - 1;
    for (int i = (int) high & mask; ; i = (i + 1) & mask) {
      if (slots[2 * i + 1] == 0) {
        slots[2 * i] = high;
        slots[2 * i + 1] = low;
        return true;
      }
      if (slots[2 * i] == high && slots[2 * i + 1] == low) {
        return false;
      }
    }
  }

  private void grow() {
    long[] old = slots;
    slots = new long[old.length * 2];
    for (int i = 0; i < old.length; i += 2) {
      if (old[i + 1] != 0) {
        put(old[i], old[i + 1]);
      }
    }
  }
}
