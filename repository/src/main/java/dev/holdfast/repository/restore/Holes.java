package dev.holdfast.repository.restore;

import dev.holdfast.repository.posix.OpenFile;
import java.util.Arrays;

/** Writes everything but blocks of zeros, which become holes of a file that had no content. */
final class Holes {

  private static final int BLOCK = 4096;
  private static final byte[] ZEROS = new byte[BLOCK];

  private Holes() {}

  static void write(OpenFile file, long position, byte[] bytes, int length) {
    int from = 0;
    while (from < length) {
      int zerosEnd = run(position, bytes, from, length, true);
      int dataEnd = run(position, bytes, zerosEnd, length, false);
      if (dataEnd > zerosEnd) {
        file.write(position + zerosEnd, bytes, zerosEnd, dataEnd - zerosEnd);
      }
      from = dataEnd;
    }
  }

  /** The end of the run of blocks that are zero, or not, from here on. */
  private static int run(long position, byte[] bytes, int from, int length, boolean zero) {
    int at = from;
    while (at < length) {
      int end = Math.min(length, at + BLOCK - (int) ((position + at) % BLOCK));
      if (Arrays.equals(bytes, at, end, ZEROS, 0, end - at) != zero) {
        break;
      }
      at = end;
    }
    return at;
  }
}
