package dev.holdfast.repository;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.crypto.MasterKey;
import dev.holdfast.repository.index.IndexFile;
import dev.holdfast.repository.pack.PackBuilder;
import dev.holdfast.repository.pack.PackedBlob;
import dev.holdfast.store.ObjectStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Compresses and seals blobs into packs, uploads full packs in the background, and writes index
 * files for packs that are durable. A thread compresses on its own and then has a pack to itself
 * for as long as it seals, so nothing is locked or copied while bytes are compressed and encrypted.
 * Memory: a little more than a pack for each connection and each open pack; a pack is closed before
 * a long blob would make it grow.
 */
public final class PackWriter implements BlobSink, AutoCloseable {

  /** restic's default: a pack is closed when it has this many bytes. */
  public static final int PACK_SIZE = 16 << 20;

  /** Packs of trees are smaller: so many bytes are the trees of about a hundred thousand files. */
  private static final int TREES = 3 << 20;

  /** Beyond the size of a pack, for the blob that fills it, unless that is a long one. */
  private static final int MARGIN = 1 << 20;

  private static final int INDEX_BLOBS = 50_000;
  private static final Duration INDEX_AGE = Duration.ofMinutes(10);

  private final Repository repository;
  private final int packSize;
  private final int level;

  /** For packs that are being hashed or are on their way. */
  private final Semaphore connections;

  /** Of the heap, for each open pack. */
  private static final long SHARE = 128 << 20;

  /**
   * For packs being sealed into, no more than the heap has room for. One keeps four threads busy
   * that chunk, hash and compress.
   */
  private final Semaphore openDataPacks =
      new Semaphore(
          Math.clamp(
              Runtime.getRuntime().maxMemory() / SHARE,
              1,
              (Runtime.getRuntime().availableProcessors() + 3) / 4));

  private final Semaphore openTreePacks = new Semaphore(1);
  private final Set<BlobKey> pending = new HashSet<>();
  private final ArrayDeque<PackBuilder> openData = new ArrayDeque<>();
  private final ArrayDeque<PackBuilder> openTrees = new ArrayDeque<>();
  private final ArrayDeque<PackBuilder> free = new ArrayDeque<>();
  private final BlobCompressor compressor;
  private final Executor threads;
  private Map<Id, List<PackedBlob>> unindexed = new LinkedHashMap<>();
  private int unindexedBlobs;
  private int uploads;
  private Instant indexedAt;
  private @Nullable Throwable failed;
  private long storedBytes;

  private record BlobKey(BlobType type, Id id) {

    @Override
    public boolean equals(Object other) {
      return other instanceof BlobKey key && type == key.type && id.equals(key.id);
    }

    @Override
    public int hashCode() {
      return id.hashCode() + type.ordinal();
    }
  }

  /**
   * @param level zstd level; 0 stores data uncompressed (trees are always compressed in version 2)
   * @param connections packs that may be on their way at once
   */
  public PackWriter(Operation op, Repository repository, int packSize, int level, int connections) {
    this(op, repository, packSize, level, connections, Thread::startVirtualThread);
  }

  /**
   * @param threads start one for each pack that is sent
   */
  PackWriter(
      Operation op,
      Repository repository,
      int packSize,
      int level,
      int connections,
      Executor threads) {
    this.repository = repository;
    this.packSize = packSize;
    this.level = level;
    this.connections = new Semaphore(connections);
    this.indexedAt = op.now();
    this.compressor = new BlobCompressor(Math.max(1, level));
    this.threads = threads;
  }

  @Override
  public BitSet missing(Operation op, BlobType type, List<Id> ids) {
    BitSet missing = new BitSet(ids.size());
    for (int i = 0; i < ids.size(); i++) {
      if (claim(type, ids.get(i))) {
        missing.set(i);
      }
    }
    return missing;
  }

  private boolean claim(BlobType type, Id id) {
    if (repository.index().contains(type, id)) {
      return false;
    }
    synchronized (this) {
      return pending.add(new BlobKey(type, id));
    }
  }

  @Override
  public void put(Operation op, BlobType type, Id id, byte[] bytes, int offset, int length) {
    op.check();
    if (compresses(type, length)) {
      try (BlobCompressor.Compressed zstd = compressor.compress(op, bytes, offset, length)) {
        add(op, type, id, zstd.bytes(), 0, zstd.length(), length);
      } catch (RuntimeException | Error e) {
        fail(e); // others count on the blob
        throw e;
      }
    } else {
      add(op, type, id, bytes, offset, length, 0);
    }
  }

  @Override
  public void putCompressed(
      Operation op, BlobType type, Id id, byte[] plain, byte[] zstd, int offset, int length) {
    op.check();
    if (compresses(type, plain.length)) {
      add(op, type, id, zstd, offset, length, plain.length);
    } else {
      add(op, type, id, plain, 0, plain.length, 0);
    }
  }

  private boolean compresses(BlobType type, int length) {
    return repository.config().version() > 1 && length > 0 && (level > 0 || type == BlobType.TREE);
  }

  /** Compressing is over: a pack is taken for no longer than it takes to seal. */
  private void add(
      Operation op, BlobType type, Id id, byte[] stored, int offset, int length, int plain) {
    PackBuilder pack = take(op, type, length + MasterKey.OVERHEAD);
    try {
      pack.add(type, id, stored, offset, length, plain);
    } catch (RuntimeException | Error e) {
      fail(slots(type), e);
      throw e;
    }
    give(op, type, pack);
  }

  /** Takes over a sealed blob of the same repository: what prune does with what it keeps. */
  public void putSealed(Operation op, PackedBlob blob, byte[] sealed, int offset) {
    op.check();
    PackBuilder pack = take(op, blob.type(), blob.length());
    try {
      pack.addSealed(blob, sealed, offset);
    } catch (RuntimeException | Error e) {
      fail(slots(blob.type()), e);
      throw e;
    }
    give(op, blob.type(), pack);
  }

  /** A pack in which there is room: one that would have to grow for a long blob is closed. */
  private PackBuilder take(Operation op, BlobType type, int sealed) {
    PackBuilder pack = take(op, type);
    while (!pack.fits(sealed, limit(type) + MARGIN)) {
      close(op, type, pack);
      pack = take(op, type);
    }
    return pack;
  }

  private PackBuilder take(Operation op, BlobType type) {
    acquire(op, slots(type));
    try {
      synchronized (this) {
        PackBuilder open = open(type).poll();
        if (open == null) {
          open = free.poll();
        }
        return open != null ? open : new PackBuilder(repository.key(), packSize + MARGIN);
      }
    } catch (RuntimeException | Error e) {
      fail(slots(type), e);
      throw e;
    }
  }

  private void give(Operation op, BlobType type, PackBuilder pack) {
    if (pack.size() >= limit(type)) {
      close(op, type, pack);
      return;
    }
    synchronized (this) {
      open(type).push(pack);
    }
    slots(type).release();
  }

  private void close(Operation op, BlobType type, PackBuilder pack) {
    try {
      connect(op); // before the next pack is opened, so that memory is bounded
    } finally {
      slots(type).release();
    }
    upload(op, pack);
  }

  /** Waits until a full pack may be sent. */
  private void connect(Operation op) {
    try {
      acquire(op, connections);
    } catch (RuntimeException | Error e) {
      fail(e);
      throw e;
    }
  }

  private void fail(Semaphore permits, Throwable why) {
    fail(why);
    permits.release();
  }

  /** The blobs of a pack are lost: nothing that is flushed from now on is complete. */
  private synchronized void fail(Throwable why) {
    if (failed == null) {
      failed = why;
    }
  }

  /** Waits, but not for longer than the operation lasts and no pack has failed. */
  private void acquire(Operation op, Semaphore permits) {
    try {
      do {
        op.check();
        synchronized (this) {
          check();
        }
      } while (!permits.tryAcquire(100, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Cancelled("Interrupted");
    }
  }

  private int limit(BlobType type) {
    return type == BlobType.DATA ? packSize : Math.min(packSize, TREES);
  }

  private Semaphore slots(BlobType type) {
    return type == BlobType.DATA ? openDataPacks : openTreePacks;
  }

  private ArrayDeque<PackBuilder> open(BlobType type) {
    return type == BlobType.DATA ? openData : openTrees;
  }

  /** Takes over a permit of {@link #connections}. */
  private void upload(Operation op, PackBuilder builder) {
    PackBuilder.Pack pack;
    try {
      pack = builder.finish();
    } catch (RuntimeException | Error e) {
      fail(connections, e);
      throw e;
    }
    synchronized (this) {
      uploads++;
    }
    try {
      threads.execute(() -> {
        Throwable failure = null;
        try {
          send(op, pack);
        } catch (Throwable e) {
          failure = e;
        }
        uploaded(builder, failure);
      });
    } catch (RuntimeException | Error e) {
      uploaded(builder, e); // there is no thread for it
      throw e;
    }
  }

  private void send(Operation op, PackBuilder.Pack pack) {
    // No hash to check: the key is that of these very bytes.
    var options = new ObjectStore.PutOptions(pack.length(), null, null, null);
    repository
        .store()
        .put(op, RepositoryKeys.pack(pack.id()), pack.bytes(), pack.length(), options);
    stored(op, pack);
  }

  private void uploaded(PackBuilder builder, @Nullable Throwable failure) {
    connections.release();
    synchronized (this) {
      uploads--;
      notifyAll();
      if (failure == null) {
        builder.reset();
        free.push(builder);
      } else {
        fail(failure);
      }
    }
  }

  /** A pack is durable: its blobs exist for us now, and for others with the next index file. */
  private void stored(Operation op, PackBuilder.Pack pack) {
    Map<Id, List<PackedBlob>> full = null;
    synchronized (this) {
      unindexed.put(pack.id(), pack.blobs());
      unindexedBlobs += pack.blobs().size();
      storedBytes += pack.length();
      for (PackedBlob blob : pack.blobs()) {
        repository.index().add(pack.id(), blob);
        pending.remove(new BlobKey(blob.type(), blob.id()));
      }
      boolean old = Duration.between(indexedAt, op.now()).compareTo(INDEX_AGE) > 0;
      if (unindexedBlobs >= INDEX_BLOBS || old) {
        full = takeUnindexed(op);
      }
    }
    if (full != null) {
      repository.save(op, RepositoryKeys.INDEXES, IndexFile.write(full));
    }
  }

  private Map<Id, List<PackedBlob>> takeUnindexed(Operation op) {
    Map<Id, List<PackedBlob>> taken = unindexed;
    unindexed = new LinkedHashMap<>();
    unindexedBlobs = 0;
    indexedAt = op.now();
    return taken;
  }

  @Override
  public void flush(Operation op) {
    List<PackBuilder> open;
    synchronized (this) {
      open = new java.util.ArrayList<>(openData);
      open.addAll(openTrees);
      openData.clear();
      openTrees.clear();
    }
    for (PackBuilder pack : open) {
      connect(op);
      upload(op, pack);
    }
    close();
    Map<Id, List<PackedBlob>> rest;
    synchronized (this) {
      check();
      rest = takeUnindexed(op);
    }
    if (!rest.isEmpty()) {
      repository.save(op, RepositoryKeys.INDEXES, IndexFile.write(rest));
    }
  }

  /** Bytes of packs that were stored. */
  public synchronized long storedBytes() {
    return storedBytes;
  }

  private void check() {
    Operation.rethrow(failed);
  }

  /** Waits for what is on its way; does not flush. */
  @Override
  public void close() {
    synchronized (this) {
      boolean interrupted = false;
      while (uploads > 0) {
        try {
          wait();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
