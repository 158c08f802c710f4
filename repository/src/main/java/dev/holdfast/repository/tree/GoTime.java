package dev.holdfast.repository.tree;

import dev.holdfast.model.Failure;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

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
      OffsetDateTime usual = parseUsual(text);
      return usual != null ? usual : OffsetDateTime.parse(text);
    } catch (DateTimeException e) {
      throw new Failure.Corrupt("'" + text + "' is not a time in RFC 3339", null, e);
    }
  }

  /**
   * What {@link #format} writes, without the JDK's formatter: a tree has three times in each node,
   * and reading them took half the time of reading trees.
   *
   * @return null for any other form
   */
  private static @Nullable OffsetDateTime parseUsual(String text) {
    int end = text.length();
    if (end < 20 || text.charAt(4) != '-' || text.charAt(7) != '-') {
      return null;
    }
    if (text.charAt(10) != 'T' || text.charAt(13) != ':' || text.charAt(16) != ':') {
      return null;
    }
    int at = 19;
    int nanos = 0;
    if (text.charAt(at) == '.') {
      int from = ++at;
      while (at < end && isDigit(text.charAt(at))) {
        at++;
      }
      nanos = at == from || at - from > 9 ? -1 : number(text, from, at);
      for (int i = at - from; i < 9; i++) {
        nanos *= 10;
      }
    }
    int second = number(text, 17, 19);
    int minute = number(text, 14, 16);
    int hour = number(text, 11, 13);
    int day = number(text, 8, 10);
    int month = number(text, 5, 7);
    int year = number(text, 0, 4);
    ZoneOffset zone = zone(text, at);
    if ((second | minute | hour | day | month | year | nanos) < 0 || zone == null) {
      return null;
    }
    return OffsetDateTime.of(year, month, day, hour, minute, second, nanos, zone);
  }

  private static @Nullable ZoneOffset zone(String text, int at) {
    int left = text.length() - at;
    if (left == 1 && text.charAt(at) == 'Z') {
      return ZoneOffset.UTC;
    }
    if (left != 6 || text.charAt(at + 3) != ':') {
      return null;
    }
    int hours = number(text, at + 1, at + 3);
    int minutes = number(text, at + 4, at + 6);
    if ((hours | minutes) < 0) {
      return null;
    }
    return switch (text.charAt(at)) {
      case '+' -> ZoneOffset.ofHoursMinutes(hours, minutes);
      case '-' -> ZoneOffset.ofHoursMinutes(-hours, -minutes);
      default -> null;
    };
  }

  /** Negative unless there are only digits. */
  private static int number(String text, int from, int to) {
    int number = 0;
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if (!isDigit(c)) {
        return -1;
      }
      number = number * 10 + c - '0';
    }
    return number;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
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
