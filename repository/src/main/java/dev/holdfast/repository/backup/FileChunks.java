package dev.holdfast.repository.backup;

import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobSink;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.chunk.Chunker;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.RecursiveTask;
import org.jspecify.annotations.Nullable;

/**
 * Cuts one file or stream into chunks and hands the new ones on. The calling thread reads and looks
 * for cuts; hashing, compressing and sealing run beside it in the same pool. A large file has two
 * buffers: one is filled and cut while the chunks of the other one are stored, so that it uses all
 * cores in bounded memory, and bytes are copied only where a chunk goes on in the next buffer.
 */
final class FileChunks {

  /** A file below this size is one chunk, and is read into a buffer of its thread. */
  private static final int SMALL = Chunker.MIN;

  /** Room for the longest chunk. */
  private static final int CAPACITY = Chunker.MAX;

  private static final ThreadLocal<byte[]> SMALL_BUFFER =
      ThreadLocal.withInitial(() -> new byte[SMALL]);

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
  private final Queue<Buffer> free = new ConcurrentLinkedQueue<>();

  FileChunks(Chunker chunker, BlobSink sink, BackupProgress progress) {
    this.chunker = chunker;
    this.sink = sink;
    this.progress = progress;
  }

  /** Reads the source to its end. */
  Result read(Operation op, Source source) throws IOException {
    op.check();
    byte[] small = SMALL_BUFFER.get();
    int filled = fill(source, small, 0);
    if (filled == small.length) {
      return readLarge(op, source, small);
    }
    return new Result(filled == 0 ? List.of() : List.of(store(op, small, 0, filled)), filled);
  }

  /**
   * The content of a small file, which is stored beside whatever its reader does next. The bytes
   * are kept until then.
   */
  final class Small extends RecursiveTask<Result> {
    private static final long serialVersionUID = 1L;
    private final transient Operation op;
    private final int size;
    private transient byte @Nullable [] bytes;

    Small(Operation op, byte[] bytes) {
      this.op = op;
      this.size = bytes.length;
      this.bytes = bytes;
    }

    int size() {
      return size;
    }

    @Override
    protected Result compute() {
      byte[] content = Objects.requireNonNull(bytes);
      bytes = null;
      return new Result(List.of(store(op, content, 0, size)), size);
    }
  }

  /** Whether a file of this size can be read at once. */
  static boolean small(long size) {
    return size > 0 && size < SMALL;
  }

  /**
   * Reads a small file, and starts to store it.
   *
   * @param size of what the source has
   * @return null if it has less
   */
  @Nullable Small begin(Operation op, Source source, int size) throws IOException {
    op.check();
    byte[] bytes = new byte[size];
    if (fill(source, bytes, 0) < size) {
      return null;
    }
    Small task = new Small(op, bytes);
    task.fork();
    return task;
  }

  /** Fills the buffer from {@code filled} on; it stays short only at the end of the source. */
  private int fill(Source source, byte[] buffer, int filled) throws IOException {
    int end = filled;
    while (end < buffer.length) {
      int got = source.read(buffer, end, buffer.length - end);
      if (got <= 0) {
        break;
      }
      end += got;
      progress.read(got);
    }
    return end;
  }

  private Result readLarge(Operation op, Source source, byte[] start) throws IOException {
    List<Id> content = new ArrayList<>();
    Buffer current = take();
    Buffer previous = take();
    try {
      System.arraycopy(start, 0, current.bytes, 0, start.length);
      int filled = start.length;
      long size = 0;
      while (true) {
        op.check();
        filled = fill(source, current.bytes, filled);
        boolean end = filled < CAPACITY;
        int used = current.cut(op, filled, end);
        size += used;
        previous.collect(content);
        if (end) {
          current.collect(content);
          return new Result(content, size);
        }
        filled -= used;
        System.arraycopy(current.bytes, used, previous.bytes, 0, filled);
        Buffer swap = previous;
        previous = current;
        current = swap;
      }
    } finally {
      free.add(previous.emptied());
      free.add(current.emptied());
    }
  }

  private Buffer take() {
    Buffer buffer = free.poll();
    return buffer == null ? new Buffer() : buffer;
  }

  /** A part of a file, and the chunks in it that are being stored. */
  private final class Buffer {
    final byte[] bytes = new byte[CAPACITY];
    final List<ForkJoinTask<Id>> chunks = new ArrayList<>();

    /**
     * Starts to store the chunks that end in {@code [0, filled)}.
     *
     * @param end whether the file ends there
     * @return where the first chunk begins that does not
     */
    int cut(Operation op, int filled, boolean end) {
      int at = 0;
      while (at < filled) {
        int from = at;
        int length = chunker.next(bytes, from, filled);
        if (from + length == filled && !end && length < Chunker.MAX) {
          break; // goes on, or ends just here: seen with what follows
        }
        chunks.add(ForkJoinTask.adapt(() -> store(op, bytes, from, length)).fork());
        at += length;
      }
      return at;
    }

    /** Waits for the chunks, in order. */
    void collect(List<Id> content) {
      for (ForkJoinTask<Id> chunk : chunks) {
        content.add(chunk.join());
      }
      chunks.clear();
    }

    /** Nobody reads it any more, also after a failure. */
    Buffer emptied() {
      chunks.forEach(ForkJoinTask::quietlyJoin);
      chunks.clear();
      return this;
    }
  }

  private Id store(Operation op, byte[] bytes, int from, int length) {
    Id id = Id.hash(bytes, from, length);
    if (sink.wants(op, BlobType.DATA, id, length)) {
      sink.put(op, BlobType.DATA, id, bytes, from, length);
      progress.added(BlobType.DATA, length);
    }
    return id;
  }
}
