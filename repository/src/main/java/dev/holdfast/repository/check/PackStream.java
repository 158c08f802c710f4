package dev.holdfast.repository.check;

import dev.holdfast.repository.Id;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * Reads files from their start to their end, once, and hashes what passes; a piece is decrypted
 * while it is still in the processor's cache. One thread; its buffer grows to the largest blob.
 */
final class PackStream {

  private static final int BUFFER = 512 << 10;

  private final MessageDigest sha = Id.digest();
  private byte[] buffer = new byte[BUFFER];
  private int from;
  private int to;
  private long position;
  private InputStream in = InputStream.nullInputStream();

  /** Begins with another file; the caller closes it. */
  void begin(InputStream in) {
    this.in = in;
    sha.reset();
    from = 0;
    to = 0;
    position = 0;
  }

  /** Bytes that {@link #next} and {@link #skip} gave. */
  long position() {
    return position;
  }

  byte[] buffer() {
    return buffer;
  }

  /**
   * The next bytes, in {@link #buffer} until the next call.
   *
   * @return where they begin, or -1 if the file ends before
   */
  int next(int length) throws IOException {
    while (to - from < length) {
      if (!fill()) {
        return -1;
      }
    }
    int at = from;
    from += length;
    position += length;
    return at;
  }

  /** Leaves out bytes, or fewer if the file ends before. */
  void skip(long length) throws IOException {
    long left = length;
    while (left > 0) {
      if (from == to && !fill()) {
        return;
      }
      int part = (int) Math.min(left, to - from);
      from += part;
      position += part;
      left -= part;
    }
  }

  /** Reads the rest. The hash of the whole file. */
  Id end() throws IOException {
    skip(Long.MAX_VALUE);
    return Id.of(sha.digest(), 0);
  }

  private boolean fill() throws IOException {
    if (from > 0) {
      System.arraycopy(buffer, from, buffer, 0, to - from);
      to -= from;
      from = 0;
    }
    if (to == buffer.length) {
      // Little by little: the length may be a lie, but what was read is there.
      buffer = Arrays.copyOf(buffer, (int) Math.min(Integer.MAX_VALUE - 8, buffer.length * 2L));
    }
    int got = in.read(buffer, to, buffer.length - to);
    if (got <= 0) {
      return false;
    }
    sha.update(buffer, to, got);
    to += got;
    return true;
  }
}
