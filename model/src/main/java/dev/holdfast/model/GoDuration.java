package dev.holdfast.model;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A duration as Go writes and reads it: {@code 720h0m0s}, {@code 1.5h}, {@code 300ms}, {@code 0s}.
 */
public record GoDuration(Duration value) {

  private static final Pattern PART =
      Pattern.compile("([0-9]+\\.?[0-9]*|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)");
  private static final Map<String, Long> NANOS =
      Map.of(
          "ns",
          1L,
          "us",
          1_000L,
          "µs",
          1_000L,
          "μs",
          1_000L,
          "ms",
          1_000_000L,
          "s",
          1_000_000_000L,
          "m",
          60_000_000_000L,
          "h",
          3_600_000_000_000L);

  public static GoDuration of(Duration value) {
    return new GoDuration(value);
  }

  /**
   * @throws Failure.Invalid if it is not a duration
   */
  @JsonCreator
  public static GoDuration parse(String text) {
    boolean negative = text.startsWith("-");
    String rest = negative || text.startsWith("+") ? text.substring(1) : text;
    if (rest.equals("0")) {
      return new GoDuration(Duration.ZERO);
    }
    Matcher part = PART.matcher(rest);
    BigDecimal nanos = BigDecimal.ZERO;
    int end = 0;
    while (part.find() && part.start() == end) {
      nanos =
          nanos.add(
              new BigDecimal(part.group(1)).multiply(BigDecimal.valueOf(unit(part.group(2)))));
      end = part.end();
    }
    if (end == 0
        || end != rest.length()
        || nanos.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
      throw new Failure.Invalid(
          "'" + text + "' is not a duration", "write it like 720h, 90m, 1h30m or 10s");
    }
    Duration value = Duration.ofNanos(nanos.longValue());
    return new GoDuration(negative ? value.negated() : value);
  }

  private static long unit(String name) {
    Long nanos = NANOS.get(name);
    return nanos == null ? 0 : nanos;
  }

  /**
   * As Go's {@code Duration.String()} for whole seconds and above; fractions of a second as
   * decimals.
   */
  @JsonValue
  @Override
  public String toString() {
    Duration d = value.abs();
    String sign = value.isNegative() ? "-" : "";
    if (d.isZero()) {
      return "0s";
    }
    if (d.compareTo(Duration.ofSeconds(1)) < 0) {
      return sign + decimal(BigDecimal.valueOf(d.toNanos(), 6)) + "ms";
    }
    BigDecimal seconds =
        BigDecimal.valueOf(d.toSecondsPart() * 1_000_000_000L + d.toNanosPart(), 9);
    String text = decimal(seconds) + "s";
    if (d.toMinutes() > 0) {
      text = d.toMinutesPart() + "m" + text;
    }
    return sign + (d.toHours() > 0 ? d.toHours() + "h" : "") + text;
  }

  private static String decimal(BigDecimal number) {
    BigDecimal plain = number.stripTrailingZeros();
    return (plain.scale() < 0 ? plain.setScale(0) : plain).toPlainString();
  }
}
