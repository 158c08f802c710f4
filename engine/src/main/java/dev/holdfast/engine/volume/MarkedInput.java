package dev.holdfast.engine.volume;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * A stream that ends with a mark, which is not handed on: whether the last byte has come is known
 * by nothing else where the content does not say where it ends.
 */
final class MarkedInput extends InputStream {

  private static final int BLOCK = 1 << 16;

  private final InputStream in;
  private final byte[] mark;
  private final byte[] buffer;
  private int from;
  private int to;
  private boolean over;

  MarkedInput(InputStream in, byte[] mark) {
    this.in = in;
    this.mark = mark;
    this.buffer = new byte[BLOCK + mark.length];
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    while (to - from <= mark.length && !over) {
      System.arraycopy(buffer, from, buffer, 0, to - from);
      to -= from;
      from = 0;
      int read = in.read(buffer, to, buffer.length - to);
      over = read < 0;
      to += Math.max(0, read);
    }
    int ready = to - from - mark.length;
    if (ready <= 0) {
      return -1;
    }
    int taken = Math.min(length, ready);
    System.arraycopy(buffer, from, bytes, offset, taken);
    from += taken;
    return taken;
  }

  /** Whether all was read, and the mark was the last of it. */
  boolean whole() {
    return over
        && to - from == mark.length
        && Arrays.equals(buffer, from, to, mark, 0, mark.length);
  }
}
