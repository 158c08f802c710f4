package dev.holdfast.store;

import dev.holdfast.model.Operation;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/**
 * Keeps the bytes to and from a store below a rate, all calls together. After a pause, at most a
 * second's worth goes at once.
 */
public final class LimitedStore extends ForwardingStore {

  /** Small enough that a slow limit is smooth, large enough to cost nothing. */
  private static final int SLICE = 16 << 10;

  private final Bucket upload;
  private final Bucket download;

  /**
   * @param upload bytes a second; 0 for no limit
   * @param download bytes a second; 0 for no limit
   */
  public LimitedStore(ObjectStore store, long upload, long download) {
    this(store, new Rates(upload, download));
  }

  /** One of several stores that share their rates. */
  public LimitedStore(ObjectStore store, Rates rates) {
    super(store);
    this.upload = rates.upload;
    this.download = rates.download;
  }

  /** Rates that several stores share. */
  public static final class Rates {
    private final Bucket upload;
    private final Bucket download;

    /**
     * @param upload bytes a second; 0 for no limit
     * @param download bytes a second; 0 for no limit
     */
    public Rates(long upload, long download) {
      if (upload < 0 || download < 0) {
        throw new IllegalArgumentException("A rate is not negative");
      }
      this.upload = new Bucket(upload);
      this.download = new Bucket(download);
    }
  }

  @Override
  public Meta put(Operation op, String key, InputStream body, PutOptions options) {
    return super.put(op, key, new Slowed(op, body, upload), options);
  }

  @Override
  public Meta put(Operation op, String key, byte[] body, PutOptions options) {
    return put(op, key, body, body.length, options);
  }

  @Override
  public Meta put(Operation op, String key, byte[] body, int length, PutOptions options) {
    if (upload.rate == 0) {
      return super.put(op, key, body, length, options);
    }
    PutOptions sized =
        new PutOptions(length, options.sha256(), options.storageClass(), options.retainUntil());
    return put(op, key, new ByteArrayInputStream(body, 0, length), sized);
  }

  @Override
  public boolean putIfAbsent(Operation op, String key, byte[] body) {
    upload.take(op, body.length);
    return super.putIfAbsent(op, key, body);
  }

  @Override
  public InputStream get(Operation op, String key) {
    return new Slowed(op, super.get(op, key), download);
  }

  @Override
  public InputStream get(Operation op, String key, long offset, long length) {
    return new Slowed(op, super.get(op, key, offset, length), download);
  }

  /** Says for each number of bytes when they may go, by the clock of the operation. */
  private static final class Bucket {

    private final long rate;
    private long freeAt = Long.MIN_VALUE;

    Bucket(long rate) {
      this.rate = rate;
    }

    void take(Operation op, int bytes) {
      if (rate > 0 && bytes > 0) {
        long wait = reserve(op, bytes);
        if (wait > 0) {
          op.pause(Duration.ofNanos(wait));
        }
      }
    }

    private synchronized long reserve(Operation op, int bytes) {
      long now = Duration.between(java.time.Instant.EPOCH, op.now()).toNanos();
      long second = 1_000_000_000L;
      long start = Math.max(freeAt, now - second);
      freeAt = start + (long) (bytes * (double) second / rate);
      return freeAt - now;
    }
  }

  private static final class Slowed extends FilterInputStream {

    private final Operation op;
    private final Bucket bucket;

    Slowed(Operation op, InputStream in, Bucket bucket) {
      super(in);
      this.op = op;
      this.bucket = bucket;
    }

    @Override
    public int read() throws IOException {
      bucket.take(op, 1);
      return in.read();
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int n = in.read(buffer, offset, bucket.rate == 0 ? length : Math.min(length, SLICE));
      bucket.take(op, n);
      return n;
    }
  }
}
