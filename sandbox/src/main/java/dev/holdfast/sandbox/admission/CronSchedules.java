package dev.holdfast.sandbox.admission;

import java.util.Locale;
import java.util.Set;

/** Whether a cron schedule can be read. */
final class CronSchedules {

  private static final Set<String> DESCRIPTORS =
      Set.of("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly");

  private static final int[][] BOUNDS = {{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}};

  private static final String NAMES = "janfebmaraprmayjunjulaugsepoctnovdecsunmontuewedthufrisat";

  private CronSchedules() {}

  /** What is wrong, in the words of the API's parser; empty if nothing is. */
  static String wrong(String schedule) {
    String text = schedule.strip();
    if (text.startsWith("@")) {
      boolean known =
          DESCRIPTORS.contains(text.toLowerCase(Locale.ROOT)) || text.startsWith("@every ");
      return known ? "" : "unrecognized descriptor: " + text;
    }
    String[] fields = text.split("\\s+");
    if (fields.length != 5) {
      return "expected exactly 5 fields, found "
          + fields.length
          + ": ["
          + String.join(" ", fields)
          + "]";
    }
    for (int i = 0; i < fields.length; i++) {
      for (String part : fields[i].split(",", -1)) {
        String wrong = range(part, BOUNDS[i][0], BOUNDS[i][1]);
        if (!wrong.isEmpty()) {
          return wrong;
        }
      }
    }
    return "";
  }

  private static String range(String part, int low, int high) {
    String[] steps = part.split("/", -1);
    if (steps.length > 2) {
      return "too many slashes: " + part;
    }
    if (steps[0].equals("*") || steps[0].equals("?")) {
      return "";
    }
    String[] ends = steps[0].split("-", -1);
    if (ends.length > 2) {
      return "too many hyphens: " + part;
    }
    for (String end : ends) {
      if (end.length() == 3 && NAMES.contains(end.toLowerCase(Locale.ROOT))) {
        continue;
      }
      int value;
      try {
        value = Integer.parseInt(end);
      } catch (NumberFormatException e) {
        return "failed to parse int from "
            + end
            + ": strconv.Atoi: parsing \""
            + end
            + "\": invalid syntax";
      }
      if (value > high) {
        return "end of range (" + value + ") above maximum (" + high + "): " + part;
      }
      if (value < low) {
        return "beginning of range (" + value + ") below minimum (" + low + "): " + part;
      }
    }
    return "";
  }
}
