package dev.holdfast.sandbox.admission;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.regex.Pattern;

/** The formats of texts that an API server checks in custom resources; it knows no others. */
final class Formats {

  private static final Pattern IPV4 =
      Pattern.compile("((25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(\\.(?!$)|$)){4}");
  private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");
  private static final Pattern MAC = Pattern.compile("([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}");
  private static final Pattern UUID =
      Pattern.compile("(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}");
  private static final Pattern BASE64 =
      Pattern.compile("([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?");
  private static final Pattern EMAIL = Pattern.compile("[^@\\s]+@[^@\\s]+|.+ <[^@\\s]+@[^@\\s]+>");
  private static final Pattern HOSTNAME =
      Pattern.compile(
          "(?i)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*\\.?");
  private static final Pattern DURATION =
      Pattern.compile(
          "-?(\\d+(\\.\\d+)?\\s*(ns|us|µs|ms|s|m|h|d|w|seconds?|minutes?|hours?|days?|weeks?)\\s*)+|0");
  private static final Pattern COLOR = Pattern.compile("#?([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})");

  private Formats() {}

  static boolean fits(String format, String value) {
    return switch (format) {
      case "ipv4" -> IPV4.matcher(value).matches();
      case "ipv6" -> ipv6(value);
      case "cidr" -> cidr(value);
      case "mac" -> MAC.matcher(value).matches();
      case "uuid", "uuid3", "uuid4", "uuid5" -> UUID.matcher(value).matches();
      case "byte" -> BASE64.matcher(value).matches();
      case "email" -> EMAIL.matcher(value).matches();
      case "hostname" -> value.length() <= 255 && HOSTNAME.matcher(value).matches();
      case "duration" -> DURATION.matcher(value).matches();
      case "hexcolor" -> COLOR.matcher(value).matches();
      case "date" -> date(value);
      case "date-time", "datetime" -> time(value);
      case "uri" -> uri(value);
      default -> true;
    };
  }

  private static boolean ipv6(String value) {
    if (!IPV6.matcher(value).matches()) {
      return false;
    }
    try {
      java.net.InetAddress.ofLiteral(value);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static boolean cidr(String value) {
    int slash = value.indexOf('/');
    String address = slash < 0 ? "" : value.substring(0, slash);
    int most = IPV4.matcher(address).matches() ? 32 : ipv6(address) ? 128 : -1;
    String length = value.substring(slash + 1);
    return most > 0 && length.matches("\\d{1,3}") && Integer.parseInt(length) <= most;
  }

  private static boolean date(String value) {
    try {
      LocalDate.parse(value);
      return true;
    } catch (DateTimeException e) {
      return false;
    }
  }

  private static boolean time(String value) {
    try {
      OffsetDateTime.parse(value.replace(' ', 'T'));
      return true;
    } catch (DateTimeException e) {
      return false;
    }
  }

  private static boolean uri(String value) {
    try {
      URI uri = new URI(value);
      return uri.isAbsolute() || value.startsWith("/");
    } catch (URISyntaxException e) {
      return false;
    }
  }
}
