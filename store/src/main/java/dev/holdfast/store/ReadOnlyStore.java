package dev.holdfast.store;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;

/** A location with {@code accessMode: ReadOnly}: whatever would change it is denied. */
final class ReadOnlyStore extends ForwardingStore {

  ReadOnlyStore(ObjectStore store) {
    super(store);
  }

  @Override
  public Meta put(Operation op, String key, InputStream body, PutOptions options) {
    throw denied(key);
  }

  @Override
  public Meta put(Operation op, String key, byte[] body, PutOptions options) {
    throw denied(key);
  }

  @Override
  public Meta put(Operation op, String key, byte[] body, int length, PutOptions options) {
    throw denied(key);
  }

  @Override
  public boolean putIfAbsent(Operation op, String key, byte[] body) {
    throw denied(key);
  }

  @Override
  public void delete(Operation op, String key) {
    throw denied(key);
  }

  @Override
  public URI signedPut(Operation op, String key, Duration valid) {
    throw denied(key);
  }

  /** Asks nothing of the store, since trying conditional writes would write. */
  @Override
  public Capabilities capabilities() {
    return new Capabilities(false, !(store instanceof DirectoryStore), false);
  }

  private Failure denied(String key) {
    return new Failure.Denied(
        describe() + " is read-only: " + Keys.check(key) + " was not changed",
        "Use a location whose accessMode is ReadWrite",
        null);
  }
}
