package dev.holdfast.archive;

import dev.holdfast.model.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads the entries of a tar stream: ustar, PAX path and size, GNU long names, sizes in base 256.
 * It trusts nothing: checksums are checked, sizes bounded before memory is taken, a missing end is
 * a failure.
 */
final class TarReader {

  private static final int BLOCK = TarHeader.BLOCK;

  /** A path, or PAX records, longer than this are no sound archive's. */
  private static final int LONGEST_EXTENSION = 1 << 20;

  /**
   * @param type {@code '0'} for a regular file, {@code '5'} for a directory
   * @param size bytes of content
   */
  record Entry(String path, char type, long size) {
    boolean regular() {
      return type == '0' || type == 0 || type == '7';
    }
  }

  private final InputStream in;
  private final byte[] block = new byte[BLOCK];
  private long left;
  private int padding;

  TarReader(InputStream in) {
    this.in = in;
  }

  /** The next entry, or null at the archive's end. What is left of the last one is skipped. */
  @Nullable Entry next() throws IOException {
    skipRest();
    String longPath = null;
    long paxSize = -1;
    while (true) {
      readBlock();
      if (zero()) {
        readToEnd();
        return null;
      }
      check();
      char type = (char) (block[156] & 0xff);
      long size = number(124, 12);
      switch (type) {
        case 'x' -> {
          Pax pax = Pax.parse(extension(size));
          longPath = pax.path() == null ? longPath : pax.path();
          paxSize = pax.size();
        }
        case 'g' -> extension(size); // global records: git writes them; none concerns a name
        case 'L' -> longPath = string(extension(size), 0, (int) size);
        case 'K' -> extension(size);
        default -> {
          long real = paxSize >= 0 ? paxSize : size;
          left = type == '0' || type == 0 || type == '7' ? real : content(type, real);
          padding = (int) ((BLOCK - left % BLOCK) % BLOCK);
          return new Entry(longPath != null ? longPath : path(), type, left);
        }
      }
    }
  }

  /** The content of the current entry, which must not be longer than {@code most}. */
  byte[] content(int most, String what) throws IOException {
    if (left > most) {
      throw new Failure.Corrupt(what + " is " + left + " bytes long; an item has at most " + most);
    }
    byte[] content = exactly((int) left);
    left = 0;
    return content;
  }

  /** Links and devices have no content, whatever their size field says. */
  private static long content(char type, long size) {
    return type >= '1' && type <= '6' ? 0 : size;
  }

  private byte[] extension(long size) throws IOException {
    if (size > LONGEST_EXTENSION) {
      throw new Failure.Corrupt("The archive has an entry whose name takes " + size + " bytes");
    }
    byte[] content = exactly((int) size);
    exactly((int) ((BLOCK - size % BLOCK) % BLOCK));
    return content;
  }

  private String path() {
    String name = string(block, 0, 100);
    boolean ustar = string(block, 257, 5).equals("ustar");
    // GNU's old format uses the prefix field for times: "ustar " with a blank
    String prefix = ustar && block[262] == 0 ? string(block, 345, 155) : "";
    return prefix.isEmpty() ? name : prefix + "/" + name;
  }

  private void skipRest() throws IOException {
    long rest = left + padding;
    left = 0;
    padding = 0;
    while (rest > 0) {
      int n = in.read(block, 0, (int) Math.min(rest, BLOCK));
      if (n < 0) {
        throw cutOff();
      }
      rest -= n;
    }
  }

  private void readBlock() throws IOException {
    if (in.readNBytes(block, 0, BLOCK) < BLOCK) {
      throw cutOff();
    }
  }

  private byte[] exactly(int length) throws IOException {
    byte[] bytes = in.readNBytes(length); // grows as data comes: a lying size costs nothing
    if (bytes.length < length) {
      throw cutOff();
    }
    return bytes;
  }

  /** What follows the end must be zeros; reading it checks the compression's checksum, too. */
  private void readToEnd() throws IOException {
    byte[] rest = new byte[8192];
    for (int n = in.read(rest); n >= 0; n = in.read(rest)) {
      for (int i = 0; i < n; i++) {
        if (rest[i] != 0) {
          throw new Failure.Corrupt("The archive has data behind its end");
        }
      }
    }
  }

  private boolean zero() {
    for (byte b : block) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  private void check() {
    long sum = 0;
    for (int i = 0; i < BLOCK; i++) {
      sum += i >= 148 && i < 156 ? ' ' : block[i] & 0xff;
    }
    if (sum != number(148, 8)) {
      throw new Failure.Corrupt(
          "The archive is damaged: an entry's header is not what was written");
    }
  }

  /** Octal digits, or GNU's base 256 where the first bit is set. */
  private long number(int at, int width) {
    if ((block[at] & 0x80) != 0) {
      long value = block[at] & 0x7f;
      for (int i = at + 1; i < at + width; i++) {
        if (value >> 54 != 0) {
          throw damagedNumber();
        }
        value = value << 8 | (block[i] & 0xff);
      }
      return value;
    }
    long value = 0;
    for (int i = at; i < at + width && block[i] != 0; i++) {
      if (block[i] == ' ') {
        continue;
      }
      if (block[i] < '0' || block[i] > '7') {
        throw damagedNumber();
      }
      value = value << 3 | (block[i] - '0');
    }
    return value;
  }

  private static Failure damagedNumber() {
    return new Failure.Corrupt("The archive is damaged: an entry's header has no valid number");
  }

  private static Failure cutOff() {
    return new Failure.Corrupt(
        "The archive is cut off: it ends before its end mark",
        "the upload or copy was interrupted; copy it again from where it is whole",
        null);
  }

  private static String string(byte[] from, int at, int most) {
    int end = at;
    while (end < at + most && end < from.length && from[end] != 0) {
      end++;
    }
    return new String(from, at, end - at, StandardCharsets.UTF_8);
  }

  /** The records of a PAX header that matter here. */
  private record Pax(@Nullable String path, long size) {

    static Pax parse(byte[] records) {
      String path = null;
      long size = -1;
      int at = 0;
      while (at < records.length && records[at] != 0) {
        int blank = at;
        long length = 0;
        while (blank < records.length && records[blank] >= '0' && records[blank] <= '9') {
          length = Math.min(length * 10 + (records[blank++] - '0'), Integer.MAX_VALUE);
        }
        long end = at + length;
        if (end > records.length
            || blank >= end - 1
            || records[blank] != ' '
            || records[(int) end - 1] != '\n') {
          throw damagedNumber();
        }
        String record =
            new String(records, blank + 1, (int) end - blank - 2, StandardCharsets.UTF_8);
        if (record.startsWith("path=")) {
          path = record.substring(5);
        } else if (record.startsWith("size=")) {
          size = size(record.substring(5));
        }
        at = (int) end;
      }
      return new Pax(path, size);
    }

    private static long size(String digits) {
      try {
        long size = Long.parseLong(digits);
        if (size >= 0) {
          return size;
        }
      } catch (NumberFormatException e) {
        throw new Failure.Corrupt("The archive has an entry of an impossible size", null, e);
      }
      throw damagedNumber();
    }
  }
}
