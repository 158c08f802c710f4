package dev.holdfast.repository.backup;

import dev.holdfast.model.Failure;
import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.tree.RawName;
import dev.holdfast.repository.tree.RawPath;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How the top of a snapshot looks: the components of every target as restic builds them. {@code
 * /a/b} gives {@code a} with {@code b} in it; {@code b} gives {@code b}; a directory without a name
 * ({@code .}, {@code /}, {@code ..}) gives its entries. Targets of one name from different places
 * become {@code name}, {@code name-1}, …
 */
public final class Targets {

  /**
   * A node above or at a target.
   *
   * @param saved what is saved here; null above the targets
   * @param explicit named by the user, so that no pattern leaves it out
   * @param metadata the directory that this one's metadata is taken from, above a target
   * @param root the directory in which the first component was looked for
   */
  record Node(
      @Nullable RawPath saved,
      boolean explicit,
      @Nullable RawPath metadata,
      RawPath root,
      Map<RawName, Node> children) {

    static Node above(RawPath root) {
      return new Node(null, false, null, root, new TreeMap<>());
    }

    Node saving(RawPath path, boolean explicit) {
      return new Node(path, explicit, metadata, root, children);
    }

    Node describedBy(RawPath directory) {
      return new Node(saved, explicit, directory, root, children);
    }
  }

  private final Map<RawName, Node> nodes = new TreeMap<>();

  private Targets() {}

  /**
   * Looks at what the targets name; a directory without a name is listed.
   *
   * @throws Failure.Invalid if two targets mean the same place in different words
   */
  public static Targets of(List<RawPath> paths) {
    Targets targets = new Targets();
    SequencedMap<RawPath, Boolean> resolved = new LinkedHashMap<>();
    for (RawPath path : new LinkedHashSet<>(paths)) {
      if (!path.below().isEmpty()) {
        resolved.putIfAbsent(path, true);
      } else {
        try (Directory directory = Directory.open(path)) {
          directory.list().forEach(name -> resolved.putIfAbsent(path.child(name), false));
        }
      }
    }
    resolved.forEach(targets::add);
    unroll(targets.nodes);
    return targets;
  }

  Map<RawName, Node> nodes() {
    return nodes;
  }

  private void add(RawPath path, boolean explicit) {
    RawPath root = path.base();
    List<RawName> names = path.below();
    RawName name = names.getFirst();
    for (int i = 1; nodes.containsKey(name) && !nodes.get(name).root().equals(root); i++) {
      name = RawName.of(names.getFirst() + "-" + i);
    }
    Node node = nodes.getOrDefault(name, Node.above(root));
    nodes.put(name, add(node, path, explicit, root.child(names.getFirst()), names, 1));
  }

  /** Puts the rest of a path, from {@code depth} on, below the node. */
  private static Node add(
      Node node, RawPath path, boolean explicit, RawPath here, List<RawName> names, int depth) {
    if (depth == names.size()) {
      if (node.saved() != null && node.explicit() && !node.saved().equals(path)) {
        throw new Failure.Invalid("'" + path + "' is named twice, by different words");
      }
      return node.saving(path, explicit);
    }
    RawName name = names.get(depth);
    Node child = node.children().getOrDefault(name, Node.above(node.root()));
    node.children().put(name, add(child, path, explicit, here.child(name), names, depth + 1));
    return node.describedBy(here);
  }

  /** A target that has targets below it becomes its entries. */
  private static void unroll(Map<RawName, Node> nodes) {
    for (Map.Entry<RawName, Node> entry : nodes.entrySet()) {
      Node node = entry.getValue();
      RawPath saved = node.saved();
      if (saved != null && !node.children().isEmpty()) {
        try (Directory directory = Directory.open(saved)) {
          for (RawName name : directory.list()) {
            Node child = node.children().getOrDefault(name, Node.above(node.root()));
            if (child.saved() == null) {
              node.children().put(name, child.saving(saved.child(name), child.explicit()));
            }
          }
        }
        entry.setValue(new Node(null, false, saved, node.root(), node.children()));
      }
      unroll(node.children());
    }
  }
}
