package dev.holdfast.repository.chunk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Seeded;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ChunkerTest {

  private static final Polynomial EXAMPLE = Polynomial.parse("3da3358b4dc173");

  /** The definition, bit by bit: shift in the byte, reduce, drop the byte that left the window. */
  private static List<Integer> byDefinition(byte[] data, long polynomial) {
    List<Integer> lengths = new ArrayList<>();
    int start = 0;
    while (start < data.length) {
      int end = Math.min(data.length, start + Chunker.MAX);
      int length = end - start;
      for (int i = start + Chunker.MIN - 1; i < end; i++) {
        long digest = 0;
        for (int j = i - 63; j <= i; j++) {
          digest =
              Polynomial.mod(
                  Polynomial.mod(digest << 8, polynomial) ^ (data[j] & 0xff), polynomial);
        }
        if ((digest & ((1 << 20) - 1)) == 0) {
          length = i + 1 - start;
          break;
        }
      }
      lengths.add(length);
      start += length;
    }
    return lengths;
  }

  @Test
  void cutsWhereTheDefinitionCuts() {
    byte[] data = new byte[5 << 20];
    new SplittableRandom(7).nextBytes(data);
    assertThat(new Chunker(EXAMPLE).lengths(data))
        .containsExactly(byDefinition(data, EXAMPLE.bits()).stream().mapToInt(i -> i).toArray());
  }

  /** Near one another, so that bytes of both are looked at side by side. */
  @Test
  void theFirstOfSeveralCutsIsTaken() {
    Seeded.check(
        20,
        random -> {
          byte[] data = new byte[Chunker.MIN + (100 << 10)];
          Arrays.fill(data, (byte) 1);
          for (int i = 0; i < 3; i++) {
            int at = Chunker.MIN - 64 + random.nextInt(100 << 10);
            Arrays.fill(data, at, at + 64, (byte) 0); // 64 zeros are a cut
          }
          List<Integer> expected = byDefinition(data, EXAMPLE.bits());
          assertThat(expected).hasSize(2);
          assertThat(new Chunker(EXAMPLE).lengths(data))
              .containsExactly(expected.stream().mapToInt(i -> i).toArray());
        });
  }

  @Test
  void zerosAreCutAtTheMinimum() {
    assertThat(new Chunker(EXAMPLE).lengths(new byte[Chunker.MIN * 2 + 5]))
        .containsExactly(Chunker.MIN, Chunker.MIN, 5);
  }

  @Test
  void nothingIsLongerThanTheMaximum() {
    byte[] data = new byte[Chunker.MAX + Chunker.MIN];
    Arrays.fill(data, (byte) 1); // a constant digest that is no cut
    assertThat(new Chunker(EXAMPLE).lengths(data)).containsExactly(Chunker.MAX, Chunker.MIN);
  }

  @Test
  void shortFilesAreOneChunk() {
    Chunker chunker = new Chunker(EXAMPLE);
    assertThat(chunker.lengths(new byte[0])).isEmpty();
    assertThat(chunker.lengths(new byte[1])).containsExactly(1);
    assertThat(chunker.lengths(new byte[Chunker.MIN])).containsExactly(Chunker.MIN);
    assertThat(chunker.lengths(new byte[Chunker.MIN + 1])).containsExactly(Chunker.MIN, 1);
  }

  @Test
  void lengthsDoNotDependOnWhereTheDataLiesInTheBuffer() {
    byte[] data = new byte[12 << 20];
    new SplittableRandom(3).nextBytes(data);
    Chunker chunker = new Chunker(EXAMPLE);
    int[] whole = chunker.lengths(data);
    Seeded.check(
        5,
        random -> {
          int shift = random.nextInt(1000);
          byte[] moved = new byte[data.length + shift];
          random.nextBytes(moved);
          System.arraycopy(data, 0, moved, shift, data.length);
          int at = shift;
          for (int length : whole) {
            assertThat(chunker.next(moved, at, moved.length)).isEqualTo(length);
            at += length;
          }
        });
  }

  @Test
  void randomPolynomialsAreIrreducible() {
    Seeded.check(
        20,
        random -> {
          Polynomial polynomial = Polynomial.random(random);
          assertThat(Polynomial.parse(polynomial.toString())).isEqualTo(polynomial);
          assertThat(polynomial.toString()).hasSize(14);
        });
  }

  @Test
  void reduciblePolynomialsAreRefused() {
    assertThat(Polynomial.parse("25b468838dcb75").irreducible()).isTrue();
    for (String bad : new String[] {"25b468838dcb76", "3", "", "xyz", "7fffffffffffffff"}) {
      assertThatThrownBy(() -> Polynomial.parse(bad)).isInstanceOf(Failure.Corrupt.class);
    }
  }
}
