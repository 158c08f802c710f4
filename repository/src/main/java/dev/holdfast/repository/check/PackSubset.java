package dev.holdfast.repository.check;

import dev.holdfast.repository.Id;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.ToLongFunction;
import java.util.random.RandomGenerator;

/** Which packs are read as a whole. */
public sealed interface PackSubset {

  /** No pack: the structure alone. */
  record None() implements PackSubset {}

  /** Every pack. */
  record All() implements PackSubset {}

  /**
   * Group {@code number} of {@code groups}: checked in turn, all packs are read once.
   *
   * @param number from 1
   * @param groups at most 256
   */
  record Group(int number, int groups) implements PackSubset {}

  /**
   * Packs chosen by chance.
   *
   * @param percent above 0, at most 100
   */
  record Percent(double percent) implements PackSubset {}

  /** Packs chosen by chance, of about so many bytes. */
  record Bytes(long bytes) implements PackSubset {}

  /** The packs that are read, of all that there are. */
  default List<Id> select(List<Id> packs, ToLongFunction<Id> size, RandomGenerator random) {
    return switch (this) {
      case None() -> List.of();
      case All() -> packs;
      case Group(int number, int groups) ->
          packs.stream().filter(pack -> (pack.a() >>> 56) % groups == number - 1).toList();
      case Percent(double percent) -> some(packs, percent, random);
      case Bytes(long bytes) -> {
        long all = packs.stream().mapToLong(size).sum();
        yield bytes >= all ? packs : some(packs, 100.0 * bytes / all, random);
      }
    };
  }

  private static List<Id> some(List<Id> packs, double percent, RandomGenerator random) {
    List<Id> shuffled = new ArrayList<>(packs);
    Collections.shuffle(shuffled, Random.from(random));
    int count = Math.max(1, (int) (packs.size() * percent / 100));
    return List.copyOf(shuffled.subList(0, Math.min(count, packs.size())));
  }
}
