package dev.holdfast.cli.document;

import dev.holdfast.archive.Results;
import dev.holdfast.cli.output.Units;
import dev.holdfast.model.LabelSelector;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Fields of velero.io documents as Velero prints them. */
public final class Text {

  /** Go's default form of a time. */
  private static final DateTimeFormatter GO_TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss Z z", Locale.ROOT);

  private Text() {}

  /** {@code 2026-01-31 23:59:59 +0000 UTC} in the local zone; {@code <n/a>} for none. */
  public static String time(@Nullable String rfc3339) {
    Instant time = parse(rfc3339);
    return time == null ? "<n/a>" : GO_TIME.format(time.atZone(ZoneId.systemDefault()));
  }

  /** When a backup expires, seen from now: {@code 29d}, {@code 3h ago}, {@code n/a}. */
  public static String expires(@Nullable String rfc3339, Instant now) {
    Instant time = parse(rfc3339);
    if (time == null) {
      return "n/a";
    }
    return time.isBefore(now)
        ? Units.age(Duration.between(time, now)) + " ago"
        : Units.age(Duration.between(now, time));
  }

  public static @Nullable Instant parse(@Nullable String rfc3339) {
    try {
      return rfc3339 == null ? null : Instant.parse(rfc3339);
    } catch (DateTimeException e) {
      return null;
    }
  }

  /** {@code a, b}, {@code *} or {@code <none>} for an empty or absent list. */
  public static String list(@Nullable List<String> values, String empty) {
    return values == null || values.isEmpty() ? empty : String.join(", ", values);
  }

  /** A tri-state: {@code auto} when absent. */
  public static String choice(@Nullable Boolean value, String yes, String no) {
    return value == null ? "auto" : value ? yes : no;
  }

  public static String selector(@Nullable LabelSelector selector) {
    return selector == null || selector.isEmpty() ? "<none>" : selector.text();
  }

  public static String selectors(@Nullable List<LabelSelector> selectors) {
    return selectors == null || selectors.isEmpty()
        ? "<none>"
        : String.join(" or ", selectors.stream().map(LabelSelector::text).toList());
  }

  public static int count(@Nullable Integer number) {
    return number == null ? 0 : number;
  }

  /** The lines of a describe's Errors or Warnings. */
  public static List<String> results(Results.Section section) {
    List<String> lines = new ArrayList<>();
    if (section.count() == 0) {
      return lines;
    }
    lines.add("Velero:     " + list(section.velero(), "<none>"));
    lines.add("Cluster:    " + list(section.cluster(), "<none>"));
    if (section.namespaces() == null || section.namespaces().isEmpty()) {
      lines.add("Namespaces: <none>");
      return lines;
    }
    lines.add("Namespaces:");
    section
        .namespaces()
        .forEach((namespace, messages) -> {
          String heading = namespace + ":";
          for (String message : messages) {
            lines.add("  " + heading + "  " + message);
            heading = " ".repeat(heading.length());
          }
        });
    return lines;
  }
}
