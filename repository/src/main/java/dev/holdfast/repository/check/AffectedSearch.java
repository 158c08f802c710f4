package dev.holdfast.repository.check;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.index.IdSet;
import dev.holdfast.repository.snapshot.SavedSnapshot;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.walk.TreeLoader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds the files that need what is lost, snapshot by snapshot. A tree without loss is read once,
 * however many snapshots have it.
 */
final class AffectedSearch {

  private final TreeLoader trees;
  private final Losses losses;
  private final IdSet whole = new IdSet();
  private long entries;
  private List<String> paths = new ArrayList<>();

  AffectedSearch(Repository repository, Losses losses) {
    this.trees = new TreeLoader(repository);
    this.losses = losses;
  }

  /** What the snapshot lacks, if anything. */
  Optional<AffectedSnapshot> of(Operation op, SavedSnapshot snapshot) {
    entries = 0;
    paths = new ArrayList<>();
    below(op, snapshot.tree(), "");
    return entries == 0
        ? Optional.empty()
        : Optional.of(new AffectedSnapshot(snapshot, entries, paths));
  }

  private boolean below(Operation op, Id tree, String path) {
    op.check();
    if (whole.contains(tree)) {
      return true;
    }
    List<Node> nodes;
    try {
      if (losses.lost(BlobType.TREE, tree)) {
        affected(path.isEmpty() ? "/" : path);
        return false;
      }
      nodes = trees.nodes(op, tree);
    } catch (Failure.Corrupt | Failure.Absent e) {
      affected(path.isEmpty() ? "/" : path);
      return false;
    }
    boolean complete = true;
    for (Node node : nodes) {
      String child = path + "/" + node.name();
      if (node.type() == NodeType.DIR && node.subtree() != null) {
        complete &= below(op, node.subtree(), child);
      } else if (lacks(node)) {
        affected(child);
        complete = false;
      }
    }
    if (complete) {
      whole.add(tree);
    }
    return complete;
  }

  private boolean lacks(Node node) {
    return switch (node.type()) {
      case FILE ->
          node.content() == null
              || node.content().stream().anyMatch(blob -> losses.lost(BlobType.DATA, blob));
      case DIR, IRREGULAR -> true;
      default -> false;
    };
  }

  private void affected(String path) {
    entries++;
    if (paths.size() < AffectedSnapshot.NAMED) {
      paths.add(path);
    }
  }
}
