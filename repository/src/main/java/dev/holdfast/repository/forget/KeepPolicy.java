package dev.holdfast.repository.forget;

import dev.holdfast.repository.snapshot.SavedSnapshot;
import dev.holdfast.repository.snapshot.SnapshotFilter;
import dev.holdfast.repository.tree.GoTime;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * restic's policy of {@code forget}: what any of its rules keeps is kept.
 *
 * @param counts how many snapshots of a period are kept, {@link #UNLIMITED} for all; while a count
 *     is not used up, the oldest snapshot is kept, too
 * @param within everything that is newer than this before the newest snapshot
 * @param periodsWithin the newest of each period, if it is newer than this before the newest
 *     snapshot
 * @param tags snapshots that have all tags of one of these lists
 */
public record KeepPolicy(
    Map<Period, Integer> counts,
    KeepDuration within,
    Map<Period, KeepDuration> periodsWithin,
    List<List<String>> tags) {

  public static final int UNLIMITED = -1;

  public KeepPolicy {
    counts = sorted(counts);
    periodsWithin = sorted(periodsWithin);
    tags = tags.stream().map(List::copyOf).toList();
  }

  private static <V> Map<Period, V> sorted(Map<Period, V> map) {
    Map<Period, V> sorted = new EnumMap<>(Period.class);
    sorted.putAll(map);
    return sorted;
  }

  /** A kept snapshot, and the rules that keep it in restic's words. */
  public record Kept(SavedSnapshot snapshot, List<String> reasons) {}

  /** What is kept and what is not, newest first. */
  public record Verdict(List<Kept> keep, List<SavedSnapshot> remove) {}

  /** Whether there is no rule. */
  public boolean isEmpty() {
    return tags.isEmpty()
        && within.isZero()
        && counts.values().stream().allMatch(count -> count == 0)
        && periodsWithin.values().stream().allMatch(KeepDuration::isZero);
  }

  /**
   * Judges the snapshots of a group.
   *
   * @param now later snapshots are not what durations are counted back from
   * @param local the zone of this machine
   */
  public Verdict apply(List<SavedSnapshot> group, Instant now, ZoneId local) {
    List<SavedSnapshot> snapshots = new ArrayList<>(group);
    snapshots.sort(Comparator.comparing(SavedSnapshot::time).reversed());
    OffsetDateTime newest =
        snapshots.stream()
            .filter(one -> one.time().isBefore(now))
            .findFirst()
            .map(KeepPolicy::written)
            .orElse(KeepDuration.dawn());
    List<Bucket> buckets = buckets(newest, local);
    Instant threshold = within.isZero() ? Instant.MAX : within.before(newest, local);
    List<Kept> keep = new ArrayList<>();
    List<SavedSnapshot> remove = new ArrayList<>();
    for (int i = 0; i < snapshots.size(); i++) {
      SavedSnapshot snapshot = snapshots.get(i);
      List<String> reasons = new ArrayList<>();
      for (List<String> list : tags) {
        if (SnapshotFilter.hasAll(snapshot.snapshot(), list)) {
          reasons.add("has tags [" + String.join(", ", list) + "]");
        }
      }
      if (snapshot.time().isAfter(threshold)) {
        reasons.add("within " + within);
      }
      boolean oldest = i == snapshots.size() - 1;
      for (Bucket bucket : buckets) {
        bucket.offer(written(snapshot), i, oldest, reasons);
      }
      if (reasons.isEmpty()) {
        remove.add(snapshot);
      } else {
        keep.add(new Kept(snapshot, List.copyOf(reasons)));
      }
    }
    return new Verdict(List.copyOf(keep), List.copyOf(remove));
  }

  private static OffsetDateTime written(SavedSnapshot snapshot) {
    return GoTime.parse(snapshot.snapshot().time());
  }

  private List<Bucket> buckets(OffsetDateTime newest, ZoneId local) {
    List<Bucket> buckets = new ArrayList<>();
    counts.forEach((period, count) -> {
      if (count != 0) {
        buckets.add(new Bucket(period, count, Instant.MIN, period.word() + " snapshot", ""));
      }
    });
    periodsWithin.forEach((period, duration) -> {
      if (!duration.isZero()) {
        Instant after = duration.before(newest, local);
        String reason = period.word() + " within";
        buckets.add(new Bucket(period, UNLIMITED, after, reason, " " + duration));
      }
    });
    return buckets;
  }

  /** One rule that keeps the newest of each period, while it is applied. */
  private static final class Bucket {
    private final Period period;
    private final Instant after;
    private final String reason;
    private final String suffix;
    private int left;
    private long last = -1;

    Bucket(Period period, int left, Instant after, String reason, String suffix) {
      this.period = period;
      this.left = left;
      this.after = after;
      this.reason = reason;
      this.suffix = suffix;
    }

    void offer(OffsetDateTime time, int position, boolean oldest, List<String> reasons) {
      if (left == 0 || !time.toInstant().isAfter(after)) {
        return;
      }
      long span = period.span(time, position);
      if (span != last || oldest) {
        reasons.add((span == last ? "oldest " : "") + reason + suffix);
        last = span;
        left -= left > 0 ? 1 : 0;
      }
    }
  }

  /** {@code keep 3 latest, 7 daily snapshots and all snapshots within 2d of the newest}. */
  @Override
  public String toString() {
    List<String> numbers = new ArrayList<>();
    counts.forEach((period, count) -> {
      if (count != 0) {
        numbers.add((count == UNLIMITED ? "all" : count) + " " + period.plural());
      }
    });
    List<String> spans = new ArrayList<>();
    periodsWithin.forEach((period, duration) -> {
      if (!duration.isZero()) {
        spans.add(period.plural() + " snapshots within " + duration);
      }
    });
    String text = numbers.isEmpty() ? "" : String.join(", ", numbers) + " snapshots";
    if (!spans.isEmpty()) {
      text += (text.isEmpty() ? "" : ", ") + String.join(", ", spans);
    }
    if (!tags.isEmpty()) {
      List<String> lists = tags.stream().map(list -> "[" + String.join(", ", list) + "]").toList();
      text += (text.isEmpty() ? "" : " and ") + "all snapshots with tags " + lists;
    }
    if (!within.isZero()) {
      text += (text.isEmpty() ? "" : " and ") + "all snapshots within " + within + " of the newest";
    }
    return text.isEmpty() ? "remove" : "keep " + text;
  }
}
