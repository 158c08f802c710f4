package dev.holdfast.repository.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Operation;
import dev.holdfast.model.Seeded;
import dev.holdfast.repository.BlobSink;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.chunk.Chunker;
import dev.holdfast.repository.chunk.Polynomial;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ForkJoinPool;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class FileChunksTest {

  private static final Chunker CHUNKER = new Chunker(Polynomial.parse("3da3358b4dc173"));

  /** Checks that what arrives is what its id says, while it may still be read. */
  private static class Blobs implements BlobSink {
    final ConcurrentLinkedQueue<Id> wrong = new ConcurrentLinkedQueue<>();

    @Override
    public BitSet missing(Operation op, BlobType type, List<Id> ids) {
      BitSet all = new BitSet();
      all.set(0, ids.size());
      return all;
    }

    @Override
    public void put(Operation op, BlobType type, Id id, byte[] bytes, int offset, int length) {
      if (!Id.hash(bytes, offset, length).equals(id)) {
        wrong.add(id);
      }
    }

    @Override
    public void flush(Operation op) {}
  }

  private static List<Id> expected(byte[] file) {
    List<Id> ids = new ArrayList<>();
    int at = 0;
    for (int length : CHUNKER.lengths(file)) {
      ids.add(Id.hash(file, at, length));
      at += length;
    }
    return ids;
  }

  private static FileChunks.Result chunk(FileChunks chunks, FileChunks.Source source)
      throws Exception {
    try (ForkJoinPool pool = new ForkJoinPool(3)) {
      return pool.submit(() -> chunks.read(Operation.start(), source)).get();
    }
  }

  /** Random, all zeros (cut as early as can be), or all ones (as late as can be), or mixed. */
  private static byte[] content(RandomGenerator random, int size) {
    byte[] file = new byte[size];
    switch (random.nextInt(4)) {
      case 0 -> random.nextBytes(file);
      case 1 -> Arrays.fill(file, (byte) 1);
      case 2 -> {
        byte[] part = new byte[size / 2];
        random.nextBytes(part);
        System.arraycopy(part, 0, file, random.nextInt(size - part.length + 1), part.length);
      }
      default -> {}
    }
    return file;
  }

  @Test
  void cutsAreThoseOfTheWholeFileWhereverBuffersEnd() {
    int[] edges = {0, 1, Chunker.MIN, Chunker.MAX, 2 * Chunker.MAX, 3 * Chunker.MAX};
    Blobs blobs = new Blobs();
    FileChunks chunks = new FileChunks(CHUNKER, blobs, BackupProgress.SILENT);
    Seeded.check(
        40,
        random -> {
          int edge = edges[random.nextInt(edges.length)];
          int size = Math.max(0, edge + random.nextInt(-2, 3) * random.nextInt(1, 70_000));
          byte[] file = content(random, size);
          var stream = new ByteArrayInputStream(file);
          FileChunks.Result result =
              chunk(
                  chunks,
                  (to, at, most) ->
                      stream.read(to, at, 1 + random.nextInt(Math.min(most, 1 << 19))));
          assertThat(result.size()).isEqualTo(size);
          assertThat(result.content()).isEqualTo(expected(file));
          assertThat(blobs.wrong).isEmpty();
        });
  }

  @Test
  void aSourceThatBreaksLeavesItsBuffersUsable() throws Exception {
    FileChunks chunks = new FileChunks(CHUNKER, new Blobs(), BackupProgress.SILENT);
    int[] reads = {0};
    assertThatThrownBy(() ->
            chunk(
                chunks,
                (to, at, most) -> {
                  if (reads[0]++ > 3) {
                    throw new IOException("the disk is broken");
                  }
                  return most;
                }))
        .hasRootCauseMessage("the disk is broken");
    byte[] file = new byte[3 * Chunker.MAX];
    var stream = new ByteArrayInputStream(file);
    assertThat(chunk(chunks, stream::read).content()).isEqualTo(expected(file));
  }

  /** More often than there are buffers: one that is not given back is waited for in vain. */
  @Test
  @Timeout(300)
  void memoryThatEndsLeavesItsBuffersUsable() throws Exception {
    byte[] file = new byte[3 * Chunker.MAX];
    int[] left = {0};
    Blobs blobs =
        new Blobs() {
          @Override
          public synchronized void put(
              Operation op, BlobType type, Id id, byte[] bytes, int offset, int length) {
            if (left[0]-- == 0) {
              throw new OutOfMemoryError("injected");
            }
          }
        };
    FileChunks chunks = new FileChunks(CHUNKER, blobs, BackupProgress.SILENT);
    for (int before = 0; before < 20; before++) {
      left[0] = before;
      var stream = new ByteArrayInputStream(file);
      assertThatThrownBy(() -> chunk(chunks, stream::read))
          .hasRootCauseInstanceOf(OutOfMemoryError.class);
    }
    left[0] = -1;
    var stream = new ByteArrayInputStream(file);
    assertThat(chunk(chunks, stream::read).content()).isEqualTo(expected(file));
  }
}
