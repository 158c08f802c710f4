package dev.holdfast.repository.report;

import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.tree.Node;
import java.util.HashSet;
import java.util.Set;

/** Distinct blobs. */
final class BlobSet {

  final Set<Id> data = new HashSet<>();
  final Set<Id> trees = new HashSet<>();

  Set<Id> of(BlobType type) {
    return type == BlobType.DATA ? data : trees;
  }

  /** The blobs that a node refers to itself. */
  void add(Node node) {
    if (node.content() != null) {
      data.addAll(node.content());
    }
    if (node.subtree() != null) {
      trees.add(node.subtree());
    }
  }
}
