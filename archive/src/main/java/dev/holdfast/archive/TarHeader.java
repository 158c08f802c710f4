package dev.holdfast.archive;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;

/**
 * Writes the headers of tar entries as Go's archive/tar does for Velero: ustar where name and size
 * fit, else preceded by a PAX record. Every entry is a regular file, mode 0755, uid and gid 0.
 */
final class TarHeader {

  static final int BLOCK = 512;

  private static final int NAME = 100;
  private static final int PREFIX = 155;
  private static final long LARGEST_OCTAL = 077777777777L;

  private TarHeader() {}

  /** Appends the header, and before it a PAX header if one is needed. */
  static void write(ByteArrayOutputStream out, String path, long size, Instant mtime) {
    byte[] name = path.getBytes(StandardCharsets.UTF_8);
    int split = split(name);
    boolean ascii = name.length == path.length();
    if (split < 0 || !ascii || size > LARGEST_OCTAL) {
      byte[] records = pax(path, split < 0 || !ascii, size);
      block(out, ascii("PaxHeaders.0/item"), 0, 'x', records.length, mtime);
      out.writeBytes(records);
      pad(out, records.length);
      byte[] shortened = Arrays.copyOf(name, Math.min(name.length, NAME));
      block(out, shortened, 0, '0', Math.min(size, LARGEST_OCTAL), mtime);
    } else {
      block(out, name, split, '0', size, mtime);
    }
  }

  /** Zeros up to the next block. */
  static void pad(ByteArrayOutputStream out, long size) {
    int rest = (int) (size % BLOCK);
    if (rest > 0) {
      out.write(new byte[BLOCK - rest], 0, BLOCK - rest);
    }
  }

  /** How long the prefix is so that prefix and name fit; 0 for none, -1 if they never do. */
  private static int split(byte[] name) {
    if (name.length <= NAME) {
      return 0;
    }
    for (int i = Math.min(name.length - 2, PREFIX); i > 0; i--) {
      if (name[i] == '/') {
        return name.length - i - 1 <= NAME ? i : -1;
      }
    }
    return -1;
  }

  private static byte[] pax(String path, boolean withPath, long size) {
    String records = withPath ? record("path", path) : "";
    return (size > LARGEST_OCTAL ? records + record("size", Long.toString(size)) : records)
        .getBytes(StandardCharsets.UTF_8);
  }

  /** {@code LENGTH key=value\n}, where the length counts itself. */
  private static String record(String key, String value) {
    String rest = " " + key + "=" + value + "\n";
    int bytes = rest.getBytes(StandardCharsets.UTF_8).length;
    int length = bytes + Integer.toString(bytes).length();
    if (Integer.toString(length).length() > Integer.toString(bytes).length()) {
      length++;
    }
    return length + rest;
  }

  private static void block(
      ByteArrayOutputStream out, byte[] name, int split, char type, long size, Instant mtime) {
    byte[] header = new byte[BLOCK];
    if (split == 0) {
      System.arraycopy(name, 0, header, 0, name.length);
    } else {
      System.arraycopy(name, split + 1, header, 0, name.length - split - 1);
      System.arraycopy(name, 0, header, 345, split);
    }
    octal(header, 100, 8, 0755);
    octal(header, 108, 8, 0);
    octal(header, 116, 8, 0);
    octal(header, 124, 12, size);
    octal(header, 136, 12, Math.max(0, mtime.getEpochSecond()));
    Arrays.fill(header, 148, 156, (byte) ' ');
    header[156] = (byte) type;
    System.arraycopy(ascii("ustar\00000"), 0, header, 257, 8);
    octal(header, 329, 8, 0);
    octal(header, 337, 8, 0);
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xff;
    }
    octal(header, 148, 7, sum);
    out.writeBytes(header);
  }

  /** Zero-padded octal digits and a NUL. */
  private static void octal(byte[] header, int at, int width, long value) {
    long rest = value;
    for (int i = at + width - 2; i >= at; i--) {
      header[i] = (byte) ('0' + (rest & 7));
      rest >>>= 3;
    }
    header[at + width - 1] = 0;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
