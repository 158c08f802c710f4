package dev.holdfast.repository;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.chunk.Polynomial;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.repository.crypto.MasterKey;
import dev.holdfast.repository.index.BlobTable;
import dev.holdfast.repository.index.IndexFile;
import dev.holdfast.repository.pack.PackHeader;
import dev.holdfast.repository.pack.PackedBlob;
import dev.holdfast.repository.snapshot.Snapshot;
import dev.holdfast.repository.tree.GoTime;
import dev.holdfast.store.ObjectStore;
import java.io.IOException;
import java.io.InputStream;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An open repository of restic's format 1 or 2: its keys, its index in memory, and the reading
 * side. Everything stored is write-once and named by the SHA-256 of its bytes; what is read is
 * checked against its name. Thread-safe.
 */
public final class Repository {

  /** restic tries no more keys than this. */
  private static final int MAX_KEYS = 20;

  private static final int LOADERS = 8;

  private final ObjectStore store;
  private final RepositoryConfig config;
  private final MasterKey key;
  private final PlainBlobs plainBlobs;
  private final BlobTable index = new BlobTable();

  /** Which key file opened it; null until there is one. */
  private @Nullable Id keyId;

  private Repository(
      ObjectStore store, RepositoryConfig config, MasterKey key, @Nullable Id keyId) {
    this.store = store;
    this.config = config;
    this.key = key;
    this.keyId = keyId;
    this.plainBlobs = new PlainBlobs(key);
  }

  /** Who we are in key files, snapshots and locks. */
  public record Identity(String username, String hostname) {}

  /**
   * Makes a new repository: the key first, then {@code config}, which makes it exist. A key without
   * config is what an interrupted run left; if this password opens it, it becomes this
   * repository's.
   *
   * @param version 2, or 1 for readers before restic 0.14
   * @param polynomial null for a random one; another repository's, so that chunks can be copied
   * @throws Failure.Conflict if there is one already
   */
  public static Repository init(
      Operation op,
      ObjectStore store,
      String password,
      int version,
      KeyFile.Cost cost,
      @Nullable Polynomial polynomial,
      Identity identity) {
    if (store.head(op, RepositoryKeys.CONFIG).isPresent()
        || !namesOrNone(op, store, RepositoryKeys.SNAPSHOTS).isEmpty()) {
      throw new Failure.Conflict(
          "There is a repository at " + store.describe() + " already", "nothing was changed", null);
    }
    if (password.isBlank()) {
      throw new Failure.Invalid("An empty password is not allowed");
    }
    SecureRandom random = new SecureRandom();
    byte[] id = new byte[Id.SIZE];
    random.nextBytes(id);
    Polynomial chosen = polynomial == null ? Polynomial.random(random) : polynomial;
    var config = new RepositoryConfig(version, HexFormat.of().formatHex(id), chosen.toString());
    OpenKey left = leftKey(op, store, password);
    MasterKey key = left == null ? MasterKey.random() : left.key();
    Repository repository = new Repository(store, config, key, left == null ? null : left.id());
    if (left == null) {
      repository.keyId = repository.addKey(op, password, cost, identity);
    }
    if (!store.putIfAbsent(op, RepositoryKeys.CONFIG, key.seal(Json.bytes(config)))) {
      if (left == null) {
        // Its config is another key's: nobody opens anything with ours.
        store.delete(op, RepositoryKeys.KEYS + repository.keyId);
      }
      throw new Failure.Conflict(
          "Somebody else made a repository at " + store.describe() + " at the same time",
          "open it with its own password",
          null);
    }
    return repository;
  }

  private record OpenKey(Id id, MasterKey key) {}

  /** What an interrupted init left; null if it left nothing. */
  private static @Nullable OpenKey leftKey(Operation op, ObjectStore store, String password) {
    List<Id> keys = namesOrNone(op, store, RepositoryKeys.KEYS);
    for (Id id : keys) {
      MasterKey key = openKey(op, store, id, password);
      if (key != null) {
        return new OpenKey(id, key);
      }
    }
    if (!keys.isEmpty()) {
      throw new Failure.Conflict(
          "There is a key at "
              + store.describe()
              + ", and no config: an init was interrupted, or"
              + " the config was lost",
          "nothing was changed; if snapshots/ and data/ are empty, run init with the same password"
              + " or remove keys/"
              + keys.getFirst(),
          null);
    }
    return null;
  }

  private static @Nullable MasterKey openKey(
      Operation op, ObjectStore store, Id id, String password) {
    String what = "Key " + id.shortText();
    byte[] bytes = readAll(store.get(op, RepositoryKeys.KEYS + id), what);
    return KeyFile.read(bytes, what).open(password).orElse(null);
  }

  /**
   * Opens a repository; its index is not loaded yet.
   *
   * @throws Failure.Absent if there is none
   * @throws Failure.WrongKey if no key opens with this password
   */
  public static Repository open(Operation op, ObjectStore store, String password) {
    List<Id> keys = namesOrNone(op, store, RepositoryKeys.KEYS);
    if (keys.isEmpty() && store.head(op, RepositoryKeys.CONFIG).isEmpty()) {
      throw new Failure.Absent(
          "There is no repository at " + store.describe(),
          "check the place, or make one with: holdfast repo init",
          null);
    }
    for (Id id : keys.subList(0, Math.min(MAX_KEYS, keys.size()))) {
      MasterKey key = openKey(op, store, id, password);
      if (key != null) {
        return new Repository(store, readConfig(op, store, key), key, id);
      }
    }
    throw new Failure.WrongKey(
        "The password opens no key of the repository at " + store.describe(),
        "nothing was changed; check the password file or command",
        null);
  }

  private static RepositoryConfig readConfig(Operation op, ObjectStore store, MasterKey key) {
    byte[] sealed = readAll(store.get(op, RepositoryKeys.CONFIG), "The repository's config");
    return RepositoryConfig.read(key.open(sealed, "The repository's config"));
  }

  /**
   * The same repository as its store has it now; its index is not loaded yet. The key file is read
   * again, and no password derived.
   *
   * @throws Failure.Absent if config or key file are gone
   * @throws Failure.Corrupt if one of them is not what it was
   */
  public Repository again(Operation op) {
    var _ = stored(op, RepositoryKeys.KEYS, keyId());
    return new Repository(store, readConfig(op, store, key), key, keyId);
  }

  /** Adds a password. */
  public Id addKey(Operation op, String password, KeyFile.Cost cost, Identity identity) {
    KeyFile file =
        KeyFile.create(key, password, cost, op.now(), identity.username(), identity.hostname());
    byte[] json = file.toJson();
    Id id = Id.hash(json);
    store.put(op, RepositoryKeys.KEYS + id, json, ObjectStore.PutOptions.NONE);
    return id;
  }

  public RepositoryConfig config() {
    return config;
  }

  public MasterKey key() {
    return key;
  }

  /** The key file that the password of this repository opened. */
  public Id keyId() {
    return java.util.Objects.requireNonNull(keyId);
  }

  public ObjectStore store() {
    return store;
  }

  /** The index as it was loaded, plus what was written since. */
  public BlobTable index() {
    return index;
  }

  /**
   * Loads all index files, after which the snapshots that were listed before can be read.
   *
   * @param damaged told of each index file that cannot be read; null to fail instead
   */
  public void loadIndex(Operation op, @Nullable Consumer<Failure> damaged) {
    op.forEach(
        names(op, store, RepositoryKeys.INDEXES).iterator(),
        LOADERS,
        id -> {
          try {
            String what = "Index " + id.shortText();
            IndexFile.read(load(op, RepositoryKeys.INDEXES, id), what, index::add);
          } catch (Failure.Corrupt e) {
            if (damaged == null) {
              throw new Failure.Corrupt(
                  e.getMessage(), "the data is not lost: run repo repair index", e);
            }
            damaged.accept(e);
          }
        });
  }

  /** Every snapshot, by id. */
  public SortedMap<Id, Snapshot> snapshots(Operation op) {
    SortedMap<Id, Snapshot> snapshots = new TreeMap<>();
    op.forEach(
        names(op, store, RepositoryKeys.SNAPSHOTS).iterator(),
        LOADERS,
        id -> {
          Snapshot snapshot = snapshot(op, id);
          synchronized (snapshots) {
            snapshots.put(id, snapshot);
          }
        });
    return snapshots;
  }

  /**
   * A snapshot.
   *
   * @throws Failure.Corrupt if it is damaged, or has no tree or no time
   */
  public Snapshot snapshot(Operation op, Id id) {
    byte[] json = load(op, RepositoryKeys.SNAPSHOTS, id);
    String what = "Snapshot " + id.shortText();
    Snapshot snapshot = Json.read(json, Snapshot.class, what);
    if (snapshot.tree() == null || snapshot.time() == null) {
      throw new Failure.Corrupt(what + " has no tree or no time");
    }
    var _ = Id.parse(snapshot.tree());
    var _ = GoTime.parse(snapshot.time());
    return snapshot;
  }

  /** Writes a snapshot; everything that it refers to must be durable. */
  public Id save(Operation op, Snapshot snapshot) {
    return save(op, RepositoryKeys.SNAPSHOTS, Json.bytes(snapshot));
  }

  /** Seals and writes an index, snapshot or lock file. */
  public Id save(Operation op, String directory, byte[] json) {
    byte[] sealed = key.seal(Unpacked.encode(json, config.version()));
    Id id = Id.hash(sealed);
    store.put(
        op,
        directory + id,
        sealed,
        new ObjectStore.PutOptions(sealed.length, id.toString(), null, null));
    return id;
  }

  /**
   * Reads an index, snapshot or lock file.
   *
   * @throws Failure.Corrupt if its bytes are not what its name says
   */
  public byte[] load(Operation op, String directory, Id id) {
    String what = "The file " + directory + id;
    return Unpacked.decode(key.open(stored(op, directory, id), what), what);
  }

  private byte[] stored(Operation op, String directory, Id id) {
    String what = "The file " + directory + id;
    byte[] bytes = readAll(store.get(op, directory + id), what);
    if (!Id.hash(bytes).equals(id)) {
      throw new Failure.Corrupt(what + " is damaged: its content does not match its name");
    }
    return bytes;
  }

  /**
   * Reads a blob, from another copy if one is damaged.
   *
   * @throws Failure.Corrupt if it is in no index, or no copy can be read
   */
  public byte[] load(Operation op, BlobType type, Id id) {
    List<BlobTable.Location> copies = index.findAll(type, id);
    @Nullable Failure last = null;
    for (BlobTable.Location copy : copies) {
      try {
        return load(op, copy);
      } catch (Failure.Corrupt | Failure.Absent e) {
        last = e;
      }
    }
    String what = "The " + type.text() + " blob " + id;
    throw last == null
        ? new Failure.Corrupt(
            what + " is in no index", "run repo repair index, then repo check", null)
        : new Failure.Corrupt(what + " cannot be read: " + last.getMessage(), null, last);
  }

  /**
   * Reads one copy of a blob.
   *
   * @throws Failure.Corrupt if it is damaged
   * @throws Failure.Absent if its pack is not there
   */
  public byte[] load(Operation op, BlobTable.Location copy) {
    PackedBlob blob = copy.blob();
    byte[] sealed =
        readAll(
            store.get(op, RepositoryKeys.pack(copy.pack()), blob.offset(), blob.length()),
            "Pack " + copy.pack().shortText());
    return plain(blob, sealed, 0, copy.pack());
  }

  /**
   * Opens, decompresses and checks a blob that was read from its pack.
   *
   * @param sealed an array that holds the sealed blob at {@code offset}
   * @throws Failure.Corrupt unless the plaintext hashes to the blob's id
   */
  public byte[] plain(PackedBlob blob, byte[] sealed, int offset, Id pack) {
    return plainBlobs.open(blob, sealed, offset, sealed.length, pack).copy();
  }

  /** The same without an array for each blob. */
  public PlainBlobs plainBlobs() {
    return plainBlobs;
  }

  /** Reads the header of a pack from the store: what the index should say about it. */
  public List<PackedBlob> packHeader(Operation op, Id pack, long size) {
    String key = RepositoryKeys.pack(pack);
    String what = "Pack " + pack.shortText();
    int guess = (int) Math.min(size, 15 * 41 + MasterKey.OVERHEAD + PackHeader.LENGTH_FIELD);
    byte[] tail = readAll(store.get(op, key, size - guess, guess), what);
    int header = PackHeader.encryptedLength(tail, size, what);
    int whole = header + PackHeader.LENGTH_FIELD;
    if (whole > guess) {
      tail = readAll(store.get(op, key, size - whole, whole), what);
    }
    if (tail.length < whole) {
      throw new Failure.Corrupt(what + " is truncated");
    }
    byte[] plain = this.key.open(tail, tail.length - whole, header, "The header of " + what);
    return PackHeader.read(plain, what);
  }

  /** The same where the whole store may not be there yet: a directory is made by the first put. */
  private static List<Id> namesOrNone(Operation op, ObjectStore store, String directory) {
    try {
      return names(op, store, directory);
    } catch (Failure.Absent e) {
      return List.of();
    }
  }

  /** The ids of the files of one directory; names that are no ids are ignored, as restic does. */
  public static List<Id> names(Operation op, ObjectStore store, String directory) {
    List<Id> ids = new ArrayList<>();
    store.listAll(
        op,
        directory,
        meta -> {
          String name = meta.key().substring(meta.key().lastIndexOf('/') + 1);
          if (Id.isHex(name)) {
            ids.add(Id.parse(name));
          }
        });
    return ids;
  }

  private static byte[] readAll(InputStream stream, String what) {
    try (stream) {
      return stream.readAllBytes();
    } catch (IOException e) {
      throw new Failure.Unreachable(what + " could not be read to its end", null, e);
    }
  }
}
