package dev.holdfast.repository.tar;

import dev.holdfast.model.Failure;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawPath;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a tar stream entry by entry, with names, links and attributes as bytes. The stream ends
 * only with its two zero blocks: one that stops before is an EOFException. Sparse files are
 * refused, and so is whatever else would be read wrongly.
 */
public final class TarInput {

  private static final int BLOCK = 512;
  private static final int LONGEST_HEADER = 16 << 20;
  private static final String XATTR = "SCHILY.xattr.";

  private final InputStream in;
  private long left;
  private int padding;

  public TarInput(InputStream in) {
    this.in = in;
  }

  /**
   * The next entry; what was not read of the last one's content is skipped.
   *
   * @return null at the end of the archive
   * @throws EOFException if the stream stops before its end
   * @throws Failure.Corrupt if it is no tar stream
   */
  public @Nullable TarEntry next() throws IOException {
    skip();
    Map<String, byte[]> attributes = new LinkedHashMap<>();
    while (true) {
      byte[] header = block();
      if (isZero(header)) {
        if (!isZero(block())) {
          throw new Failure.Corrupt("The tar stream goes on after a zero block");
        }
        return null;
      }
      check(header);
      char type = (char) header[156];
      long size = number(header, 124, 12);
      switch (type) {
        case 'x' -> attributes.putAll(records(content(size)));
        case 'g' -> content(size); // comments: nothing that concerns the files
        case 'L' -> attributes.putIfAbsent("path", text(content(size)));
        case 'K' -> attributes.putIfAbsent("linkpath", text(content(size)));
        default -> {
          return entry(header, type, size, attributes);
        }
      }
    }
  }

  /** Reads content of the entry. */
  public int read(byte[] bytes, int from, int length) throws IOException {
    if (left == 0) {
      return -1;
    }
    int read = in.read(bytes, from, (int) Math.min(length, left));
    if (read < 0) {
      throw new EOFException("The tar stream ends within a file");
    }
    left -= read;
    return read;
  }

  private void skip() throws IOException {
    in.skipNBytes(left + padding);
    left = 0;
    padding = 0;
  }

  private byte[] block() throws IOException {
    byte[] block = in.readNBytes(BLOCK);
    if (block.length < BLOCK) {
      throw new EOFException("The tar stream ends before its end mark");
    }
    return block;
  }

  private byte[] content(long size) throws IOException {
    if (size > LONGEST_HEADER) {
      throw new Failure.Corrupt("An extended header of " + size + " bytes in the tar stream");
    }
    byte[] bytes = in.readNBytes((int) size);
    if (bytes.length < size) {
      throw new EOFException("The tar stream ends within a header");
    }
    in.skipNBytes(padding(size));
    return bytes;
  }

  private static int padding(long size) {
    return (int) (-size & BLOCK - 1);
  }

  private static boolean isZero(byte[] block) {
    for (byte b : block) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  private static void check(byte[] header) {
    long sum = 0;
    for (int i = 0; i < BLOCK; i++) {
      sum += i >= 148 && i < 156 ? ' ' : header[i] & 0xff;
    }
    if (sum != number(header, 148, 8)) {
      throw new Failure.Corrupt("What came is no tar stream, or a damaged one");
    }
  }

  /** Octal, or GNU's base 256. */
  private static long number(byte[] header, int at, int length) {
    if ((header[at] & 0x80) != 0) {
      long value = (header[at] & 0x40) != 0 ? header[at] : header[at] & 0x3f;
      for (int i = at + 1; i < at + length; i++) {
        value = value << 8 | header[i] & 0xff;
      }
      return value;
    }
    String text = new String(header, at, length, StandardCharsets.US_ASCII);
    int end = text.indexOf('\0');
    String digits = (end < 0 ? text : text.substring(0, end)).strip();
    try {
      return digits.isEmpty() ? 0 : Long.parseLong(digits, 8);
    } catch (NumberFormatException e) {
      throw new Failure.Corrupt("What came is no tar stream, or a damaged one", null, e);
    }
  }

  private static byte[] field(byte[] header, int at, int length) {
    int end = at;
    while (end < at + length && header[end] != 0) {
      end++;
    }
    return Arrays.copyOfRange(header, at, end);
  }

  private static byte[] text(byte[] terminated) {
    return field(terminated, 0, terminated.length);
  }

  /** {@code LENGTH KEY=VALUE\n}, values as bytes. */
  private static Map<String, byte[]> records(byte[] bytes) {
    Map<String, byte[]> records = new LinkedHashMap<>();
    int at = 0;
    while (at < bytes.length) {
      int blank = at;
      int length = 0;
      while (blank < bytes.length && bytes[blank] >= '0' && bytes[blank] <= '9') {
        length = Math.addExact(Math.multiplyExact(length, 10), bytes[blank++] - '0');
      }
      int equals = blank;
      while (equals < bytes.length && bytes[equals] != '=') {
        equals++;
      }
      int end = at + length;
      if (length == 0 || end > bytes.length || equals >= end) {
        throw new Failure.Corrupt("An extended header of the tar stream is damaged");
      }
      String key = new String(bytes, blank + 1, equals - blank - 1, StandardCharsets.UTF_8);
      records.put(key, Arrays.copyOfRange(bytes, equals + 1, end - 1));
      at = end;
    }
    return records;
  }

  private TarEntry entry(byte[] header, char flag, long plainSize, Map<String, byte[]> more) {
    NodeType type =
        switch (flag) {
          case 0, '0', '7', '1' -> NodeType.FILE;
          case '2' -> NodeType.SYMLINK;
          case '3' -> NodeType.CHAR_DEVICE;
          case '4' -> NodeType.BLOCK_DEVICE;
          case '5' -> NodeType.DIR;
          case '6' -> NodeType.FIFO;
          default ->
              throw new Failure.Unsupported(
                  "The tar stream has an entry of type '" + flag + "'", null);
        };
    if (more.keySet().stream().anyMatch(key -> key.startsWith("GNU.sparse."))) {
      throw new Failure.Unsupported("The tar stream has a sparse file", null);
    }
    long size = more.containsKey("size") ? decimal(more, "size").longValueExact() : plainSize;
    boolean content = type == NodeType.FILE && flag != '1';
    left = content ? size : 0;
    padding = content ? padding(size) : 0;
    byte[] link = more.getOrDefault("linkpath", field(header, 157, 100));
    return new TarEntry(
        RawPath.of(more.getOrDefault("path", name(header))),
        type,
        (int) number(header, 100, 8) & 07777,
        owner(more, "uid", number(header, 108, 8)),
        owner(more, "gid", number(header, 116, 8)),
        "",
        "",
        left,
        more.containsKey("mtime")
            ? instant(decimal(more, "mtime"))
            : Instant.ofEpochSecond(number(header, 136, 12)),
        type == NodeType.SYMLINK ? link : null,
        flag == '1' ? RawPath.of(link) : null,
        type == NodeType.CHAR_DEVICE || type == NodeType.BLOCK_DEVICE ? device(header) : 0,
        xattrs(more));
  }

  private static byte[] name(byte[] header) {
    byte[] name = field(header, 0, 100);
    boolean ustar =
        new String(header, 257, 6, StandardCharsets.US_ASCII).equals("ustar\0") && header[345] != 0;
    if (!ustar) {
      return name;
    }
    byte[] prefix = field(header, 345, 155);
    byte[] whole = Arrays.copyOf(prefix, prefix.length + 1 + name.length);
    whole[prefix.length] = '/';
    System.arraycopy(name, 0, whole, prefix.length + 1, name.length);
    return whole;
  }

  private static int owner(Map<String, byte[]> more, String key, long plain) {
    return (int) (more.containsKey(key) ? decimal(more, key).longValueExact() : plain);
  }

  private static BigDecimal decimal(Map<String, byte[]> more, String key) {
    try {
      return new BigDecimal(new String(more.get(key), StandardCharsets.US_ASCII));
    } catch (NumberFormatException e) {
      throw new Failure.Corrupt("The tar stream's " + key + " is no number", null, e);
    }
  }

  private static Instant instant(BigDecimal seconds) {
    BigDecimal whole = seconds.setScale(0, RoundingMode.FLOOR);
    BigDecimal nanos = seconds.subtract(whole).movePointRight(9);
    try {
      return Instant.ofEpochSecond(whole.longValueExact(), nanos.longValue());
    } catch (ArithmeticException | DateTimeException e) {
      throw new Failure.Corrupt("The tar stream has an impossible time", null, e);
    }
  }

  /** As Linux's makedev. */
  private static long device(byte[] header) {
    long major = number(header, 329, 8);
    long minor = number(header, 337, 8);
    return (major & 0xfffL) << 8 | (major & ~0xfffL) << 32 | minor & 0xff | (minor & ~0xffL) << 12;
  }

  private static List<Node.Xattr> xattrs(Map<String, byte[]> more) {
    List<Node.Xattr> xattrs = new ArrayList<>();
    more.forEach((key, value) -> {
      if (key.startsWith(XATTR)) {
        xattrs.add(new Node.Xattr(key.substring(XATTR.length()), value));
      }
    });
    xattrs.sort(java.util.Comparator.comparing(Node.Xattr::name));
    return xattrs;
  }
}
