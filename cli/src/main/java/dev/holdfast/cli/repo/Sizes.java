package dev.holdfast.cli.repo;

import dev.holdfast.model.Failure;
import java.util.Locale;
import java.util.regex.Pattern;

/** Numbers as restic prints them. */
public final class Sizes {

  private static final String[] UNITS = {"KiB", "MiB", "GiB", "TiB", "PiB"};

  private static final Pattern SIZE =
      Pattern.compile("([0-9]+)\\s*(?:([kKmMgGtTpP])(?:i?[bB])?|[bB])?");

  private Sizes() {}

  /** {@code 13 B}, {@code 1.983 KiB}. */
  static String text(long bytes) {
    if (bytes < 1024) {
      return bytes + " B";
    }
    double value = bytes;
    int unit = -1;
    while (value >= 1024 && unit < UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    return String.format(Locale.ROOT, "%.3f %s", value, UNITS[unit]);
  }

  /**
   * Reads {@code 512}, {@code 10k}, {@code 16MiB}.
   *
   * @param flag named in the failure
   */
  public static long parse(String flag, String text) {
    var found = SIZE.matcher(text.strip());
    if (!found.matches()) {
      throw new Failure.Invalid(flag + " " + text + " is not a size", "for example 512k or 10m");
    }
    String unit = found.group(2) == null ? "" : found.group(2).toLowerCase(Locale.ROOT);
    int power = unit.isEmpty() ? 0 : "kmgtp".indexOf(unit) + 1;
    try {
      return Math.multiplyExact(Long.parseLong(found.group(1)), 1L << (10 * power));
    } catch (ArithmeticException | NumberFormatException e) {
      throw new Failure.Invalid(flag + " " + text + " is too large", null, e);
    }
  }

  /** {@code 0:07}, {@code 1:02:03}. */
  static String time(java.time.Duration time) {
    long seconds = time.toSeconds();
    return seconds < 3600
        ? String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60)
        : String.format(
            Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
  }
}
