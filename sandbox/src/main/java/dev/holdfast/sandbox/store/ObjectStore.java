package dev.holdfast.sandbox.store;

import dev.holdfast.model.GroupResource;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All objects, one {@link Shelf} a type, under one version counter. A write states what it expects
 * to find; nothing is changed if something else is there.
 */
public final class ObjectStore {

  private final Map<GroupResource, Shelf> shelves = new ConcurrentHashMap<>();
  private final List<Consumer<Change>> listeners = new CopyOnWriteArrayList<>();
  private final Object writing = new Object();
  private volatile long version = 1;
  private @Nullable ChangeLog log;

  /** What happened up to this version is not remembered. */
  private volatile long loaded;

  /** Called after each commit, in order, under the write lock: must return at once. */
  public void onChange(Consumer<Change> listener) {
    listeners.add(listener);
  }

  public Shelf shelf(GroupResource type) {
    return shelves.computeIfAbsent(type, t -> new Shelf(loaded));
  }

  public @Nullable Stored get(GroupResource type, String namespace, String name) {
    return shelf(type).get(namespace, name);
  }

  /** A consistent state of one type, as new as the newest change of any. */
  public Shelf.View view(GroupResource type) {
    long atLeast = version;
    return shelf(type).view(atLeast);
  }

  public long version() {
    return version;
  }

  /** The types of which something is or was stored. */
  public List<GroupResource> types() {
    return shelves.keySet().stream().sorted().toList();
  }

  /**
   * Replaces what is there.
   *
   * @param expected what must be there now; null for nothing
   * @param next null to remove; its version is ignored, the store gives a new one
   * @return the object as stored (for a removal: the last one with the version of the removal), or
   *     null if something else was there and nothing was done
   */
  public @Nullable Stored commit(@Nullable Stored expected, @Nullable Stored next) {
    Stored any = next == null ? expected : next;
    if (any == null) {
      throw new IllegalArgumentException("Nothing to commit");
    }
    Shelf shelf = shelf(any.type());
    synchronized (writing) {
      Stored present = shelf.get(any.namespace(), any.name());
      long found = present == null ? 0 : present.version();
      if (found != (expected == null ? 0 : expected.version())) {
        return null;
      }
      long number = version + 1;
      Change change = new Change(number, present, next == null ? null : next.at(number));
      if (log != null) {
        log.append(change);
      }
      shelf.apply(change);
      version = number;
      for (Consumer<Change> listener : listeners) {
        listener.accept(change);
      }
      return change.object();
    }
  }

  /** Puts an object with its own version, as it was elsewhere; the counter moves beyond it. */
  public void load(Stored object) {
    synchronized (writing) {
      Shelf shelf = shelf(object.type());
      Change change =
          new Change(object.version(), shelf.get(object.namespace(), object.name()), object);
      shelf.apply(change);
      version = Math.max(version, object.version());
      for (Consumer<Change> listener : listeners) {
        listener.accept(change);
      }
    }
  }

  /** From now on each change is appended before it is made. */
  void log(ChangeLog to) {
    synchronized (writing) {
      log = to;
    }
  }

  /** Makes a change of an earlier process again; false if what it removes is not there. */
  boolean replay(Frames.Entry entry) {
    if (entry.put() != null) {
      load(entry.put());
      return true;
    }
    Stored present =
        entry.type() == null ? null : get(entry.type(), entry.namespace(), entry.name());
    if (present == null) {
      return false;
    }
    synchronized (writing) {
      shelf(present.type()).apply(new Change(entry.version(), present, null));
      version = entry.version();
    }
    return true;
  }

  /** Moves the counter to this version if it is not beyond it. */
  void reach(long least) {
    synchronized (writing) {
      version = Math.max(version, least);
    }
  }

  /** All objects as they were at one version; later changes do not show. */
  record Frozen(long version, List<Shelf.View> views) implements Iterable<Stored> {
    @Override
    public Iterator<Stored> iterator() {
      return views.stream().flatMap(Shelf.View::stream).iterator();
    }
  }

  /** Opens the log of what follows a version. */
  @FunctionalInterface
  interface NextLog {
    ChangeLog after(long version) throws IOException;
  }

  /**
   * The present state.
   *
   * @param next takes the changes that follow it; null to leave the log as it is
   */
  Frozen freeze(@Nullable NextLog next) throws IOException {
    synchronized (writing) {
      if (next != null) {
        log = next.after(version);
      }
      return new Frozen(version, types().stream().map(this::view).toList());
    }
  }

  /** Ends the loading: watches from before it get a 410. */
  public void loaded() {
    synchronized (writing) {
      loaded = version;
      shelves.values().forEach(shelf -> shelf.forget(version));
    }
  }

  /** Every object there is. */
  public List<Stored> snapshot() {
    synchronized (writing) {
      return types().stream().flatMap(type -> view(type).stream()).toList();
    }
  }

  /** Wakes all watches. */
  public void wake() {
    shelves.values().forEach(Shelf::wake);
  }
}
