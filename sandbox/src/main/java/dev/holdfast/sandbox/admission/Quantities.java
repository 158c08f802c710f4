package dev.holdfast.sandbox.admission;

import dev.holdfast.model.Quantity;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Quantities such as {@code 500m} and {@code 1.5Gi}: their value and their canonical form. */
public final class Quantities {

  private static final Pattern FORM =
      Pattern.compile("([+-]?(?:\\d+\\.?\\d*|\\.\\d+))([KMGTPE]i|[numkMGTPE]|[eE][+-]?\\d+)?");

  private static final List<String> BINARY = List.of("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei");

  /** Decimal suffixes from 10⁻⁹ on. */
  private static final List<String> DECIMAL =
      List.of("n", "u", "m", "", "k", "M", "G", "T", "P", "E");

  private static final BigInteger KI = BigInteger.valueOf(1024);

  private Quantities() {}

  /** The value; empty if the text is no quantity. */
  public static Optional<BigDecimal> value(String text) {
    return Quantity.value(text);
  }

  /** As the API server writes it; empty if the text is no quantity. */
  public static Optional<String> canonical(String text) {
    return value(text)
        .map(value -> {
          if (text.endsWith("i") && value.abs().compareTo(BigDecimal.valueOf(1024)) >= 0) {
            return binary(value.setScale(0, RoundingMode.CEILING).toBigInteger());
          }
          String suffix = exponent(text);
          return suffix.isEmpty() ? decimal(value) : scientific(value);
        });
  }

  private static String exponent(String text) {
    Matcher matcher = FORM.matcher(text);
    return matcher.matches() && matcher.group(2) != null && matcher.group(2).matches("[eE].*\\d")
        ? matcher.group(2)
        : "";
  }

  private static String binary(BigInteger value) {
    int power = 0;
    BigInteger rest = value;
    while (power < BINARY.size() - 1 && rest.mod(KI).signum() == 0) {
      rest = rest.divide(KI);
      power++;
    }
    return rest + BINARY.get(power);
  }

  /** The sum or difference of two quantities, in the format of the first. */
  public static String plus(String a, String b, int sign) {
    BigDecimal sum =
        value(a)
            .orElse(BigDecimal.ZERO)
            .add(value(b).orElse(BigDecimal.ZERO).multiply(BigDecimal.valueOf(sign)));
    boolean binary = a.endsWith("i") || a.equals("0") && b.endsWith("i");
    return binary && sum.abs().compareTo(BigDecimal.valueOf(1024)) >= 0
        ? binary(sum.setScale(0, RoundingMode.CEILING).toBigInteger())
        : decimal(sum);
  }

  private static BigDecimal nano(BigDecimal value) {
    return value.scale() > 9 ? value.setScale(9, RoundingMode.CEILING) : value;
  }

  private static String decimal(BigDecimal exact) {
    BigDecimal value = nano(exact);
    if (value.signum() == 0) {
      return "0";
    }
    for (int i = DECIMAL.size() - 1; i > 0; i--) {
      BigDecimal scaled = value.scaleByPowerOfTen(-3 * (i - 3));
      if (scaled.stripTrailingZeros().scale() <= 0) {
        return scaled.toBigInteger() + DECIMAL.get(i);
      }
    }
    return value.scaleByPowerOfTen(9).toBigInteger() + "n";
  }

  private static String scientific(BigDecimal exact) {
    BigDecimal value = nano(exact);
    if (value.signum() == 0) {
      return "0";
    }
    for (int power = 18; power >= -9; power -= 3) {
      BigDecimal scaled = value.scaleByPowerOfTen(-power);
      if (scaled.stripTrailingZeros().scale() <= 0) {
        return scaled.toBigInteger() + (power == 0 ? "" : "e" + power);
      }
    }
    return value.toPlainString();
  }
}
