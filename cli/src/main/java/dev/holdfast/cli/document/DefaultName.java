package dev.holdfast.cli.document;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** Names for what the user did not name: {@code shop-20260131235959}, UTC. */
final class DefaultName {

  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMddHHmmss").withZone(ZoneOffset.UTC);

  private DefaultName() {}

  static String of(String prefix, Instant now) {
    return prefix + "-" + STAMP.format(now);
  }
}
