package dev.holdfast.repository.walk;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawName;
import dev.holdfast.repository.tree.RawPath;
import java.util.Optional;

/** Finds what a path in a snapshot names. */
public final class TreePath {

  private final TreeLoader trees;

  public TreePath(TreeLoader trees) {
    this.trees = trees;
  }

  /**
   * The tree of a directory; the root's for an empty path.
   *
   * @throws Failure.Absent if there is no such directory
   */
  public Id directory(Operation op, Id root, RawPath path) {
    Id tree = root;
    for (RawName name : path.names()) {
      Node node = entry(op, tree, name, path);
      if (node.type() != NodeType.DIR || node.subtree() == null) {
        throw new Failure.Invalid("In the snapshot, '" + path + "' is no directory");
      }
      tree = node.subtree();
    }
    return tree;
  }

  /**
   * The node of a path that has at least one component.
   *
   * @throws Failure.Absent if there is none
   */
  public Node node(Operation op, Id root, RawPath path) {
    return entry(op, directory(op, root, path.parent()), path.names().getLast(), path);
  }

  private Node entry(Operation op, Id tree, RawName name, RawPath path) {
    Node[] found = new Node[1];
    trees.read(
        op,
        tree,
        node -> {
          if (node.name().equals(name)) {
            found[0] = node;
          }
        });
    return Optional.ofNullable(found[0])
        .orElseThrow(() ->
            new Failure.Absent(
                "The snapshot has no '" + path + "'",
                "list what it has with: holdfast repo ls",
                null));
  }
}
