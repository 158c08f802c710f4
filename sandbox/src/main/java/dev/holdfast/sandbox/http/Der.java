package dev.holdfast.sandbox.http;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** What of DER (ITU-T X.690) a certificate needs: each value as its bytes, tag and length first. */
final class Der {

  private static final DateTimeFormatter UTC =
      DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private Der() {}

  static byte[] tagged(int tag, byte[]... parts) {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      content.writeBytes(part);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    int length = content.size();
    if (length < 0x80) {
      out.write(length);
    } else {
      byte[] size = BigInteger.valueOf(length).toByteArray();
      int from = size[0] == 0 ? 1 : 0;
      out.write(0x80 | size.length - from);
      out.write(size, from, size.length - from);
    }
    out.writeBytes(content.toByteArray());
    return out.toByteArray();
  }

  static byte[] sequence(byte[]... parts) {
    return tagged(0x30, parts);
  }

  static byte[] integer(BigInteger value) {
    return tagged(2, value.toByteArray());
  }

  static byte[] yes() {
    return tagged(1, new byte[] {(byte) 0xff});
  }

  static byte[] octets(byte[] value) {
    return tagged(4, value);
  }

  /**
   * @param unused how many bits at the end do not count
   */
  static byte[] bits(int unused, byte[] value) {
    return tagged(3, new byte[] {(byte) unused}, value);
  }

  /** {@code 2.5.29.17}. */
  static byte[] oid(String dotted) {
    String[] parts = dotted.split("\\.", -1);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(40 * Integer.parseInt(parts[0]) + Integer.parseInt(parts[1]));
    for (int i = 2; i < parts.length; i++) {
      int value = Integer.parseInt(parts[i]);
      for (int shift = 28; shift > 0; shift -= 7) {
        if (value >> shift != 0) {
          out.write(0x80 | value >> shift & 0x7f);
        }
      }
      out.write(value & 0x7f);
    }
    return tagged(6, out.toByteArray());
  }

  /** Before 2050, as later ones are written otherwise. */
  static byte[] time(Instant instant) {
    return tagged(0x17, UTC.format(instant).getBytes(StandardCharsets.US_ASCII));
  }
}
