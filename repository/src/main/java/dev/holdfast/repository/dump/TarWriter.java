package dev.holdfast.repository.dump;

import dev.holdfast.repository.tree.Mode;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A tar archive in the pax format (POSIX.1-2001) whose names, link targets and attributes are
 * bytes: what libraries offer takes text. Extended attributes, ACLs included, are {@code
 * SCHILY.xattr} records, which GNU tar restores with {@code --xattrs --xattrs-include='*'}.
 */
final class TarWriter {

  private static final int BLOCK = 512;
  private static final long MAX_OCTAL_11 = (1L << 33) - 1;
  private static final long MAX_OCTAL_7 = (1L << 21) - 1;

  private final OutputStream out;

  TarWriter(OutputStream out) {
    this.out = out;
  }

  /**
   * Writes the header of an entry; its content, {@code size} bytes, follows.
   *
   * @param name without a leading slash; a directory's ends with one
   * @param hardLink the name of an earlier entry that this one is another name of, or null
   */
  void entry(byte[] name, Node node, long size, byte @Nullable [] hardLink) throws IOException {
    byte[] target = hardLink != null ? hardLink : node.linkTarget();
    byte[] link = target == null ? new byte[0] : target;
    ByteArrayOutputStream pax = pax(name, link, node, size);
    if (pax.size() > 0) {
      header(ascii("PaxHeaders/entry"), new byte[0], 'x', 0644, 0, 0, pax.size(), 0, 0, "", "");
      out.write(pax.toByteArray());
      pad(pax.size());
    }
    char type =
        hardLink != null
            ? '1'
            : switch (node.type()) {
              case SYMLINK -> '2';
              case CHAR_DEVICE -> '3';
              case BLOCK_DEVICE -> '4';
              case DIR -> '5';
              case FIFO -> '6';
              case FILE, SOCKET, IRREGULAR -> '0';
            };
    boolean device = node.type() == NodeType.CHAR_DEVICE || node.type() == NodeType.BLOCK_DEVICE;
    header(
        name,
        link,
        type,
        Mode.toPermissions(node.mode()),
        Integer.toUnsignedLong(node.uid()),
        Integer.toUnsignedLong(node.gid()),
        size,
        Math.max(0, node.mtime().toEpochSecond()),
        device ? node.device() : 0,
        node.user(),
        node.group());
  }

  /** Fills the last block of the content. */
  void pad(long size) throws IOException {
    out.write(new byte[(int) ((BLOCK - size % BLOCK) % BLOCK)]);
  }

  void finish() throws IOException {
    out.write(new byte[2 * BLOCK]);
  }

  /** What does not fit the plain header: each record is {@code length key=value\n}. */
  private static ByteArrayOutputStream pax(byte[] name, byte[] link, Node node, long size) {
    ByteArrayOutputStream records = new ByteArrayOutputStream();
    if (!fits(name)) {
      record(records, "path", name);
    }
    if (!fits(link)) {
      record(records, "linkpath", link);
    }
    if (size > MAX_OCTAL_11) {
      record(records, "size", ascii(Long.toString(size)));
    }
    Instant mtime = node.mtime().toInstant();
    if (mtime.getNano() != 0 || mtime.getEpochSecond() < 0) {
      record(records, "mtime", ascii(time(mtime)));
    }
    for (String key : new String[] {"uid", "gid"}) {
      long id = Integer.toUnsignedLong(key.equals("uid") ? node.uid() : node.gid());
      if (id > MAX_OCTAL_7) {
        record(records, key, ascii(Long.toString(id)));
      }
    }
    for (Node.Xattr xattr : node.xattrs()) {
      record(records, "SCHILY.xattr." + xattr.name(), xattr.value());
    }
    return records;
  }

  private static boolean fits(byte[] text) {
    boolean ascii = true;
    for (byte b : text) {
      ascii &= b >= 0;
    }
    return ascii && text.length <= 100;
  }

  /** Seconds since the epoch with nine digits of fraction. */
  private static String time(Instant time) {
    return java.math.BigDecimal.valueOf(time.getEpochSecond())
        .add(java.math.BigDecimal.valueOf(time.getNano(), 9))
        .toPlainString();
  }

  private static void record(ByteArrayOutputStream records, String key, byte[] value) {
    byte[] name = key.getBytes(StandardCharsets.UTF_8);
    int rest = 1 + name.length + 1 + value.length + 1;
    int length = rest + Integer.toString(rest).length();
    length = rest + Integer.toString(length).length(); // the digits count themselves
    records.writeBytes(ascii(Integer.toString(length)));
    records.write(' ');
    records.writeBytes(name);
    records.write('=');
    records.writeBytes(value);
    records.write('\n');
  }

  private void header(
      byte[] name,
      byte[] link,
      char type,
      int mode,
      long uid,
      long gid,
      long size,
      long mtime,
      long device,
      String user,
      String group)
      throws IOException {
    byte[] block = new byte[BLOCK];
    text(block, 0, 100, name);
    octal(block, 100, 8, mode);
    octal(block, 108, 8, Math.min(uid, MAX_OCTAL_7));
    octal(block, 116, 8, Math.min(gid, MAX_OCTAL_7));
    octal(block, 124, 12, Math.min(size, MAX_OCTAL_11));
    octal(block, 136, 12, Math.min(mtime, MAX_OCTAL_11));
    Arrays.fill(block, 148, 156, (byte) ' ');
    block[156] = (byte) type;
    text(block, 157, 100, link);
    text(block, 257, 8, ascii("ustar\00000"));
    text(block, 265, 31, user.getBytes(StandardCharsets.UTF_8));
    text(block, 297, 31, group.getBytes(StandardCharsets.UTF_8));
    octal(block, 329, 8, major(device));
    octal(block, 337, 8, minor(device));
    int sum = 0;
    for (byte b : block) {
      sum += b & 0xff;
    }
    octal(block, 148, 7, sum);
    out.write(block);
  }

  private static void text(byte[] block, int at, int room, byte[] text) {
    System.arraycopy(text, 0, block, at, Math.min(room, text.length));
  }

  private static void octal(byte[] block, int at, int room, long value) {
    String digits = Long.toOctalString(value);
    Arrays.fill(block, at, at + room - 1, (byte) '0');
    text(block, at + room - 1 - digits.length(), digits.length(), ascii(digits));
    block[at + room - 1] = 0;
  }

  /** glibc's gnu_dev_major. */
  private static long major(long device) {
    return ((device >>> 8) & 0xfff) | ((device >>> 32) & 0xfffff000L);
  }

  /** glibc's gnu_dev_minor. */
  private static long minor(long device) {
    return (device & 0xff) | ((device >>> 12) & 0xffffff00L);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
