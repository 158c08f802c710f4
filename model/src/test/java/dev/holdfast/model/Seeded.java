package dev.holdfast.model;

import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Property tests: runs a case many times with a fresh random generator each; a failing one names
 * its seed, and {@code -Dholdfast.seed=N} repeats just that one. A build asks the same questions
 * each time, so that it fails for what was changed and not by chance; {@code -Psoak} runs fifty
 * times as many, with other seeds each time.
 */
public final class Seeded {

  private Seeded() {}

  /** One case; fails by throwing. */
  @FunctionalInterface
  public interface Case {
    void run(RandomGenerator random) throws Exception;
  }

  public static void check(int times, Case body) {
    String fixed = System.getProperty("holdfast.seed", "");
    if (!fixed.isEmpty()) {
      one(Long.parseLong(fixed), body);
      return;
    }
    boolean soak = Boolean.getBoolean("holdfast.soak");
    long first = soak ? new SplittableRandom().nextLong() : 1;
    int runs = soak ? times * 50 : times;
    for (int i = 0; i < runs; i++) {
      one(first + i, body);
    }
  }

  private static void one(long seed, Case body) {
    try {
      body.run(new SplittableRandom(seed));
    } catch (Throwable e) {
      throw new AssertionError("Failed with -Dholdfast.seed=" + seed + ": " + e, e);
    }
  }

  public static <T> T pick(RandomGenerator random, List<T> values) {
    return values.get(random.nextInt(values.size()));
  }

  /** A text of up to {@code max} characters out of the alphabet. */
  public static String text(RandomGenerator random, String alphabet, int max) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(max + 1); i > 0; i--) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return text.toString();
  }
}
