package dev.holdfast.repository.check;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.RepositoryKeys;
import dev.holdfast.repository.index.IndexFile;
import dev.holdfast.repository.lock.HeldLock;
import dev.holdfast.repository.pack.PackedBlob;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes index files anew, one at a time: those that name a pack that is to go, without it, and
 * packs that none names. The old ones are deleted when all new ones are durable, so that a crash
 * leaves both, which is harmless.
 */
public final class IndexRewrite {

  /** As writers close them. */
  private static final int BLOBS = 50_000;

  private final Repository repository;
  private final @Nullable HeldLock lock;
  private final List<Id> obsolete = new ArrayList<>();
  private Map<Id, List<PackedBlob>> waiting = new LinkedHashMap<>();
  private int blobs;

  /**
   * @param lock asked before anything is deleted; null if the caller holds none
   */
  public IndexRewrite(Repository repository, @Nullable HeldLock lock) {
    this.repository = repository;
    this.lock = lock;
  }

  /** Adds a pack, with all of its blobs. */
  synchronized void add(Operation op, Id pack, List<PackedBlob> content) {
    waiting.put(pack, content);
    blobs += content.size();
    if (blobs >= BLOBS) {
      write(op);
    }
  }

  /** An index file that is to go, with all that it says. */
  synchronized void drop(Id index) {
    obsolete.add(index);
  }

  /** Takes packs out of an index file that can be read; leaves it alone if it has none of them. */
  public void without(Operation op, Id index, Set<Id> packs) {
    Map<Id, List<PackedBlob>> kept = new LinkedHashMap<>();
    boolean[] changed = new boolean[1];
    read(op, index, kept, packs, changed);
    if (changed[0]) {
      drop(index);
      kept.forEach((pack, content) -> add(op, pack, content));
    }
  }

  private void read(
      Operation op, Id index, Map<Id, List<PackedBlob>> kept, Set<Id> packs, boolean[] changed) {
    byte[] json = repository.load(op, RepositoryKeys.INDEXES, index);
    IndexFile.read(
        json,
        "Index " + index.shortText(),
        (pack, blob) -> {
          if (packs.contains(pack)) {
            changed[0] = true;
          } else {
            kept.computeIfAbsent(pack, none -> new ArrayList<>()).add(blob);
          }
        });
  }

  private void write(Operation op) {
    if (!waiting.isEmpty()) {
      repository.save(op, RepositoryKeys.INDEXES, IndexFile.write(waiting));
      waiting = new LinkedHashMap<>();
      blobs = 0;
    }
  }

  /**
   * Writes the rest, then deletes what is replaced.
   *
   * @return how many index files were deleted
   * @throws Failure.Locked if the lock was lost; nothing is deleted then
   */
  public synchronized int finish(Operation op) {
    write(op);
    for (Id index : obsolete) {
      if (lock != null) {
        lock.check();
      }
      repository.store().delete(op, RepositoryKeys.INDEXES + index);
    }
    return obsolete.size();
  }
}
