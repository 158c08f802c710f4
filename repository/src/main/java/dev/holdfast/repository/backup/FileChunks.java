package dev.holdfast.repository.backup;

import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobSink;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.chunk.Chunker;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RecursiveTask;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Cuts files and streams into chunks and hands the new ones on. The calling thread reads and looks
 * for cuts; the chunks of large files are hashed, compressed and sealed beside it by as many
 * threads as there are cores, which end when nothing has come for a second. A file is read into one
 * of {@link LargeBuffers} while the chunks of others are stored, so that a single file uses all
 * cores, in memory that does not depend on how many files are read and on how many cores; bytes are
 * copied only where a chunk goes on in the next buffer.
 */
final class FileChunks {

  /** A file below this size is one chunk, and is read into a buffer of its thread. */
  private static final int SMALL = Chunker.MIN;

  /** Room for the longest chunk. */
  private static final int CAPACITY = LargeBuffers.SIZE;

  /** Of the heap, for each thread that stores chunks. */
  private static final long SHARE = 32 << 20;

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
  private final LargeBuffers buffers;
  private final ExecutorService workers;

  FileChunks(Chunker chunker, BlobSink sink, BackupProgress progress) {
    this.chunker = chunker;
    this.sink = sink;
    this.progress = progress;
    this.buffers = LargeBuffers.fitting(Runtime.getRuntime().maxMemory());
    this.workers = workers();
  }

  /** As many as there are cores, but no more than the heap has room for. */
  private static ExecutorService workers() {
    int count =
        Math.clamp(
            Runtime.getRuntime().maxMemory() / SHARE,
            1,
            Runtime.getRuntime().availableProcessors());
    ThreadPoolExecutor workers =
        new ThreadPoolExecutor(
            count,
            count,
            1,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("chunks-", 0).factory());
    workers.allowCoreThreadTimeOut(true);
    return workers;
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
    Deque<Part> parts = new ArrayDeque<>();
    try {
      Part current = new Part(buffers.take(op));
      parts.add(current);
      System.arraycopy(start, 0, current.bytes, 0, start.length);
      int filled = start.length;
      long size = 0;
      while (true) {
        op.check();
        filled = fill(source, current.bytes, filled);
        boolean end = filled < CAPACITY;
        int used = current.cut(op, filled, end);
        size += used;
        if (end) {
          for (Part part : parts) {
            part.collect(content);
          }
          return new Result(content, size);
        }
        filled -= used;
        Part next = next(parts, content);
        System.arraycopy(current.bytes, used, next.bytes, 0, filled);
        current = next;
      }
    } finally {
      for (Part part : parts) {
        part.emptied();
        buffers.give(part.bytes);
      }
    }
  }

  /**
   * Adds a part with a free buffer, or else with that of the oldest part once that is stored. Where
   * other files wait for a buffer, this one goes on with its last.
   *
   * @param parts of the file, the oldest first, the last of them still needed
   */
  private Part next(Deque<Part> parts, List<Id> content) {
    while (parts.size() > 1 && (buffers.wanted() || parts.element().stored())) {
      parts.element().collect(content);
      buffers.give(parts.remove().bytes);
    }
    byte[] bytes = buffers.poll();
    Part next;
    if (bytes == null) {
      parts.element().collect(content);
      next = parts.remove();
    } else {
      next = new Part(bytes);
    }
    parts.add(next);
    return next;
  }

  /** A part of a file in a buffer, and the chunks in it that are being stored. */
  private final class Part {
    final byte[] bytes;
    final List<Future<Id>> chunks = new ArrayList<>();

    Part(byte[] bytes) {
      this.bytes = bytes;
    }

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
        chunks.add(workers.submit(() -> store(op, bytes, from, length)));
        at += length;
      }
      return at;
    }

    boolean stored() {
      return chunks.stream().allMatch(Future::isDone);
    }

    /** Waits for the chunks, in order. */
    void collect(List<Id> content) {
      for (Future<Id> chunk : chunks) {
        content.add(await(chunk));
      }
      chunks.clear();
    }

    /** Nobody reads it any more, also after a failure. */
    void emptied() {
      for (Future<Id> chunk : chunks) {
        try {
          var _ = await(chunk);
        } catch (RuntimeException | Error e) {
          // told by the first one that failed
        }
      }
      chunks.clear();
    }
  }

  private static Id await(Future<Id> chunk) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return chunk.get();
        } catch (InterruptedException e) {
          interrupted = true; // the buffer is in use until then; the operation says when to stop
        }
      }
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException failure -> throw failure;
        case Error error -> throw error;
        case null, default -> throw new IllegalStateException(e);
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
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
