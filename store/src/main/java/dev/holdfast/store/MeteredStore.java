package dev.holdfast.store;

import dev.holdfast.model.Operation;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/** Counts what is asked of a store, and the bytes that go each way. */
public final class MeteredStore extends ForwardingStore {

  /**
   * Calls since the store was made, those that failed included; bytes as far as they came.
   *
   * @param puts put-if-absent included
   */
  public record Counts(
      long puts,
      long gets,
      long heads,
      long lists,
      long deletes,
      long bytesWritten,
      long bytesRead) {}

  private final LongAdder puts = new LongAdder();
  private final LongAdder gets = new LongAdder();
  private final LongAdder heads = new LongAdder();
  private final LongAdder lists = new LongAdder();
  private final LongAdder deletes = new LongAdder();
  private final LongAdder written = new LongAdder();
  private final LongAdder read = new LongAdder();

  public MeteredStore(ObjectStore store) {
    super(store);
  }

  public Counts counts() {
    return new Counts(
        puts.sum(), gets.sum(), heads.sum(), lists.sum(), deletes.sum(), written.sum(), read.sum());
  }

  @Override
  public Meta put(Operation op, String key, InputStream body, PutOptions options) {
    puts.increment();
    return super.put(op, key, new Counting(body, written), options);
  }

  @Override
  public Meta put(Operation op, String key, byte[] body, PutOptions options) {
    puts.increment();
    Meta meta = super.put(op, key, body, options);
    written.add(body.length);
    return meta;
  }

  @Override
  public Meta put(Operation op, String key, byte[] body, int length, PutOptions options) {
    puts.increment();
    Meta meta = super.put(op, key, body, length, options);
    written.add(length);
    return meta;
  }

  @Override
  public boolean putIfAbsent(Operation op, String key, byte[] body) {
    puts.increment();
    boolean stored = super.putIfAbsent(op, key, body);
    written.add(stored ? body.length : 0);
    return stored;
  }

  @Override
  public Optional<Meta> head(Operation op, String key) {
    heads.increment();
    return super.head(op, key);
  }

  @Override
  public InputStream get(Operation op, String key) {
    gets.increment();
    return new Counting(super.get(op, key), read);
  }

  @Override
  public InputStream get(Operation op, String key, long offset, long length) {
    gets.increment();
    return new Counting(super.get(op, key, offset, length), read);
  }

  @Override
  public Listing list(Operation op, String prefix) {
    lists.increment();
    return super.list(op, prefix);
  }

  @Override
  public void listAll(Operation op, String prefix, Consumer<Meta> each) {
    lists.increment();
    super.listAll(op, prefix, each);
  }

  @Override
  public void delete(Operation op, String key) {
    deletes.increment();
    super.delete(op, key);
  }

  private static final class Counting extends FilterInputStream {

    private final LongAdder bytes;

    Counting(InputStream in, LongAdder bytes) {
      super(in);
      this.bytes = bytes;
    }

    @Override
    public int read() throws IOException {
      int value = in.read();
      bytes.add(value < 0 ? 0 : 1);
      return value;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int n = in.read(buffer, offset, length);
      bytes.add(Math.max(n, 0));
      return n;
    }
  }
}
