package dev.holdfast.repository.tar;

import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * Writes a tar stream that GNU's and busybox's tar read: names that are too long as GNU does it,
 * large numbers in base 256, and in an extended header, which busybox passes over, what only GNU
 * knows: fractions of seconds and extended attributes. Owners are numbers.
 */
public final class TarOutput {

  private static final int BLOCK = 512;
  private static final int NAME = 100;

  private final OutputStream out;
  private long open;
  private int padding;

  public TarOutput(OutputStream out) {
    this.out = out;
  }

  /** Begins an entry; {@code size} bytes are to follow by {@link #write}. */
  public void entry(TarEntry entry) throws IOException {
    requireWhole();
    byte[] path = path(entry);
    byte[] link = link(entry);
    byte[] extended = extended(entry);
    if (extended.length > 0) {
      special('x', "././@PaxHeader", extended);
    }
    if (link.length > NAME) {
      special('K', "././@LongLink", terminated(link));
    }
    if (path.length > NAME) {
      special('L', "././@LongLink", terminated(path));
    }
    out.write(header(entry, path, link));
    open = entry.size();
    padding = padding(entry.size());
  }

  /** Content of the entry. */
  public void write(byte[] bytes, int from, int length) throws IOException {
    if (length > open) {
      throw new IOException("A file has more content than its entry says");
    }
    out.write(bytes, from, length);
    open -= length;
    if (open == 0) {
      out.write(new byte[padding]);
    }
  }

  /** Writes the end mark. */
  public void finish() throws IOException {
    requireWhole();
    out.write(new byte[2 * BLOCK]);
    out.flush();
  }

  private void requireWhole() throws IOException {
    if (open > 0) {
      throw new IOException("A file has less content than its entry says");
    }
  }

  private static int padding(long size) {
    return (int) (-size & BLOCK - 1);
  }

  private static byte[] path(TarEntry entry) {
    byte[] path = entry.path().bytes();
    if (entry.type() != NodeType.DIR) {
      return path;
    }
    byte[] directory = java.util.Arrays.copyOf(path, path.length + 1);
    directory[path.length] = '/';
    return directory;
  }

  private static byte[] link(TarEntry entry) {
    if (entry.hardLink() != null) {
      return entry.hardLink().bytes();
    }
    return entry.link() == null ? new byte[0] : entry.link();
  }

  private static byte[] terminated(byte[] text) {
    return java.util.Arrays.copyOf(text, text.length + 1);
  }

  private void special(char type, String name, byte[] content) throws IOException {
    byte[] header = new byte[BLOCK];
    put(header, 0, name.getBytes(StandardCharsets.US_ASCII));
    fill(header, 0644, 0, 0, content.length, 0, type);
    out.write(header);
    out.write(content);
    out.write(new byte[padding(content.length)]);
  }

  private static byte[] header(TarEntry entry, byte[] path, byte[] link) {
    byte[] header = new byte[BLOCK];
    put(header, 0, java.util.Arrays.copyOf(path, Math.min(path.length, NAME)));
    put(header, 157, java.util.Arrays.copyOf(link, Math.min(link.length, NAME)));
    char type =
        switch (entry.type()) {
          case FILE -> entry.hardLink() == null ? '0' : '1';
          case SYMLINK -> '2';
          case CHAR_DEVICE -> '3';
          case BLOCK_DEVICE -> '4';
          case DIR -> '5';
          case FIFO -> '6';
          case SOCKET, IRREGULAR ->
              throw new IllegalArgumentException("No tar stream holds a " + entry.type());
        };
    if (type == '3' || type == '4') {
      long device = entry.device();
      number(header, 329, 8, device >>> 8 & 0xfff | device >>> 32 & ~0xfffL);
      number(header, 337, 8, device & 0xff | device >>> 12 & 0xffffff00L);
    }
    fill(
        header,
        entry.mode(),
        Integer.toUnsignedLong(entry.uid()),
        Integer.toUnsignedLong(entry.gid()),
        entry.size(),
        entry.mtime().getEpochSecond(),
        type);
    return header;
  }

  private static void fill(
      byte[] header, int mode, long uid, long gid, long size, long mtime, char type) {
    number(header, 100, 8, mode);
    number(header, 108, 8, uid);
    number(header, 116, 8, gid);
    number(header, 124, 12, size);
    number(header, 136, 12, mtime);
    header[156] = (byte) type;
    put(header, 257, "ustar\00000".getBytes(StandardCharsets.US_ASCII));
    put(header, 148, "        ".getBytes(StandardCharsets.US_ASCII));
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xff;
    }
    put(header, 148, "%06o\0 ".formatted(sum).getBytes(StandardCharsets.US_ASCII));
  }

  /** Octal if it fits, else base 256. */
  private static void number(byte[] header, int at, int length, long value) {
    String octal = Long.toOctalString(value);
    if (value >= 0 && octal.length() < length) {
      String padded = "0".repeat(length - 1 - octal.length()) + octal;
      put(header, at, padded.getBytes(StandardCharsets.US_ASCII));
      return;
    }
    long rest = value;
    for (int i = at + length - 1; i > at; i--) {
      header[i] = (byte) rest;
      rest >>= 8;
    }
    header[at] = (byte) (value < 0 ? 0xff : 0x80);
  }

  private static void put(byte[] header, int at, byte[] bytes) {
    System.arraycopy(bytes, 0, header, at, bytes.length);
  }

  private static byte[] extended(TarEntry entry) {
    ByteArrayOutputStream records = new ByteArrayOutputStream();
    Instant mtime = entry.mtime();
    if (mtime.getNano() != 0) {
      String text =
          BigDecimal.valueOf(mtime.getEpochSecond())
              .add(BigDecimal.valueOf(mtime.getNano(), 9))
              .toPlainString();
      record(records, "mtime", text.getBytes(StandardCharsets.US_ASCII));
    }
    for (Node.Xattr xattr : entry.xattrs()) {
      record(records, "SCHILY.xattr." + xattr.name(), xattr.value());
    }
    return records.toByteArray();
  }

  /** Its length counts itself. */
  private static void record(ByteArrayOutputStream records, String key, byte[] value) {
    byte[] name = (" " + key + "=").getBytes(StandardCharsets.UTF_8);
    int rest = name.length + value.length + 1;
    int length = rest;
    while (length != rest + String.valueOf(length).length()) {
      length = rest + String.valueOf(length).length();
    }
    records.writeBytes(String.valueOf(length).getBytes(StandardCharsets.US_ASCII));
    records.writeBytes(name);
    records.writeBytes(value);
    records.write('\n');
  }
}
