package dev.holdfast.sandbox.admission;

import dev.holdfast.sandbox.status.Violations;
import java.net.InetAddress;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** IP addresses and networks in objects. */
final class Addresses {

  private static final Pattern FOUR = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");

  private Addresses() {}

  /** Null if the text is no IP address. */
  static @Nullable InetAddress parse(String text) {
    if (!FOUR.matcher(text).matches() && !text.contains(":") || text.contains("[")) {
      return null;
    }
    try {
      return InetAddress.ofLiteral(text);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** An address at which something can be reached. */
  static void endpoint(Violations violations, String text, String field) {
    InetAddress address = parse(text);
    if (address == null) {
      return;
    }
    if (address.isAnyLocalAddress()) {
      violations.invalid(field, text, "may not be unspecified (" + text + ")");
    }
    if (address.isLoopbackAddress()) {
      violations.invalid(field, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
    }
    if (address.isLinkLocalAddress()) {
      violations.invalid(
          field, text, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
    }
    if (address.isMulticastAddress() && linkLocal(address.getAddress())) {
      violations.invalid(
          field, text, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
    }
  }

  private static boolean linkLocal(byte[] bytes) {
    return bytes.length == 4
        ? bytes[0] == (byte) 224 && bytes[1] == 0 && bytes[2] == 0
        : (bytes[1] & 0x0f) == 2;
  }

  /** A network: its first address, how many bits are fixed. */
  record Range(InetAddress address, int bits) {

    /** Whether the other lies within and is smaller. */
    boolean strictlyContains(Range other) {
      byte[] a = address.getAddress();
      byte[] b = other.address.getAddress();
      if (a.length != b.length || other.bits <= bits) {
        return false;
      }
      for (int i = 0; i < bits; i++) {
        int mask = 0x80 >> (i % 8);
        if ((a[i / 8] & mask) != (b[i / 8] & mask)) {
          return false;
        }
      }
      return true;
    }
  }

  /** Null if the text is no network, which is then reported. */
  static @Nullable Range range(Violations violations, String text, String field) {
    int slash = text.indexOf('/');
    InetAddress address = slash < 0 ? null : parse(text.substring(0, slash));
    String bits = text.substring(slash + 1);
    if (address != null
        && bits.matches("\\d{1,3}")
        && Integer.parseInt(bits) <= address.getAddress().length * 8) {
      return new Range(address, Integer.parseInt(bits));
    }
    violations.invalid(
        field, text, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    return null;
  }
}
