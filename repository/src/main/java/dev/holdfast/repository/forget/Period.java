package dev.holdfast.repository.forget;

import java.time.OffsetDateTime;
import java.time.temporal.IsoFields;

/** Spans of the calendar of which a policy keeps the newest snapshot each. */
public enum Period {
  /** Each snapshot is one of its own. */
  LAST("last", "latest"),
  HOURLY("hourly", "hourly"),
  DAILY("daily", "daily"),
  /** ISO weeks. */
  WEEKLY("weekly", "weekly"),
  MONTHLY("monthly", "monthly"),
  YEARLY("yearly", "yearly");

  private final String word;
  private final String plural;

  Period(String word, String plural) {
    this.word = word;
    this.plural = plural;
  }

  /** As reasons name it. */
  String word() {
    return word;
  }

  /** As policies name it. */
  String plural() {
    return plural;
  }

  /**
   * Equal for snapshots of the same span, by the clock of the zone in which each was made.
   *
   * @param position the snapshot's in its list
   */
  long span(OffsetDateTime time, int position) {
    long year = time.getYear();
    long month = year * 100 + time.getMonthValue();
    long day = month * 100 + time.getDayOfMonth();
    return switch (this) {
      case LAST -> position;
      case HOURLY -> day * 100 + time.getHour();
      case DAILY -> day;
      case WEEKLY ->
          time.get(IsoFields.WEEK_BASED_YEAR) * 100L + time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR);
      case MONTHLY -> month;
      case YEARLY -> year;
    };
  }
}
