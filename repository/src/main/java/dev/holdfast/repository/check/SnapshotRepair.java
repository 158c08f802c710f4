package dev.holdfast.repository.check;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.PackWriter;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.RepositoryKeys;
import dev.holdfast.repository.index.BlobTable;
import dev.holdfast.repository.lock.HeldLock;
import dev.holdfast.repository.snapshot.SavedSnapshot;
import dev.holdfast.repository.snapshot.Snapshot;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.TreeWriter;
import dev.holdfast.repository.walk.TreeLoader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes snapshots that have all that they name, out of such that do not: restic's {@code repair
 * snapshots}. Content that no index has is taken out of files, a directory that cannot be read
 * becomes an empty one. The index is loaded; it must be right.
 */
public final class SnapshotRepair {

  /** The tag of a new snapshot beside the old one. */
  private static final String TAG = "repaired";

  private final Repository repository;
  private final TreeLoader trees;
  private final RepairProgress progress;
  private final boolean dryRun;
  private final Map<Id, Id> done = new HashMap<>();

  /**
   * @param dryRun write nothing, only tell
   */
  public SnapshotRepair(Repository repository, boolean dryRun, RepairProgress progress) {
    this.repository = repository;
    this.trees = new TreeLoader(repository);
    this.dryRun = dryRun;
    this.progress = progress;
  }

  /**
   * Repairs a snapshot.
   *
   * @param forget whether the old one goes
   * @param lock asked before anything is deleted; null in a dry run
   * @return whether there was something to repair
   */
  public boolean run(Operation op, SavedSnapshot saved, boolean forget, @Nullable HeldLock lock) {
    try (PackWriter writer = new PackWriter(op, repository, PackWriter.PACK_SIZE, 3, 2)) {
      Id tree = repaired(op, saved.tree(), "", writer);
      if (saved.tree().equals(tree)) {
        return false;
      }
      if (tree == null) {
        remove(op, saved, lock, "empty");
        return true;
      }
      if (dryRun) {
        progress.note("would save new snapshot");
        progress.note(forget ? "would remove old snapshot" : "would keep old snapshot");
        return true;
      }
      writer.flush(op);
      Id id = repository.save(op, mended(saved, tree, forget));
      progress.note("saved new snapshot " + id.shortText());
      if (forget) {
        remove(op, saved, lock, "old");
      }
      return true;
    }
  }

  private static Snapshot mended(SavedSnapshot saved, Id tree, boolean forget) {
    List<String> tags = new ArrayList<>(saved.snapshot().tagsOrEmpty());
    if (!forget && !tags.contains(TAG)) {
      tags.add(TAG);
    }
    Snapshot old = saved.snapshot();
    return old.with(
        tree.toString(), old.parent(), saved.id().toString(), tags.isEmpty() ? null : tags);
  }

  private void remove(Operation op, SavedSnapshot saved, @Nullable HeldLock lock, String which) {
    if (dryRun) {
      progress.note("would remove " + which + " snapshot " + saved.shortId());
      return;
    }
    if (lock != null) {
      lock.check();
    }
    repository.store().delete(op, RepositoryKeys.SNAPSHOTS + saved.id());
    progress.note("removed " + which + " snapshot " + saved.shortId());
  }

  /** The tree without what is lost; null for a root that cannot be read. */
  private @Nullable Id repaired(Operation op, Id tree, String path, PackWriter writer) {
    op.check();
    Id known = done.get(tree);
    if (known != null) {
      return known;
    }
    List<Node> nodes;
    try {
      nodes = trees.nodes(op, tree);
    } catch (Failure.Corrupt | Failure.Absent e) {
      if (path.isEmpty()) {
        progress.note("  dir \"/\": not readable");
        return null;
      }
      progress.note("  dir \"" + path + "\": replaced with empty directory");
      return store(op, List.of(), writer);
    }
    List<Node> kept = new ArrayList<>();
    for (Node node : nodes) {
      Node mended = mended(op, node, path + "/" + node.name(), writer);
      if (mended != null) {
        kept.add(mended);
      }
    }
    Id result = kept.equals(nodes) ? tree : store(op, kept, writer);
    done.put(tree, result);
    return result;
  }

  private @Nullable Node mended(Operation op, Node node, String path, PackWriter writer) {
    return switch (node.type()) {
      case FILE -> file(node, path);
      case DIR -> {
        Id subtree = node.subtree() == null ? null : repaired(op, node.subtree(), path, writer);
        yield node.subtree() != null && node.subtree().equals(subtree)
            ? node
            : node.withSubtree(subtree == null ? store(op, List.of(), writer) : subtree);
      }
      case IRREGULAR -> {
        progress.note("  file \"" + path + "\": removed node with invalid type");
        yield null;
      }
      default -> node;
    };
  }

  private Node file(Node node, String path) {
    List<Id> content = node.content() == null ? List.of() : node.content();
    List<Id> kept = new ArrayList<>();
    long size = 0;
    for (Id blob : content) {
      BlobTable.Location copy = repository.index().find(BlobType.DATA, blob);
      if (copy != null) {
        kept.add(blob);
        size += copy.blob().plainLength();
      }
    }
    if (kept.size() < content.size()) {
      progress.note("  file \"" + path + "\": removed missing content");
    } else if (size != node.size()) {
      progress.note("  file \"" + path + "\": fixed incorrect size");
    } else if (node.content() != null) {
      return node;
    }
    return node.withContent(kept, size);
  }

  private Id store(Operation op, List<Node> nodes, PackWriter writer) {
    TreeWriter tree = new TreeWriter();
    nodes.forEach(tree::add);
    byte[] text = tree.finish();
    Id id = Id.hash(text);
    if (!dryRun && !writer.missing(op, BlobType.TREE, List.of(id)).isEmpty()) {
      writer.put(op, BlobType.TREE, id, text, 0, text.length);
    }
    return id;
  }
}
