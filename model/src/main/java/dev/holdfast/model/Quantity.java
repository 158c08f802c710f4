package dev.holdfast.model;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A quantity as Kubernetes writes it: {@code 500m}, {@code 1.5Gi}, {@code 2e3}. */
public final class Quantity {

  private static final Pattern FORM =
      Pattern.compile("([+-]?(?:\\d+\\.?\\d*|\\.\\d+))([KMGTPE]i|[numkMGTPE]|[eE][+-]?\\d+)?");

  private static final List<String> BINARY = List.of("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei");

  /** Decimal suffixes from 10⁻⁹ on. */
  private static final List<String> DECIMAL =
      List.of("n", "u", "m", "", "k", "M", "G", "T", "P", "E");

  private Quantity() {}

  /** The value; empty if the text is no quantity. */
  public static Optional<BigDecimal> value(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    BigDecimal number = new BigDecimal(matcher.group(1));
    String suffix = matcher.group(2) == null ? "" : matcher.group(2);
    if (BINARY.indexOf(suffix) > 0) {
      BigInteger unit = BigInteger.valueOf(1024).pow(BINARY.indexOf(suffix));
      return Optional.of(number.multiply(new BigDecimal(unit)));
    }
    if (DECIMAL.contains(suffix)) {
      return Optional.of(number.scaleByPowerOfTen(3 * (DECIMAL.indexOf(suffix) - 3)));
    }
    return Optional.of(number.scaleByPowerOfTen(Integer.parseInt(suffix.substring(1))));
  }
}
