package dev.holdfast.repository.prune;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.PackWriter;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.RepositoryKeys;
import dev.holdfast.repository.check.IndexRewrite;
import dev.holdfast.repository.index.BlobTable;
import dev.holdfast.repository.lock.HeldLock;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Removes data that no snapshot needs. {@link #mark} may run beside everything else; then {@link
 * #plan} and {@link #run} under one exclusive lock.
 *
 * <p>Wherever it stops, every blob that a snapshot needs is in a pack that an index file names, and
 * no index file names a pack that was removed: new packs and their index are durable before the old
 * index files go, and these before the old packs. The lock is asked before each removal. What a
 * prune left that was stopped, the next one removes.
 */
public final class Prune {

  private static final int REMOVERS = 8;

  private final Repository repository;
  private final PruneOptions options;
  private final PruneProgress progress;
  private @Nullable UsedBlobs used;
  private final Set<Id> marked = new HashSet<>();
  private @Nullable Set<Id> indexes;
  private @Nullable PackUses uses;
  private @Nullable PrunePlan plan;

  /**
   * @param repository whose index is this object's from now on
   */
  public Prune(Repository repository, PruneOptions options, PruneProgress progress) {
    this.repository = repository;
    this.options = options;
    this.progress = progress;
  }

  /**
   * Finds what is needed, without a lock: nothing is relied upon that {@link #plan} does not look
   * at again. If somebody removes something meanwhile, this was in vain.
   */
  public void mark(Operation op) {
    try {
      mark(op, snapshots(op, Set.of()));
    } catch (Failure.Corrupt | Failure.Absent e) {
      forget();
    }
  }

  private void forget() {
    used = null;
    marked.clear();
    indexes = null;
  }

  private Set<Id> snapshots(Operation op, Set<Id> without) {
    Set<Id> ids = new HashSet<>(Repository.names(op, repository.store(), RepositoryKeys.SNAPSHOTS));
    ids.removeAll(without);
    return ids;
  }

  private UsedBlobs mark(Operation op, Set<Id> snapshots) {
    Set<Id> files = new HashSet<>(Repository.names(op, repository.store(), RepositoryKeys.INDEXES));
    if (!files.equals(indexes)) {
      progress.step("loading indexes...");
      repository.index().clear();
      repository.loadIndex(op, null);
      indexes = files;
    }
    UsedBlobs set = used == null ? new UsedBlobs(repository) : used;
    used = set;
    Set<Id> left = new HashSet<>(snapshots);
    left.removeAll(marked);
    if (!left.isEmpty()) {
      progress.step("finding data that is still in use for " + left.size() + " snapshots");
      progress.total("snapshots", left.size());
    }
    for (Id id : left) {
      set.mark(op, Id.parse(repository.snapshot(op, id).tree()));
      marked.add(id);
      progress.advance();
    }
    return set;
  }

  /**
   * Looks at what is there now, and decides. The caller holds an exclusive lock, or changes
   * nothing.
   *
   * @param without snapshots that count as removed
   * @throws Failure.Corrupt if something that a snapshot needs is missing
   */
  public PruneStats plan(Operation op, Set<Id> without) {
    Set<Id> snapshots = snapshots(op, without);
    if (!snapshots.containsAll(marked)) {
      forget(); // some were removed since, and perhaps what they needed, too
    }
    UsedBlobs set = markOrRefuse(op, snapshots);
    progress.step("searching used packs...");
    PackUses found = new PackUses(op, repository, set);
    uses = found;
    plan = new PrunePlan(found, options, repository.config().version());
    return plan.stats();
  }

  private UsedBlobs markOrRefuse(Operation op, Set<Id> snapshots) {
    try {
      return mark(op, snapshots);
    } catch (Failure.Corrupt | Failure.Absent e) {
      throw new Failure.Corrupt(
          e.getMessage(), "nothing was removed; see what is affected with repo check", e);
    }
  }

  /**
   * Does what was planned.
   *
   * @param lock exclusive, held since before {@link #plan}
   * @throws Failure.Locked if the lock was lost; what is there is consistent
   */
  public void run(Operation op, HeldLock lock) {
    PrunePlan todo = plan;
    PackUses found = uses;
    if (todo == null || found == null) {
      throw new IllegalStateException("Nothing was planned");
    }
    plan = null;
    removePacks(op, lock, "deleting unreferenced packs", found.orphans().keySet());
    Set<Id> leaving = todo.leaving();
    repack(op, lock, todo.repack, found, leaving);
    if (!leaving.isEmpty()) {
      found.requireElsewhere(leaving);
      progress.step("rebuilding index");
      IndexRewrite rewrite = new IndexRewrite(repository, lock);
      List<Id> files = Repository.names(op, repository.store(), RepositoryKeys.INDEXES);
      files.forEach(file -> rewrite.without(op, file, leaving));
      lock.check();
      rewrite.finish(op);
    }
    Set<Id> old = new HashSet<>(todo.remove);
    old.addAll(todo.repack);
    removePacks(op, lock, "removing " + old.size() + " old packs", old);
    repository.index().clear();
    forget();
    progress.step("done");
  }

  private void repack(Operation op, HeldLock lock, Set<Id> packs, PackUses found, Set<Id> leaving) {
    List<List<BlobTable.Location>> staying = found.staying(leaving);
    if (packs.isEmpty() && staying.isEmpty()) {
      return;
    }
    progress.step("repacking packs");
    progress.total("packs", packs.size());
    Map<Id, PackUse> repacked = new HashMap<>();
    packs.forEach(pack -> repacked.put(pack, found.use(pack)));
    lock.check();
    try (PackWriter writer = Repack.writer(op, repository)) {
      Repack repack = new Repack(repository, writer, options.uncompressed(), progress);
      repack.run(op, repacked, copy -> found.keeps(copy, leaving));
      repack.confirm(op, staying);
      writer.flush(op);
    }
  }

  private void removePacks(Operation op, HeldLock lock, String step, Collection<Id> packs) {
    if (packs.isEmpty()) {
      return;
    }
    progress.step(step);
    progress.total("packs", packs.size());
    op.forEach(
        packs.iterator(),
        REMOVERS,
        pack -> {
          lock.check();
          repository.store().delete(op, RepositoryKeys.pack(pack));
          progress.advance();
        });
  }
}
