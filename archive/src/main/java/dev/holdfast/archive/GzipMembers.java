package dev.holdfast.archive;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * Compresses blocks into one gzip member each, several at a time, and writes them in order. At most
 * twice as many blocks as threads are held. The caller's thread does the writing.
 */
final class GzipMembers implements AutoCloseable {

  private static final int HEADER = 10;
  private static final int TRAILER = 8;

  private final OutputStream out;
  private final int level;
  private final int most;
  private final ExecutorService threads;
  private final ArrayDeque<Future<byte[]>> running = new ArrayDeque<>();
  private final Queue<Deflater> deflaters = new ConcurrentLinkedQueue<>();
  private long[] starts = new long[16];
  private int written;
  private long bytes;

  GzipMembers(OutputStream out, int threads, int level) {
    this.out = out;
    this.level = level;
    this.most = 2 * threads;
    this.threads =
        Executors.newFixedThreadPool(
            threads, Thread.ofPlatform().daemon().name("gzip-", 0).factory());
  }

  /** Takes a block; waits while too many are being compressed. */
  void add(byte[] block) {
    if (running.size() >= most) {
      writeFirst();
    }
    running.add(threads.submit(() -> compress(block)));
    while (!running.isEmpty() && running.element().isDone()) {
      writeFirst();
    }
  }

  /** Writes everything that is still being compressed, and flushes. */
  void finish() {
    while (!running.isEmpty()) {
      writeFirst();
    }
    try {
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where each member starts; complete after {@link #finish()}. */
  long[] starts() {
    return Arrays.copyOf(starts, written);
  }

  long bytes() {
    return bytes;
  }

  private void writeFirst() {
    byte[] member;
    try {
      member = running.remove().get();
    } catch (ExecutionException e) {
      Operation.rethrow(e.getCause());
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Cancelled("Interrupted");
    }
    try {
      out.write(member);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (written == starts.length) {
      starts = Arrays.copyOf(starts, written * 2);
    }
    starts[written++] = bytes;
    bytes += member.length;
  }

  private byte[] compress(byte[] block) {
    Deflater deflater = deflaters.poll();
    if (deflater == null) {
      deflater = new Deflater(level, true);
    }
    try {
      deflater.setInput(block);
      deflater.finish();
      byte[] member = new byte[Math.max(1024, block.length / 4)];
      header(member);
      int end = HEADER;
      while (!deflater.finished()) {
        if (end == member.length) {
          member = Arrays.copyOf(member, member.length * 2);
        }
        end += deflater.deflate(member, end, member.length - end);
      }
      member = Arrays.copyOf(member, end + TRAILER);
      CRC32 crc = new CRC32();
      crc.update(block);
      littleEndian(member, end, crc.getValue());
      littleEndian(member, end + 4, block.length);
      return member;
    } finally {
      deflater.reset();
      deflaters.add(deflater);
    }
  }

  /** No name, no time (equal input gives equal bytes), operating system unknown as Go writes it. */
  private static void header(byte[] member) {
    member[0] = 0x1f;
    member[1] = (byte) 0x8b;
    member[2] = 8;
    member[9] = (byte) 0xff;
  }

  private static void littleEndian(byte[] to, int at, long value) {
    for (int i = 0; i < 4; i++) {
      to[at + i] = (byte) (value >>> (8 * i));
    }
  }

  /** Ends the threads and frees the native memory; what was not written is dropped. */
  @Override
  public void close() {
    running.forEach(future -> future.cancel(true));
    running.clear();
    threads.close();
    deflaters.forEach(Deflater::end);
    deflaters.clear();
  }
}
