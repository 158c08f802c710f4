package dev.holdfast.repository.tree;

import dev.holdfast.model.Failure;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;

/**
 * Times as Go writes them in JSON: RFC 3339, up to nine digits of fraction without trailing zeros,
 * {@code Z} for UTC.
 */
public final class GoTime {

  private GoTime() {}

  public static String format(OffsetDateTime time) {
    OffsetDateTime t = clamp(time);
    StringBuilder text = new StringBuilder(35);
    pad(text, t.getYear(), 4).append('-');
    pad(text, t.getMonthValue(), 2).append('-');
    pad(text, t.getDayOfMonth(), 2).append('T');
    pad(text, t.getHour(), 2).append(':');
    pad(text, t.getMinute(), 2).append(':');
    pad(text, t.getSecond(), 2);
    fraction(text, t.getNano());
    int offset = t.getOffset().getTotalSeconds() / 60;
    if (offset == 0) {
      return text.append('Z').toString();
    }
    text.append(offset < 0 ? '-' : '+');
    pad(text, Math.abs(offset) / 60, 2).append(':');
    return pad(text, Math.abs(offset) % 60, 2).toString();
  }

  /**
   * Reads RFC 3339.
   *
   * @throws Failure.Corrupt if it is malformed or has no zone
   */
  public static OffsetDateTime parse(String text) {
    try {
      return OffsetDateTime.parse(text);
    } catch (DateTimeException e) {
      throw new Failure.Corrupt("'" + text + "' is not a time in RFC 3339", null, e);
    }
  }

  /** Years outside 0 to 9999 cannot be written: restic clamps them. */
  private static OffsetDateTime clamp(OffsetDateTime time) {
    if (time.getYear() < 0) {
      return OffsetDateTime.of(0, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC);
    }
    if (time.getYear() > 9999) {
      return OffsetDateTime.of(9999, 12, 31, 23, 59, 59, 999_999_999, ZoneOffset.UTC);
    }
    return time;
  }

  private static void fraction(StringBuilder text, int nanos) {
    if (nanos == 0) {
      return;
    }
    pad(text.append('.'), nanos, 9);
    while (text.charAt(text.length() - 1) == '0') {
      text.setLength(text.length() - 1);
    }
  }

  private static StringBuilder pad(StringBuilder text, int value, int digits) {
    String number = Integer.toString(value);
    for (int i = number.length(); i < digits; i++) {
      text.append('0');
    }
    return text.append(number);
  }
}
