package dev.holdfast.engine.volume;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.RepositoryKeys;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.repository.lock.HeldLock;
import dev.holdfast.repository.lock.LockHolder;
import dev.holdfast.repository.lock.Locks;
import dev.holdfast.repository.lock.ProcessHolder;
import dev.holdfast.repository.snapshot.RootTag;
import dev.holdfast.repository.snapshot.Snapshot;
import dev.holdfast.store.ObjectStore;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The repositories of a location, one per namespace, as Velero's: {@code restic/NAMESPACE}. Each is
 * opened once, when it is first needed; a backup makes it if there is none. From then on until this
 * is closed it is locked against removal, by whatever tool. Thread-safe.
 */
public final class VolumeRepositories implements AutoCloseable {

  /** How long a prune or check by somebody else is waited for. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Function<String, ObjectStore> stores;
  private final String password;
  private final Repository.Identity identity;
  private final LockHolder holder;
  private final Duration patience;
  private final KeyFile.Cost cost;
  private final Map<String, Opened> opened = new HashMap<>();

  /**
   * @param lock null where the store may only be read
   */
  private record Opened(ObjectStore store, Repository repository, @Nullable HeldLock lock) {

    void close() {
      try {
        if (lock != null) {
          lock.close();
        }
      } finally {
        store.close();
      }
    }
  }

  /**
   * @param stores gives the store that is rooted at a namespace's repository; closed with this
   * @param identity who we are in snapshots and keys
   */
  public VolumeRepositories(
      Function<String, ObjectStore> stores, String password, Repository.Identity identity) {
    this(stores, password, identity, new ProcessHolder(identity), PATIENCE);
  }

  /**
   * The same for somebody who knows better than this machine whose locks are still held.
   *
   * @param holder in whose name repositories are locked
   * @param patience how long a prune or check by somebody else is waited for
   */
  public VolumeRepositories(
      Function<String, ObjectStore> stores,
      String password,
      Repository.Identity identity,
      LockHolder holder,
      Duration patience) {
    this(stores, password, identity, holder, patience, KeyFile.Cost.DEFAULT);
  }

  private VolumeRepositories(
      Function<String, ObjectStore> stores,
      String password,
      Repository.Identity identity,
      LockHolder holder,
      Duration patience,
      KeyFile.Cost cost) {
    this.stores = stores;
    this.password = password;
    this.identity = identity;
    this.holder = holder;
    this.patience = patience;
    this.cost = cost;
  }

  /**
   * The same, of which nothing is open yet. The repositories that it makes have keys of this cost.
   */
  VolumeRepositories keys(KeyFile.Cost cost) {
    return new VolumeRepositories(stores, password, identity, holder, patience, cost);
  }

  public Repository.Identity identity() {
    return identity;
  }

  /** The folder below the location's root, as records name it. */
  public static String folder(String namespace) {
    return "restic/" + namespace;
  }

  /** Opens a namespace's repository, or makes it. */
  public Repository openOrInit(Operation op, String namespace) {
    return open(op, namespace, true);
  }

  /**
   * Opens a namespace's repository.
   *
   * @throws Failure.Absent if there is none
   * @throws Failure.WrongKey if the password opens none of its keys
   */
  public Repository open(Operation op, String namespace) {
    return open(op, namespace, false);
  }

  /**
   * Whether the password opens a namespace's repository; nothing is locked, and no index read.
   *
   * @throws Failure.Absent if there is none
   * @throws Failure.WrongKey if the password opens none of its keys
   */
  public void probe(Operation op, String namespace) {
    try (ObjectStore store = stores.apply(namespace)) {
      var _ = Repository.open(op, store, password);
    }
  }

  private synchronized Repository open(Operation op, String namespace, boolean init) {
    Opened known = opened.get(namespace);
    if (known == null) {
      ObjectStore store = stores.apply(namespace);
      try {
        Repository repository = openIn(op, store, init);
        known = new Opened(store, repository, lock(op, repository, init));
      } catch (RuntimeException | Error e) {
        store.close();
        throw e;
      }
      try {
        known.repository().loadIndex(op, null);
      } catch (RuntimeException | Error e) {
        known.close();
        throw e;
      }
      opened.put(namespace, known);
    }
    return known.repository();
  }

  /** Taken before the index is read, so that nothing goes of what it names. */
  private @Nullable HeldLock lock(Operation op, Repository repository, boolean writing) {
    try {
      return new Locks(repository, holder, Locks.Timing.DEFAULT.withPatience(patience)).shared(op);
    } catch (Failure.Denied e) {
      if (writing) {
        throw e;
      }
      return null; // a location that may only be read is read without
    }
  }

  private Repository openIn(Operation op, ObjectStore store, boolean init) {
    try {
      return Repository.open(op, store, password);
    } catch (Failure.Absent e) {
      if (!init) {
        throw e;
      }
    }
    try {
      return Repository.init(op, store, password, 2, cost, null, identity);
    } catch (Failure.Conflict e) {
      return Repository.open(op, store, password); // somebody else has just made it
    }
  }

  /** What was saved: its snapshot, in the repository of its namespace. */
  public record Written(String namespace, Id snapshot) {}

  /**
   * Reads back from the store what was just written there: each snapshot, and its root tree by the
   * stored index.
   *
   * @return snapshot → why it cannot be relied on; empty if all is well
   */
  public Map<Id, String> verify(Operation op, Stream<Written> written) {
    Map<Id, String> broken = new HashMap<>();
    written
        .collect(groupingBy(Written::namespace, TreeMap::new, mapping(Written::snapshot, toList())))
        .forEach((namespace, snapshots) -> verify(op, namespace, snapshots, broken));
    return broken;
  }

  private void verify(Operation op, String namespace, List<Id> snapshots, Map<Id, String> broken) {
    @Nullable Opened known;
    synchronized (this) {
      known = opened.get(namespace);
    }
    if (known == null) {
      throw new IllegalStateException("No repository of " + namespace + " was opened");
    }
    Repository fresh = known.repository().again(op);
    fresh.loadIndex(op, null);
    for (Id id : snapshots) {
      try {
        Id tree = Id.parse(fresh.snapshot(op, id).tree());
        var _ = fresh.load(op, BlobType.TREE, tree);
      } catch (Failure.Corrupt | Failure.Absent e) {
        broken.put(id, "what was written cannot be read back: " + e.getMessage());
      }
    }
  }

  /**
   * The root tree of a snapshot that a record names.
   *
   * @param snapshot its id, or the beginning of it, as Velero recorded restic's
   * @throws Failure.Absent if there is none, or more than one
   */
  public Id tree(Operation op, String namespace, String snapshot) {
    return Id.parse(named(op, namespace, snapshot).tree());
  }

  /**
   * The directory that was saved by a snapshot that a record names; empty if the snapshot says
   * nothing of it, as Velero's do.
   *
   * @throws Failure.Absent if there is no such snapshot, or more than one
   */
  public Optional<RootTag> root(Operation op, String namespace, String snapshot) {
    return RootTag.among(named(op, namespace, snapshot).tagsOrEmpty());
  }

  private Snapshot named(Operation op, String namespace, String snapshot) {
    Repository repository = open(op, namespace);
    List<Id> named =
        Id.isHex(snapshot)
            ? List.of(Id.parse(snapshot))
            : Repository.names(op, repository.store(), RepositoryKeys.SNAPSHOTS).stream()
                .filter(id -> !snapshot.isEmpty() && id.toString().startsWith(snapshot))
                .toList();
    if (named.size() != 1) {
      throw new Failure.Absent(
          "Snapshot '" + snapshot + "' is not in the repository of namespace " + namespace);
    }
    return repository.snapshot(op, named.getFirst());
  }

  @Override
  public synchronized void close() {
    opened.values().forEach(Opened::close);
    opened.clear();
  }
}
