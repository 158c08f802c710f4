package dev.holdfast.engine.backup;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.store.ObjectStore;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A store that dies at its Nth operation: for good or only that once, before the operation takes
 * effect or after, when its answer is lost.
 */
final class DyingStore implements ObjectStore {

  enum Death {
    FOR_GOOD_BEFORE,
    FOR_GOOD_AFTER,
    ONCE_BEFORE,
    ONCE_AFTER
  }

  private final ObjectStore store;
  private final int at;
  private final Death death;
  private final AtomicInteger operations = new AtomicInteger();

  DyingStore(ObjectStore store, int at, Death death) {
    this.store = store;
    this.at = at;
    this.death = death;
  }

  /** Whether it came to that. */
  boolean died() {
    return operations.get() >= at;
  }

  private <T> T run(Supplier<T> operation) {
    int number = operations.incrementAndGet();
    boolean before = death == Death.FOR_GOOD_BEFORE || death == Death.ONCE_BEFORE;
    boolean once = death == Death.ONCE_BEFORE || death == Death.ONCE_AFTER;
    if (number > at && !once || number == at && before) {
      throw dead();
    }
    T result = operation.get();
    if (number == at) {
      throw dead();
    }
    return result;
  }

  private static Failure dead() {
    return new Failure.Unreachable("The store does not answer", null, null);
  }

  @Override
  public Meta put(Operation op, String key, InputStream body, PutOptions options) {
    return run(() -> store.put(op, key, body, options));
  }

  @Override
  public Meta put(Operation op, String key, byte[] body, PutOptions options) {
    return run(() -> store.put(op, key, body, options));
  }

  @Override
  public boolean putIfAbsent(Operation op, String key, byte[] body) {
    return run(() -> store.putIfAbsent(op, key, body));
  }

  @Override
  public Optional<Meta> head(Operation op, String key) {
    return run(() -> store.head(op, key));
  }

  @Override
  public InputStream get(Operation op, String key) {
    return run(() -> store.get(op, key));
  }

  @Override
  public InputStream get(Operation op, String key, long offset, long length) {
    return run(() -> store.get(op, key, offset, length));
  }

  @Override
  public Listing list(Operation op, String prefix) {
    return run(() -> store.list(op, prefix));
  }

  @Override
  public void listAll(Operation op, String prefix, Consumer<Meta> each) {
    run(() -> {
      store.listAll(op, prefix, each);
      return "";
    });
  }

  @Override
  public void delete(Operation op, String key) {
    run(() -> {
      store.delete(op, key);
      return "";
    });
  }

  @Override
  public URI signedGet(Operation op, String key, Duration valid) {
    return store.signedGet(op, key, valid);
  }

  @Override
  public URI signedPut(Operation op, String key, Duration valid) {
    return store.signedPut(op, key, valid);
  }

  @Override
  public Capabilities capabilities() {
    return store.capabilities();
  }

  @Override
  public String describe() {
    return store.describe();
  }

  @Override
  public void close() {}
}
