package dev.holdfast.repository.walk;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import java.util.List;

/** Visits everything below a tree, each directory before what is in it. */
public final class TreeWalk {

  private final TreeLoader trees;
  private final Visitor visitor;

  /** Sees entries. */
  @FunctionalInterface
  public interface Visitor {

    /**
     * An entry.
     *
     * @param path with a leading slash
     * @param parent the tree that it is in
     * @return whether to go on below it, for a directory
     */
    boolean entry(String path, Node node, Id parent);

    /**
     * A tree cannot be read.
     *
     * @param path of the directory, {@code /} for the root
     */
    default void damaged(String path, Failure.Corrupt why) {
      throw why;
    }
  }

  public TreeWalk(TreeLoader trees, Visitor visitor) {
    this.trees = trees;
    this.visitor = visitor;
  }

  /** Visits what is in the root tree. */
  public void run(Operation op, Id root) {
    below(op, root, "");
  }

  /**
   * Visits what is in a tree.
   *
   * @param path of the tree, empty for the root
   */
  public void below(Operation op, Id tree, String path) {
    List<Node> nodes;
    try {
      nodes = trees.nodes(op, tree);
    } catch (Failure.Corrupt e) {
      visitor.damaged(path.isEmpty() ? "/" : path, e);
      return;
    }
    for (Node node : nodes) {
      String child = path + "/" + node.name();
      if (visitor.entry(child, node, tree)
          && node.type() == NodeType.DIR
          && node.subtree() != null) {
        below(op, node.subtree(), child);
      }
    }
  }
}
