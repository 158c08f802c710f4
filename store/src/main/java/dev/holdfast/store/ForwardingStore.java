package dev.holdfast.store;

import dev.holdfast.model.Operation;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/** An object store that passes everything on to another; what decorates one overrides a part. */
public abstract class ForwardingStore implements ObjectStore {

  protected final ObjectStore store;

  /**
   * @param store closed with this
   */
  protected ForwardingStore(ObjectStore store) {
    this.store = store;
  }

  @Override
  public Meta put(Operation op, String key, InputStream body, PutOptions options) {
    return store.put(op, key, body, options);
  }

  @Override
  public Meta put(Operation op, String key, byte[] body, PutOptions options) {
    return store.put(op, key, body, options);
  }

  @Override
  public Meta put(Operation op, String key, byte[] body, int length, PutOptions options) {
    return store.put(op, key, body, length, options);
  }

  @Override
  public boolean putIfAbsent(Operation op, String key, byte[] body) {
    return store.putIfAbsent(op, key, body);
  }

  @Override
  public Optional<Meta> head(Operation op, String key) {
    return store.head(op, key);
  }

  @Override
  public InputStream get(Operation op, String key) {
    return store.get(op, key);
  }

  @Override
  public InputStream get(Operation op, String key, long offset, long length) {
    return store.get(op, key, offset, length);
  }

  @Override
  public Listing list(Operation op, String prefix) {
    return store.list(op, prefix);
  }

  @Override
  public void listAll(Operation op, String prefix, Consumer<Meta> each) {
    store.listAll(op, prefix, each);
  }

  @Override
  public void delete(Operation op, String key) {
    store.delete(op, key);
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
  public void close() {
    store.close();
  }
}
