package dev.holdfast.repository.chunk;

import dev.holdfast.model.Failure;
import java.util.random.RandomGenerator;

/**
 * A polynomial over GF(2), its coefficients the bits of a long: the chunker's is irreducible and of
 * degree 53.
 */
public record Polynomial(long bits) {

  /** The degree that restic's repositories use. */
  public static final int DEGREE = 53;

  /** A random irreducible polynomial of degree 53. */
  public static Polynomial random(RandomGenerator random) {
    while (true) {
      long bits = (random.nextLong() & ((1L << 54) - 1)) | (1L << DEGREE) | 1;
      Polynomial candidate = new Polynomial(bits);
      if (candidate.irreducible()) {
        return candidate;
      }
    }
  }

  /**
   * Reads the config's hexadecimal form.
   *
   * @throws Failure.Corrupt unless it is irreducible and of degree 53
   */
  public static Polynomial parse(String hex) {
    Polynomial polynomial;
    try {
      polynomial = new Polynomial(Long.parseUnsignedLong(hex, 16));
    } catch (NumberFormatException e) {
      throw new Failure.Corrupt("The chunker polynomial is not a hexadecimal number");
    }
    if (degree(polynomial.bits) != DEGREE || !polynomial.irreducible()) {
      throw new Failure.Corrupt("The chunker polynomial is not irreducible of degree 53");
    }
    return polynomial;
  }

  /** Ben-Or's test. */
  public boolean irreducible() {
    int degree = degree(bits);
    long power = 2; // x
    for (int i = 1; i <= degree / 2; i++) {
      power = multiplyMod(power, power, bits);
      if (gcd(bits, power ^ 2) != 1) {
        return false;
      }
    }
    return degree > 0;
  }

  /** -1 for the zero polynomial. */
  static int degree(long bits) {
    return 63 - Long.numberOfLeadingZeros(bits);
  }

  static long mod(long value, long modulus) {
    int degree = degree(modulus);
    long rest = value;
    for (int d = degree(rest); d >= degree; d = degree(rest)) {
      rest ^= modulus << (d - degree);
    }
    return rest;
  }

  private static long multiplyMod(long a, long b, long modulus) {
    int degree = degree(modulus);
    long result = 0;
    long shifted = mod(a, modulus);
    for (long rest = b; rest != 0; rest >>>= 1) {
      if ((rest & 1) != 0) {
        result ^= shifted;
      }
      shifted <<= 1;
      if ((shifted >>> degree & 1) != 0) {
        shifted ^= modulus;
      }
    }
    return result;
  }

  private static long gcd(long a, long b) {
    long x = a;
    long y = b;
    while (y != 0) {
      long rest = mod(x, y);
      x = y;
      y = rest;
    }
    return x;
  }

  /** As the config writes it: hexadecimal without leading zeros. */
  @Override
  public String toString() {
    return Long.toHexString(bits);
  }
}
