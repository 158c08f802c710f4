package dev.holdfast.engine.backup;

import dev.holdfast.archive.Manifest;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.store.ObjectStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * An object that is stored while it is written: what is written here is read by a put that runs
 * beside. The object exists when {@link #finish()} has returned; closed without it, there is none.
 */
final class Upload extends OutputStream {

  private static final int CHUNK = 256 << 10;
  private static final int AHEAD = 4;
  private static final byte[] END = {};
  private static final byte[] ABORT = {};

  private final String key;
  private final BlockingQueue<byte[]> chunks = new ArrayBlockingQueue<>(AHEAD);
  private final MessageDigest sha256;
  private final CompletableFuture<ObjectStore.Meta> put;
  private final byte[] buffer = new byte[CHUNK];
  private int filled;
  private long size;
  private boolean ended;

  Upload(Operation op, ObjectStore store, String key) {
    this.key = key;
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("Every Java platform has SHA-256", e);
    }
    put = op.fork(() -> store.put(op, key, new Chunks(), ObjectStore.PutOptions.NONE));
  }

  @Override
  public void write(int b) {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    int from = offset;
    int end = offset + length;
    while (from < end) {
      int count = Math.min(end - from, CHUNK - filled);
      System.arraycopy(bytes, from, buffer, filled, count);
      filled += count;
      from += count;
      if (filled == CHUNK) {
        pass();
      }
    }
  }

  private void pass() {
    if (filled > 0) {
      byte[] chunk = Arrays.copyOf(buffer, filled);
      filled = 0;
      size += chunk.length;
      sha256.update(chunk);
      offer(chunk);
    }
  }

  /** Waits for room, but not for a put that has failed. */
  private void offer(byte[] chunk) {
    try {
      while (!chunks.offer(chunk, 100, TimeUnit.MILLISECONDS)) {
        if (put.isDone()) {
          var _ = Operation.join(put);
          throw new Failure.Unreachable("The store took only a part of " + key, null, null);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Cancelled("Interrupted");
    }
  }

  /** Ends the object and waits until it is stored. */
  Manifest.Key finish() {
    pass();
    offer(END);
    ended = true;
    var _ = Operation.join(put);
    return new Manifest.Key(size, HexFormat.of().formatHex(sha256.digest()));
  }

  /** Without {@link #finish()}: makes the put fail, and waits for that. */
  @Override
  public void close() {
    if (ended) {
      return;
    }
    ended = true;
    while (!put.isDone() && !chunks.offer(ABORT)) {
      chunks.clear();
    }
    put.handle((_, _) -> null).join();
  }

  private final class Chunks extends InputStream {
    private byte[] chunk = {0};
    private int next = 1;
    private boolean over;

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      if (next == chunk.length && !advance()) {
        return -1;
      }
      int count = Math.min(length, chunk.length - next);
      System.arraycopy(chunk, next, into, offset, count);
      next += count;
      return count;
    }

    @SuppressWarnings("ReferenceEquality") // the two marks are told apart by identity
    private boolean advance() throws IOException {
      if (over) {
        return false;
      }
      try {
        chunk = chunks.take();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
      next = 0;
      if (chunk == ABORT) {
        throw new IOException("the object was given up while it was written");
      }
      over = chunk == END;
      return !over;
    }
  }
}
