package dev.holdfast.repository.prune;

import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.index.IdSet;
import dev.holdfast.repository.walk.TreeLoader;
import java.util.ArrayDeque;
import java.util.Deque;

/** The blobs that snapshots need: about 50 bytes each. Each tree is read once. */
final class UsedBlobs {

  private final TreeLoader loader;
  private final IdSet data = new IdSet();
  private final IdSet trees = new IdSet();

  UsedBlobs(Repository repository) {
    this.loader = new TreeLoader(repository);
  }

  /**
   * Marks a tree and all below it.
   *
   * @throws dev.holdfast.model.Failure.Corrupt if a tree cannot be read
   */
  void mark(Operation op, Id root) {
    Deque<Id> open = new ArrayDeque<>();
    if (trees.add(root)) {
      open.push(root);
    }
    while (!open.isEmpty()) {
      loader.read(
          op,
          open.pop(),
          node -> {
            if (node.content() != null) {
              node.content().forEach(data::add);
            }
            if (node.subtree() != null && trees.add(node.subtree())) {
              open.push(node.subtree());
            }
          });
    }
  }

  boolean contains(BlobType type, Id id) {
    return (type == BlobType.DATA ? data : trees).contains(id);
  }

  long size() {
    return (long) data.size() + trees.size();
  }
}
