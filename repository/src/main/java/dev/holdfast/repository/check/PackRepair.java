package dev.holdfast.repository.check;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.PackWriter;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.RepositoryKeys;
import dev.holdfast.repository.lock.HeldLock;
import dev.holdfast.repository.pack.PackedBlob;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Saves from damaged packs what can still be read, into new ones, and removes them: restic's {@code
 * repair packs}. The caller holds an exclusive lock, and has loaded the index.
 */
public final class PackRepair {

  private final Repository repository;
  private final RepairProgress progress;

  public PackRepair(Repository repository, RepairProgress progress) {
    this.repository = repository;
    this.progress = progress;
  }

  /**
   * What was done.
   *
   * @param saved blobs that are in new packs now
   * @param lost blobs that could not be read
   */
  public record Outcome(int saved, int lost) {}

  /**
   * Repairs.
   *
   * @param lock asked before anything is deleted; null if the caller holds none
   */
  public Outcome run(Operation op, Set<Id> packs, @Nullable HeldLock lock) {
    progress.step("salvaging intact data from specified pack files");
    progress.total(packs.size());
    int saved = 0;
    int lost = 0;
    Map<Id, Set<PackedBlob>> blobs = indexed(packs);
    try (PackWriter writer = new PackWriter(op, repository, PackWriter.PACK_SIZE, 3, 2)) {
      for (Id pack : packs) {
        Set<PackedBlob> content = blobs.getOrDefault(pack, new LinkedHashSet<>());
        content.addAll(header(op, pack));
        if (content.isEmpty()) {
          progress.lost("no blobs found for pack " + pack);
        }
        for (PackedBlob blob : content) {
          byte[] sealed = sealed(op, pack, blob);
          if (sealed == null) {
            lost++;
          } else {
            writer.putSealed(op, blob, sealed, 0);
            saved++;
          }
        }
        progress.advance();
      }
      writer.flush(op);
    }
    forget(op, packs, lock);
    return new Outcome(saved, lost);
  }

  private void forget(Operation op, Set<Id> packs, @Nullable HeldLock lock) {
    progress.step("rebuilding index");
    IndexRewrite rewrite = new IndexRewrite(repository, lock);
    for (Id index : Repository.names(op, repository.store(), RepositoryKeys.INDEXES)) {
      rewrite.without(op, index, packs);
    }
    rewrite.finish(op);
    progress.step("removing salvaged pack files");
    for (Id pack : packs) {
      if (lock != null) {
        lock.check();
      }
      repository.store().delete(op, RepositoryKeys.pack(pack));
    }
  }

  private Map<Id, Set<PackedBlob>> indexed(Set<Id> packs) {
    Map<Id, Set<PackedBlob>> blobs = new HashMap<>();
    repository
        .index()
        .forEach(copy -> {
          if (packs.contains(copy.pack())) {
            blobs.computeIfAbsent(copy.pack(), none -> new LinkedHashSet<>()).add(copy.blob());
          }
        });
    return blobs;
  }

  /** What the pack itself says, for where the index is wrong; nothing if it cannot be read. */
  private List<PackedBlob> header(Operation op, Id pack) {
    try {
      return repository
          .store()
          .head(op, RepositoryKeys.pack(pack))
          .map(meta -> repository.packHeader(op, pack, meta.size()))
          .orElse(List.of());
    } catch (Failure.Corrupt | Failure.Absent e) {
      return new ArrayList<>();
    }
  }

  /** The sealed blob, or null if it is damaged. */
  private byte @Nullable [] sealed(Operation op, Id pack, PackedBlob blob) {
    try (InputStream in =
        repository.store().get(op, RepositoryKeys.pack(pack), blob.offset(), blob.length())) {
      byte[] sealed = in.readAllBytes();
      var _ = repository.plainBlobs().open(blob, sealed, 0, sealed.length, pack);
      return sealed;
    } catch (Failure.Corrupt | Failure.Absent e) {
      progress.lost("failed to load blob " + blob.id() + ": " + e.getMessage());
      return null;
    } catch (IOException e) {
      throw new Failure.Unreachable(
          "Pack " + pack.shortText() + " could not be read to its end", null, e);
    }
  }
}
