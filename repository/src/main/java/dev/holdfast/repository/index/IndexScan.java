package dev.holdfast.repository.index;

import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.pack.PackedBlob;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads an index file that is written exactly as restic and we do: these members in this order, and
 * no white space. A repository of a million files has hundreds of megabytes of this at each start,
 * and a few small loops are fast long before a whole JSON parser is compiled. What looks otherwise
 * is {@link IndexFile}'s.
 */
final class IndexScan {

  private static final byte[] PACKS = bytes("{\"packs\":[");
  private static final byte[] ID = bytes("{\"id\":\"");
  private static final byte[] BLOBS = bytes("\",\"blobs\":[");
  private static final byte[] DATA = bytes("\",\"type\":\"data\",\"offset\":");
  private static final byte[] TREE = bytes("\",\"type\":\"tree\",\"offset\":");
  private static final byte[] LENGTH = bytes(",\"length\":");
  private static final byte[] PLAIN = bytes(",\"uncompressed_length\":");

  /** The value of each hexadecimal digit, -1 for what is none. */
  private static final byte[] HEX = new byte[256];

  static {
    Arrays.fill(HEX, (byte) -1);
    for (int i = 0; i < 16; i++) {
      HEX["0123456789abcdef".charAt(i)] = (byte) i;
    }
  }

  private final byte[] bytes;
  private final IndexFile.@Nullable Sink sink;
  private int at;

  /** Something is not as we write it. */
  private boolean strange;

  private IndexScan(byte[] bytes, IndexFile.@Nullable Sink sink) {
    this.bytes = bytes;
    this.sink = sink;
  }

  /**
   * Gives all entries, or none and false where the file is not exactly as we write it, be it
   * damaged or not.
   */
  static boolean read(byte[] bytes, IndexFile.Sink sink) {
    return new IndexScan(bytes, null).file() && new IndexScan(bytes, sink).file();
  }

  private boolean file() {
    expect(PACKS);
    boolean first = true;
    while (!strange && !next(']', first)) {
      pack();
      first = false;
    }
    expect('}');
    if (at < bytes.length && bytes[at] == '\n') {
      at++;
    }
    return !strange && at == bytes.length;
  }

  private void pack() {
    expect(ID);
    Id pack = new Id(word(), word(), word(), word());
    expect(BLOBS);
    boolean first = true;
    while (!strange && !next(']', first)) {
      blob(pack);
      first = false;
    }
    expect('}');
  }

  private void blob(Id pack) {
    expect(ID);
    long a = word();
    long b = word();
    long c = word();
    long d = word();
    BlobType type = at + 10 < bytes.length && bytes[at + 10] == 't' ? BlobType.TREE : BlobType.DATA;
    expect(type == BlobType.TREE ? TREE : DATA);
    long offset = number();
    expect(LENGTH);
    long length = number();
    long plain = 0;
    if (at < bytes.length && bytes[at] == ',') {
      expect(PLAIN);
      plain = number();
    }
    expect('}');
    strange |= length == 0 || offset + length > Integer.MAX_VALUE || plain > Integer.MAX_VALUE;
    if (sink != null && !strange) {
      sink.blob(
          pack, new PackedBlob(type, new Id(a, b, c, d), (int) offset, (int) length, (int) plain));
    }
  }

  /** Past the comma to the next element, or past the end of the array. */
  private boolean next(char end, boolean first) {
    if (at < bytes.length && bytes[at] == end) {
      at++;
      return true;
    }
    if (!first) {
      expect(',');
    }
    return false;
  }

  /** Sixteen hexadecimal digits. */
  private long word() {
    if (at + 16 > bytes.length) {
      strange = true;
      return 0;
    }
    long value = 0;
    int wrong = 0;
    for (int end = at + 16; at < end; at++) {
      int digit = HEX[bytes[at] & 0xff];
      wrong |= digit;
      value = value << 4 | digit;
    }
    strange |= wrong < 0;
    return value;
  }

  /** As JSON writes one that is not negative, and not longer than a long holds for sure. */
  private long number() {
    int start = at;
    long value = 0;
    while (at < bytes.length && bytes[at] >= '0' && bytes[at] <= '9' && at - start < 18) {
      value = value * 10 + bytes[at++] - '0';
    }
    strange |= at == start || (bytes[start] == '0' && at > start + 1);
    return value;
  }

  private void expect(char c) {
    strange |= at >= bytes.length || bytes[at] != c;
    at++;
  }

  private void expect(byte[] text) {
    strange |=
        !Arrays.equals(
            bytes,
            Math.min(at, bytes.length),
            Math.min(at + text.length, bytes.length),
            text,
            0,
            text.length);
    at += text.length;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
