package dev.holdfast.cli.repo;

import dev.holdfast.model.Failure;
import dev.holdfast.repository.forget.KeepDuration;
import dev.holdfast.repository.forget.KeepPolicy;
import dev.holdfast.repository.forget.Period;
import dev.holdfast.repository.snapshot.SnapshotFilter;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What {@code forget} keeps: restic's flags. */
final class KeepFlags {

  @Option(
      names = {"-l", "--keep-last"},
      paramLabel = "N",
      description = "The newest N snapshots. All N may be 'unlimited'.")
  @Nullable String last;

  @Option(
      names = {"-H", "--keep-hourly"},
      paramLabel = "N",
      description = "The newest snapshot of each of the last N hours that have one.")
  @Nullable String hourly;

  @Option(
      names = {"-d", "--keep-daily"},
      paramLabel = "N",
      description = "The same for days.")
  @Nullable String daily;

  @Option(
      names = {"-w", "--keep-weekly"},
      paramLabel = "N",
      description = "For ISO weeks.")
  @Nullable String weekly;

  @Option(
      names = {"-m", "--keep-monthly"},
      paramLabel = "N",
      description = "For months.")
  @Nullable String monthly;

  @Option(
      names = "--keep-yearly",
      paramLabel = "N",
      description = "For years; or -y N, as restic has it.")
  @Nullable String yearly;

  @Option(
      names = "--keep-within",
      paramLabel = "DURATION",
      description = "Everything newer than 1y5m7d2h before the newest snapshot.")
  @Nullable String within;

  @Option(
      names = "--keep-within-hourly",
      paramLabel = "DURATION",
      description = "The newest snapshot of each hour, if it is newer than that.")
  @Nullable String withinHourly;

  @Option(
      names = "--keep-within-daily",
      paramLabel = "DURATION",
      description = "The same for days.")
  @Nullable String withinDaily;

  @Option(names = "--keep-within-weekly", paramLabel = "DURATION", description = "For ISO weeks.")
  @Nullable String withinWeekly;

  @Option(names = "--keep-within-monthly", paramLabel = "DURATION", description = "For months.")
  @Nullable String withinMonthly;

  @Option(names = "--keep-within-yearly", paramLabel = "DURATION", description = "For years.")
  @Nullable String withinYearly;

  @Option(
      names = "--keep-tag",
      paramLabel = "TAG[,TAG...]",
      description = "Snapshots that have all these tags; repeated: or all those.")
  List<String> tags = List.of();

  KeepPolicy policy() {
    Map<Period, Integer> counts = new EnumMap<>(Period.class);
    count(counts, Period.LAST, last);
    count(counts, Period.HOURLY, hourly);
    count(counts, Period.DAILY, daily);
    count(counts, Period.WEEKLY, weekly);
    count(counts, Period.MONTHLY, monthly);
    count(counts, Period.YEARLY, yearly);
    Map<Period, KeepDuration> durations = new EnumMap<>(Period.class);
    duration(durations, Period.HOURLY, withinHourly);
    duration(durations, Period.DAILY, withinDaily);
    duration(durations, Period.WEEKLY, withinWeekly);
    duration(durations, Period.MONTHLY, withinMonthly);
    duration(durations, Period.YEARLY, withinYearly);
    KeepDuration all =
        within == null ? KeepDuration.ZERO : KeepDuration.parse("--keep-within", within);
    return new KeepPolicy(counts, all, durations, SnapshotFilter.tagLists(tags));
  }

  private static void count(Map<Period, Integer> counts, Period period, @Nullable String text) {
    if (text == null) {
      return;
    }
    try {
      int count = text.equals("unlimited") ? KeepPolicy.UNLIMITED : Integer.parseInt(text);
      if (count < 0 && !text.equals("unlimited")) {
        throw new NumberFormatException("negative");
      }
      counts.put(period, count);
    } catch (NumberFormatException e) {
      throw new Failure.Invalid(
          "--keep-" + word(period) + " " + text + " is no number of snapshots",
          "0 or more, or 'unlimited'",
          e);
    }
  }

  private static void duration(
      Map<Period, KeepDuration> durations, Period period, @Nullable String text) {
    if (text != null) {
      durations.put(period, KeepDuration.parse("--keep-within-" + word(period), text));
    }
  }

  private static String word(Period period) {
    return period.name().toLowerCase(Locale.ROOT);
  }
}
