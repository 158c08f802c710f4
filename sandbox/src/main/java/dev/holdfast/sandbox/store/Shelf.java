package dev.holdfast.sandbox.store;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The objects of one type, and its last changes for watches. Reads take no lock. Changes are made
 * by {@link ObjectStore} alone, which numbers them.
 */
public final class Shelf {

  /** How many changes a watch can lie behind before it gets a 410. */
  static final int HISTORY = 4096;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Change> history = new ArrayDeque<>();

  /** Changes up to this version are forgotten. */
  private long forgotten;

  private volatile State state = new State(SortedTree.EMPTY, 0);

  Shelf(long forgotten) {
    this.forgotten = forgotten;
  }

  private record State(SortedTree tree, long version) {}

  /** A consistent state of the type. */
  public static final class View {
    private final SortedTree tree;
    private final long version;

    View(SortedTree tree, long version) {
      this.tree = tree;
      this.version = version;
    }

    public long version() {
      return version;
    }

    public int size() {
      return tree.size();
    }

    public @Nullable Stored get(String namespace, String name) {
      return tree.get(Stored.key(namespace, name));
    }

    /** Every object, in key order. */
    public Stream<Stored> stream() {
      Stream.Builder<Stored> all = Stream.builder();
      tree.walk(
          "",
          stored -> {
            all.add(stored);
            return true;
          });
      return all.build();
    }

    /**
     * Visits objects in key order while the visitor says true.
     *
     * @param namespace empty for all
     * @param after visit only what follows this key; empty for all
     */
    public void walk(String namespace, String after, Predicate<Stored> visitor) {
      String prefix = namespace.isEmpty() ? "" : namespace + "/";
      String from = after.compareTo(prefix) > 0 ? after : prefix;
      tree.walk(
          from,
          stored -> {
            if (!namespace.isEmpty() && !stored.namespace().equals(namespace)) {
              return false; // keys of one namespace stand together
            }
            return stored.key().equals(after) || visitor.test(stored);
          });
    }
  }

  View view(long storeVersion) {
    State now = state;
    return new View(now.tree, Math.max(now.version, storeVersion));
  }

  /**
   * The state as of an earlier version.
   *
   * @return null if the changes since then are not all remembered (HTTP 410)
   */
  public @Nullable View at(long version) {
    lock.lock();
    try {
      if (version < forgotten) {
        return null;
      }
      SortedTree tree = state.tree;
      Iterator<Change> newestFirst = history.descendingIterator();
      while (newestFirst.hasNext()) {
        Change change = newestFirst.next();
        if (change.version() <= version) {
          break;
        }
        String key = change.object().key();
        tree = change.before() == null ? tree.without(key) : tree.with(key, change.before());
      }
      return new View(tree, version);
    } finally {
      lock.unlock();
    }
  }

  public @Nullable Stored get(String namespace, String name) {
    return state.tree.get(Stored.key(namespace, name));
  }

  public int size() {
    return state.tree.size();
  }

  public boolean isEmpty() {
    return state.tree.size() == 0;
  }

  /** The version of the last change of this type. */
  public long lastChange() {
    return state.version;
  }

  void apply(Change change) {
    lock.lock();
    try {
      Stored object = change.object();
      SortedTree tree =
          change.after() == null
              ? state.tree.without(object.key())
              : state.tree.with(object.key(), change.after());
      state = new State(tree, change.version());
      history.addLast(change);
      if (history.size() > HISTORY) {
        forgotten = history.removeFirst().version();
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * The changes after the version, waiting for the first one; empty if there is none in time.
   *
   * @return null if some of them are forgotten (HTTP 410)
   */
  public @Nullable List<Change> after(long version, long waitMillis) throws InterruptedException {
    lock.lock();
    try {
      long left = TimeUnit.MILLISECONDS.toNanos(waitMillis);
      while (version >= forgotten
          && left > 0
          && (history.isEmpty() || history.getLast().version() <= version)) {
        left = changed.awaitNanos(left);
      }
      if (version < forgotten) {
        return null;
      }
      List<Change> result = new ArrayList<>();
      Iterator<Change> newestFirst = history.descendingIterator();
      while (newestFirst.hasNext()) {
        Change change = newestFirst.next();
        if (change.version() <= version) {
          break;
        }
        result.add(change);
      }
      return result.reversed();
    } finally {
      lock.unlock();
    }
  }

  /** Wakes all watches, for the end of the server. */
  void wake() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Forgets what happened up to now: watches of older versions get a 410. */
  void forget(long version) {
    lock.lock();
    try {
      history.clear();
      forgotten = version;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
