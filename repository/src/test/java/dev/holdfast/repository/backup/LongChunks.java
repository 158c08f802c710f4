package dev.holdfast.repository.backup;

import dev.holdfast.repository.chunk.Chunker;
import dev.holdfast.repository.chunk.Polynomial;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** Files of random bytes, which no compression makes shorter, cut into the longest chunks. */
final class LongChunks {

  static final Polynomial POLYNOMIAL = Polynomial.parse("3da3358b4dc173");

  private LongChunks() {}

  static void files(Path directory, int count, int size) throws IOException {
    Files.createDirectories(directory);
    for (int i = 0; i < count; i++) {
      Files.write(directory.resolve("large-" + i), bytes(new SplittableRandom(i), size));
    }
  }

  /** A byte is changed wherever a chunk would end before it must. */
  private static byte[] bytes(SplittableRandom random, int size) {
    Chunker chunker = new Chunker(POLYNOMIAL);
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    for (int from = 0; from < size; from += Chunker.MAX) {
      int longest = Math.min(Chunker.MAX, size - from);
      for (int cut = chunker.next(bytes, from, size);
          cut < longest;
          cut = chunker.next(bytes, from, size)) {
        bytes[from + cut - 1]++;
      }
    }
    return bytes;
  }
}
