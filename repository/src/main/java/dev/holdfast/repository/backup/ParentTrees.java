package dev.holdfast.repository.backup;

import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawName;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The trees of the parent snapshot, asked for while a backup walks. */
public interface ParentTrees {

  /** No parent: everything is new. */
  ParentTrees NONE =
      new ParentTrees() {
        @Override
        public Tree load(Operation op, @Nullable Id id) {
          return new Tree(List.of());
        }

        @Override
        public boolean stored(Operation op, List<Id> content) {
          return false;
        }
      };

  /** One directory as it was. */
  final class Tree {
    private final Map<RawName, Node> nodes = new HashMap<>();

    public Tree(List<Node> nodes) {
      nodes.forEach(node -> this.nodes.put(node.name(), node));
    }

    /** The node of this name, or null. */
    @Nullable Node named(RawName name) {
      return nodes.get(name);
    }

    /** Whether these are its nodes, the very same objects, and all of them. */
    @SuppressWarnings("ReferenceEquality") // a node that was made anew differs in something
    boolean is(List<Node> others) {
      return others.size() == nodes.size()
          && others.stream().allMatch(node -> nodes.get(node.name()) == node);
    }

    /** The node of this name if it was of this type. */
    @Nullable Node find(RawName name, NodeType type) {
      Node node = nodes.get(name);
      return node != null && node.type() == type ? node : null;
    }
  }

  /** The tree, empty for null and for one that cannot be read: then its files are read again. */
  Tree load(Operation op, @Nullable Id id);

  /** Whether all of these data blobs are in the index. */
  boolean stored(Operation op, List<Id> content);
}
