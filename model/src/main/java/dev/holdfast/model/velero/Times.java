package dev.holdfast.model.velero;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Times as meta/v1 Time writes them: RFC 3339, UTC, whole seconds. */
public final class Times {

  private Times() {}

  public static String text(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
