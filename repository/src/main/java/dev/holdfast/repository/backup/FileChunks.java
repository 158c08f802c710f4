package dev.holdfast.repository.backup;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobSink;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.chunk.Chunker;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ForkJoinTask;

/**
 * Cuts one file or stream into chunks and hands the new ones on. The calling thread reads and looks
 * for cuts; hashing, compressing and sealing run beside it in the same pool, at most {@link #AHEAD}
 * chunks ahead, so that one large file uses all cores in bounded memory.
 */
final class FileChunks {

  /** Chunks of one file that may be under way besides the one being read. */
  private static final int AHEAD = 4;

  private static final int SMALL = 64 << 10;

  /** Fills an array from a position on; returns fewer bytes only at the end. */
  @FunctionalInterface
  interface Source {
    int read(byte[] target, int offset, int length) throws IOException;
  }

  /**
   * @param content the ids of all chunks
   * @param size bytes read
   */
  record Result(List<Id> content, long size) {}

  private final Chunker chunker;
  private final BlobSink sink;
  private final BackupProgress progress;

  FileChunks(Chunker chunker, BlobSink sink, BackupProgress progress) {
    this.chunker = chunker;
    this.sink = sink;
    this.progress = progress;
  }

  /**
   * Reads the source to its end.
   *
   * @param expected bytes that it probably has, for the size of the buffer
   */
  Result read(Operation op, Source source, long expected) throws IOException {
    int capacity = Math.clamp(expected + 1, SMALL, Chunker.MAX);
    byte[] buffer = new byte[capacity];
    List<Id> content = new ArrayList<>();
    ArrayDeque<ForkJoinTask<Id>> ahead = new ArrayDeque<>();
    int filled = 0;
    long size = 0;
    boolean end = false;
    while (true) {
      op.check();
      while (!end && filled < buffer.length) {
        int got = source.read(buffer, filled, buffer.length - filled);
        end = got <= 0;
        filled += Math.max(0, got);
        progress.read(Math.max(0, got));
      }
      if (filled == 0) {
        break;
      }
      if (!end && buffer.length < Chunker.MAX) {
        buffer = java.util.Arrays.copyOf(buffer, Chunker.MAX); // it grew since it was looked at
        continue;
      }
      int length = chunker.next(buffer, 0, filled);
      size += length;
      if (end && length == filled && ahead.isEmpty()) {
        content.add(store(op, buffer, length)); // the last chunk, and nothing to overlap it with
        break;
      }
      byte[] chunk = buffer;
      byte[] next = new byte[end ? filled - length : Chunker.MAX];
      System.arraycopy(buffer, length, next, 0, filled - length);
      filled -= length;
      buffer = next;
      if (ahead.size() == AHEAD) {
        content.add(ahead.remove().join());
      }
      ahead.add(ForkJoinTask.adapt(() -> store(op, chunk, length)).fork());
    }
    while (!ahead.isEmpty()) {
      content.add(ahead.remove().join());
    }
    return new Result(content, size);
  }

  private Id store(Operation op, byte[] bytes, int length) {
    if (length == 0) {
      throw new Failure.Corrupt("An empty chunk");
    }
    Id id = Id.hash(bytes, 0, length);
    if (!sink.missing(op, BlobType.DATA, List.of(id)).isEmpty()) {
      sink.put(op, BlobType.DATA, id, bytes, 0, length);
      progress.added(BlobType.DATA, length);
    }
    return id;
  }
}
