package dev.holdfast.repository.copy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobSink;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.PackWriter;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.index.BlobTable;
import dev.holdfast.repository.index.IdSet;
import dev.holdfast.repository.restore.Workers;
import dev.holdfast.repository.snapshot.SavedSnapshot;
import dev.holdfast.repository.snapshot.Snapshot;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.walk.TreeLoader;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Copies snapshots into another repository, with what it lacks, as restic's {@code copy} does. A
 * copy names the snapshot that it was made of as its original; one that is there already is not
 * made again. Each snapshot is written when all that it needs is durable there. Both indexes are
 * loaded.
 */
public final class SnapshotCopy {

  /** Blobs whose places are held in memory at once. */
  private static final int BATCH = 1 << 16;

  private final Repository source;
  private final Repository target;
  private final CopyProgress progress;
  private final int threads;
  private final TreeLoader trees;
  private final IdSet walked = new IdSet();
  private List<BlobTable.Location> waiting = new ArrayList<>();

  /**
   * @param threads that read, decrypt, compress and encrypt
   */
  public SnapshotCopy(Repository source, Repository target, int threads, CopyProgress progress) {
    this.source = source;
    this.target = target;
    this.threads = threads;
    this.progress = progress;
    this.trees = new TreeLoader(source);
  }

  /**
   * Copies.
   *
   * @param packSize of the packs that are written, bytes
   * @param level zstd level; 0 for data as they are
   * @return how many snapshots were new there
   */
  public int run(Operation op, List<SavedSnapshot> snapshots, int packSize, int level) {
    List<SavedSnapshot> there =
        target.snapshots(op).entrySet().stream()
            .map(entry -> new SavedSnapshot(entry.getKey(), entry.getValue()))
            .toList();
    int copied = 0;
    try (PackWriter sink = new PackWriter(op, target, packSize, level, 2);
        Workers workers = new Workers(threads)) {
      BlobCopy blobs = new BlobCopy(source, sink, workers, progress);
      for (SavedSnapshot snapshot : snapshots) {
        Id known = known(snapshot, there);
        if (known != null) {
          progress.skipped(snapshot, known);
          continue;
        }
        progress.begins(snapshot);
        walk(op, snapshot.tree(), sink, blobs);
        empty(op, blobs);
        sink.flush(op);
        progress.saved(snapshot, target.save(op, copyOf(snapshot)));
        copied++;
      }
    }
    return copied;
  }

  private static String original(SavedSnapshot saved) {
    String original = saved.snapshot().original();
    return original == null ? saved.id().toString() : original;
  }

  private static Snapshot copyOf(SavedSnapshot saved) {
    Snapshot snapshot = saved.snapshot();
    return snapshot.with(snapshot.tree(), null, original(saved), snapshot.tags());
  }

  private static @Nullable Id known(SavedSnapshot wanted, List<SavedSnapshot> there) {
    for (SavedSnapshot other : there) {
      boolean same =
          original(other).equals(original(wanted))
              || other.id().toString().equals(original(wanted));
      if (same && similar(other, wanted)) {
        return other.id();
      }
    }
    return null;
  }

  /** Equal but for parent and original: restic's rule. */
  private static boolean similar(SavedSnapshot a, SavedSnapshot b) {
    return a.time().equals(b.time()) && compared(a.snapshot()).equals(compared(b.snapshot()));
  }

  private static List<@Nullable Object> compared(Snapshot snapshot) {
    return Arrays.asList(
        snapshot.tree(),
        snapshot.hostname(),
        snapshot.username(),
        snapshot.uid(),
        snapshot.gid(),
        snapshot.pathsOrEmpty(),
        snapshot.excludes() == null ? List.of() : snapshot.excludes(),
        snapshot.tagsOrEmpty());
  }

  private void walk(Operation op, Id root, BlobSink sink, BlobCopy blobs) {
    ArrayDeque<Id> open = new ArrayDeque<>(List.of(root));
    while (!open.isEmpty()) {
      Id tree = open.pop();
      if (!walked.add(tree)) {
        continue;
      }
      want(op, sink, BlobType.TREE, List.of(tree));
      trees.read(
          op,
          tree,
          node -> {
            want(op, sink, BlobType.DATA, content(node));
            if (node.subtree() != null) {
              open.push(node.subtree());
            }
          });
      if (waiting.size() >= BATCH) {
        empty(op, blobs);
      }
    }
  }

  private static List<Id> content(Node node) {
    return node.content() == null ? List.of() : node.content();
  }

  private void want(Operation op, BlobSink sink, BlobType type, List<Id> ids) {
    var missing = sink.missing(op, type, ids);
    for (int i = missing.nextSetBit(0); i >= 0; i = missing.nextSetBit(i + 1)) {
      BlobTable.Location copy = source.index().find(type, ids.get(i));
      if (copy == null) {
        throw new Failure.Corrupt(
            "The " + type.text() + " blob " + ids.get(i) + " is in no index of the source",
            "the snapshots before this one were copied; run repo check on the source",
            null);
      }
      waiting.add(copy);
      progress.found(1, copy.blob().length());
    }
  }

  private void empty(Operation op, BlobCopy blobs) {
    List<BlobTable.Location> batch = waiting;
    waiting = new ArrayList<>();
    blobs.run(op, batch);
  }
}
