package dev.holdfast.engine.restore;

import java.util.Locale;

/** What became of one item. */
public enum Outcome {
  CREATED,
  /** It existed, differed, and was patched or created anew, as the policy says. */
  UPDATED,
  /** It existed and says the same. */
  IDENTICAL,
  /** It was left alone, for the reason that stands with it. */
  SKIPPED,
  FAILED;

  /** Lower case, as it stands in records. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The word in Velero's resource list, which has no {@code identical}. */
  String velero() {
    return this == IDENTICAL ? "skipped" : text();
  }

  static Outcome of(String text) {
    return valueOf(text.toUpperCase(Locale.ROOT));
  }
}
