package dev.holdfast.engine.volume;

import java.util.List;

/** What a program said on its standard error, in a message of one line. */
final class Complaints {

  /** So many are given as they are. */
  private static final int NAMED = 10;

  private Complaints() {}

  /** The first of its lines, and how many more there are. */
  static String of(String errors) {
    return of(errors.lines().map(String::strip).filter(line -> !line.isEmpty()).toList());
  }

  static String of(List<String> all) {
    String head = String.join("; ", all.subList(0, Math.min(NAMED, all.size())));
    return all.size() <= NAMED ? head : head + " and " + (all.size() - NAMED) + " more";
  }
}
