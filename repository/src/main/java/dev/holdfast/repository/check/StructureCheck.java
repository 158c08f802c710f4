package dev.holdfast.repository.check;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.index.BlobTable;
import dev.holdfast.repository.index.IdSet;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.walk.TreeLoader;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads every tree that snapshots have, each once, and looks whether what it names is in the index.
 */
final class StructureCheck {

  private final Repository repository;
  private final TreeLoader trees;
  private final Findings findings;
  private final IdSet seen = new IdSet();
  private final Set<Id> suspects = new HashSet<>();
  private final @Nullable Set<Id> usedPacks;

  /**
   * @param collect whether to collect the packs that are used
   */
  StructureCheck(Repository repository, Findings findings, boolean collect) {
    this.repository = repository;
    this.trees = new TreeLoader(repository);
    this.findings = findings;
    this.usedPacks = collect ? new HashSet<>() : null;
  }

  /** The packs that the snapshots need; null if that was not asked for. */
  @Nullable Set<Id> usedPacks() {
    return usedPacks;
  }

  /** Packs that hold a tree that cannot be read. */
  Set<Id> suspects() {
    return suspects;
  }

  /** Checks everything below a root tree. */
  void run(Operation op, Id root) {
    ArrayDeque<Id> open = new ArrayDeque<>(List.of(root));
    while (!open.isEmpty()) {
      op.check();
      Id tree = open.pop();
      if (seen.add(tree)) {
        used(BlobType.TREE, tree);
        List<String> errors = new ArrayList<>();
        try {
          List<Id> below = new ArrayList<>();
          trees.read(op, tree, node -> node(tree, node, errors, below));
          below.reversed().forEach(open::push);
        } catch (Failure.Corrupt | Failure.Absent e) {
          unreadable(tree, e.getMessage());
        }
        errors.forEach(error -> findings.error("tree " + tree.shortText() + ": " + error));
      }
    }
  }

  private void unreadable(Id tree, String why) {
    List<BlobTable.Location> copies = repository.index().findAll(BlobType.TREE, tree);
    copies.forEach(copy -> suspects.add(copy.pack()));
    String message = "tree " + tree.shortText() + ": " + why;
    if (copies.isEmpty()) {
      findings.unindexed(message);
    } else {
      findings.error(message);
    }
  }

  private void node(Id tree, Node node, List<String> errors, List<Id> below) {
    String name = "'" + node.name() + "'";
    if (!node.name().isSafe()) {
      errors.add("node " + name + " has a name that no file can have");
    }
    if (node.type() == NodeType.FILE) {
      if (node.content() == null) {
        errors.add("file " + name + " has no list of blobs");
        return;
      }
      for (Id blob : node.content()) {
        if (!repository.index().contains(BlobType.DATA, blob)) {
          findings.unindexed(
              "tree "
                  + tree.shortText()
                  + ": file "
                  + name
                  + " blob "
                  + blob
                  + " not found in index");
        }
        used(BlobType.DATA, blob);
      }
    } else if (node.type() == NodeType.DIR) {
      if (node.subtree() == null) {
        errors.add("directory " + name + " has no subtree");
      } else {
        below.add(node.subtree());
      }
    } else if (node.type() == NodeType.IRREGULAR) {
      errors.add("node " + name + " with invalid type 'irregular'");
    }
  }

  private void used(BlobType type, Id blob) {
    if (usedPacks != null) {
      for (BlobTable.Location copy : repository.index().findAll(type, blob)) {
        usedPacks.add(copy.pack());
      }
    }
  }
}
