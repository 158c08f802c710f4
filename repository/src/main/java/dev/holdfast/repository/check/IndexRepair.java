package dev.holdfast.repository.check;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.RepositoryKeys;
import dev.holdfast.repository.index.IndexFile;
import dev.holdfast.repository.lock.HeldLock;
import dev.holdfast.repository.pack.PackHeader;
import dev.holdfast.repository.pack.PackedBlob;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes the index say what the packs hold, as restic's {@code repair index} does: packs that no
 * index has, or that it has wrongly, are read from their headers; packs that are gone are taken
 * out. The caller holds an exclusive lock.
 */
public final class IndexRepair {

  private static final int READERS = 8;

  private final Repository repository;
  private final boolean readAll;
  private final RepairProgress progress;

  /**
   * @param readAll believe no index: read the header of every pack
   */
  public IndexRepair(Repository repository, boolean readAll, RepairProgress progress) {
    this.repository = repository;
    this.readAll = readAll;
    this.progress = progress;
  }

  /**
   * What was done.
   *
   * @param added packs that were read from their headers
   * @param removed packs that the index named and that are not there
   * @param unreadable packs without a readable header: what the index knew of them stays in it,
   *     else what they hold is lost unless another pack has it
   * @param replaced index files that were deleted
   */
  public record Outcome(int added, List<Id> removed, List<Id> unreadable, int replaced) {

    public Outcome {
      removed = List.copyOf(removed);
      unreadable = List.copyOf(unreadable);
    }
  }

  /**
   * Repairs.
   *
   * @param lock asked before anything is deleted; null if the caller holds none
   */
  public Outcome run(Operation op, @Nullable HeldLock lock) {
    IndexRewrite rewrite = new IndexRewrite(repository, lock);
    List<Id> indexes = Repository.names(op, repository.store(), RepositoryKeys.INDEXES);
    PackTable known = new PackTable();
    progress.step("loading indexes...");
    List<Id> readable = load(op, indexes, known, rewrite);
    progress.step("getting pack files to read...");
    Map<Id, Long> unknown = new TreeMap<>();
    Set<Id> listed = list(op, known, unknown);
    List<Id> removed = new ArrayList<>();
    for (Id pack : known.names()) {
      if (!listed.contains(pack)) {
        removed.add(pack);
        progress.note("removing not found pack file " + pack);
      }
    }
    List<Id> unreadable = readHeaders(op, unknown, known, rewrite);
    progress.step("rebuilding index");
    Set<Id> wrong = new HashSet<>(unknown.keySet());
    // Where only the end of a pack is damaged, the old entry is all that leads to its blobs.
    unreadable.forEach(wrong::remove);
    wrong.addAll(removed);
    readable.forEach(index -> rewrite.without(op, index, wrong));
    int replaced = rewrite.finish(op);
    return new Outcome(unknown.size() - unreadable.size(), removed, unreadable, replaced);
  }

  /** Index files that can be read; the others are dropped. */
  private List<Id> load(Operation op, List<Id> indexes, PackTable known, IndexRewrite rewrite) {
    List<Id> readable = new ArrayList<>();
    op.forEach(
        indexes.iterator(),
        READERS,
        index -> {
          Map<Id, PackTable.Entry> file = new HashMap<>();
          try {
            IndexFile.read(
                repository.load(op, RepositoryKeys.INDEXES, index),
                "Index " + index.shortText(),
                (pack, blob) ->
                    file.computeIfAbsent(pack, none -> new PackTable.Entry()).add(blob));
            known.merge(file);
            synchronized (readable) {
              readable.add(index);
            }
          } catch (Failure.Corrupt e) {
            progress.note("removing invalid index " + index + ": " + e.getMessage());
            rewrite.drop(index);
          }
        });
    return readable;
  }

  /** All packs that there are; those that the index has not, or wrongly, go to {@code unknown}. */
  private Set<Id> list(Operation op, PackTable known, Map<Id, Long> unknown) {
    Set<Id> listed = new HashSet<>();
    repository
        .store()
        .listAll(
            op,
            RepositoryKeys.PACKS,
            meta -> {
              String name = meta.key().substring(meta.key().lastIndexOf('/') + 1);
              if (Id.isHex(name)) {
                Id pack = Id.parse(name);
                listed.add(pack);
                compare(pack, known.get(pack), meta.size(), unknown);
              }
            });
    return listed;
  }

  private void compare(Id pack, PackTable.Entry entry, long size, Map<Id, Long> unknown) {
    if (entry.blobs() == 0) {
      progress.note("adding pack file to index " + pack);
    } else if (entry.size() != size) {
      progress.note(
          "reindexing pack file "
              + pack
              + " with unexpected size "
              + size
              + " instead of "
              + entry.size());
    } else if (entry.differs() || entry.repeated()) {
      progress.note("reindexing pack file " + pack + " that several indexes have");
    } else if (!readAll) {
      return;
    }
    unknown.put(pack, size);
  }

  private List<Id> readHeaders(
      Operation op, Map<Id, Long> packs, PackTable known, IndexRewrite rewrite) {
    List<Id> unreadable = new ArrayList<>();
    if (packs.isEmpty()) {
      return unreadable;
    }
    progress.step("reading pack files");
    progress.total(packs.size());
    op.forEach(
        packs.entrySet().iterator(),
        READERS,
        pack -> {
          try {
            List<PackedBlob> blobs = repository.packHeader(op, pack.getKey(), pack.getValue());
            if (PackHeader.packSize(blobs) != pack.getValue()) {
              throw new Failure.Corrupt("its size is not that of its blobs");
            }
            rewrite.add(op, pack.getKey(), blobs);
          } catch (Failure.Corrupt e) {
            boolean indexed = known.get(pack.getKey()).blobs() > 0;
            progress.lost(
                (indexed ? "kept as indexed, though damaged, " : "skipped incomplete ")
                    + "pack file "
                    + pack.getKey()
                    + ": "
                    + e.getMessage());
            synchronized (unreadable) {
              unreadable.add(pack.getKey());
            }
          }
          progress.advance();
        });
    unreadable.sort(null);
    return unreadable;
  }
}
