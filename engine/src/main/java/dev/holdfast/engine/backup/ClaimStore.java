package dev.holdfast.engine.backup;

import dev.holdfast.archive.Claiming;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.store.ObjectStore;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What claiming needs, from an object store. */
record ClaimStore(Operation op, ObjectStore store) implements Claiming.Store {

  @Override
  public boolean conditional() {
    return store.capabilities().putIfAbsent();
  }

  @Override
  public boolean putIfAbsent(String key, byte[] body) {
    return store.putIfAbsent(op, key, body);
  }

  @Override
  public void put(String key, byte[] body) {
    store.put(op, key, body, ObjectStore.PutOptions.NONE);
  }

  @Override
  public Optional<Claiming.Seen> get(String key) {
    return store.head(op, key).flatMap(this::read);
  }

  @Override
  public List<Claiming.Seen> list(String prefix) {
    List<ObjectStore.Meta> found = new ArrayList<>();
    String folder = prefix.substring(0, prefix.lastIndexOf('/') + 1);
    store.listAll(
        op,
        folder,
        meta -> {
          if (meta.key().startsWith(prefix)) {
            found.add(meta);
          }
        });
    return found.stream().map(this::read).flatMap(Optional::stream).toList();
  }

  private Optional<Claiming.Seen> read(ObjectStore.Meta meta) {
    try (InputStream in = store.get(op, meta.key())) {
      return Optional.of(new Claiming.Seen(meta.key(), in.readAllBytes(), meta.modified()));
    } catch (Failure.Absent e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new Failure.Unreachable("Cannot read " + meta.key(), null, e);
    }
  }

  @Override
  public void delete(String key) {
    store.delete(op, key);
  }

  @Override
  public void pause(Duration time) {
    op.pause(time);
  }
}
