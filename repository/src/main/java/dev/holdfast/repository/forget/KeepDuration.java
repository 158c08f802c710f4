package dev.holdfast.repository.forget;

import dev.holdfast.model.Failure;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A span of calendar time as restic writes it: {@code 1y5m7d2h}. */
public record KeepDuration(int years, int months, int days, int hours) {

  public static final KeepDuration ZERO = new KeepDuration(0, 0, 0, 0);

  private static final Pattern PART = Pattern.compile("\\G([0-9]{1,9})([ymdh])");

  /** When nothing is old enough to be compared with: Go's zero time. */
  private static final OffsetDateTime DAWN = OffsetDateTime.of(1, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC);

  /**
   * Reads numbers with units; of a unit that is there twice the last counts, as for restic.
   *
   * @param flag named in the failure
   * @throws Failure.Invalid for anything else
   */
  public static KeepDuration parse(String flag, String text) {
    int years = 0;
    int months = 0;
    int days = 0;
    int hours = 0;
    Matcher part = PART.matcher(text.strip());
    int end = 0;
    while (part.find()) {
      int number = Integer.parseInt(part.group(1));
      switch (part.group(2)) {
        case "y" -> years = number;
        case "m" -> months = number;
        case "d" -> days = number;
        default -> hours = number;
      }
      end = part.end();
    }
    if (end != text.strip().length()) {
      throw new Failure.Invalid(
          flag + " " + text + " is not a duration", "years, months, days and hours: 1y5m7d2h");
    }
    return new KeepDuration(years, months, days, hours);
  }

  public boolean isZero() {
    return equals(ZERO);
  }

  /**
   * The time so long before another. Go's calendar: a day that a month does not have is counted on
   * into the next month, and the wall clock stays where the zone's offset changes.
   *
   * @param local the zone that a time belongs to whose offset is that zone's at the time
   */
  Instant before(OffsetDateTime time, ZoneId local) {
    try {
      long month = time.getYear() * 12L + time.getMonthValue() - 1 - years * 12L - months;
      LocalDate day =
          LocalDate.of(
                  Math.toIntExact(Math.floorDiv(month, 12L)),
                  (int) Math.floorMod(month, 12L) + 1,
                  1)
              .plusDays(time.getDayOfMonth() - 1L - days);
      boolean isLocal = local.getRules().getOffset(time.toInstant()).equals(time.getOffset());
      ZoneId zone = isLocal ? local : time.getOffset();
      return day.atTime(time.toLocalTime()).atZone(zone).toInstant().minusSeconds(hours * 3600L);
    } catch (DateTimeException | ArithmeticException e) {
      return Instant.MIN; // longer than time itself
    }
  }

  /** What durations are counted back from where no snapshot is in the past. */
  static OffsetDateTime dawn() {
    return DAWN;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    append(text, years, 'y');
    append(text, months, 'm');
    append(text, days, 'd');
    append(text, hours, 'h');
    return text.toString();
  }

  private static void append(StringBuilder text, int number, char unit) {
    if (number != 0) {
      text.append(number).append(unit);
    }
  }
}
