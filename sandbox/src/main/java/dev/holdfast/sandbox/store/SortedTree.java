package dev.holdfast.sandbox.store;

import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * An immutable sorted map from key to object: a treap whose priorities are hashes of the keys. A
 * change copies one path and leaves the old tree valid, so that a list, and each page of a paged
 * one, reads a consistent state while writers go on, without a copy and without a lock.
 */
final class SortedTree {

  static final SortedTree EMPTY = new SortedTree(null, 0);

  private final @Nullable Node root;
  private final int size;

  private SortedTree(@Nullable Node root, int size) {
    this.root = root;
    this.size = size;
  }

  private record Node(
      String key, Stored value, int priority, @Nullable Node left, @Nullable Node right) {
    Node left(@Nullable Node node) {
      return new Node(key, value, priority, node, right);
    }

    Node right(@Nullable Node node) {
      return new Node(key, value, priority, left, node);
    }
  }

  int size() {
    return size;
  }

  @Nullable Stored get(String key) {
    Node node = root;
    while (node != null) {
      int order = key.compareTo(node.key);
      if (order == 0) {
        return node.value;
      }
      node = order < 0 ? node.left : node.right;
    }
    return null;
  }

  SortedTree with(String key, Stored value) {
    int more = get(key) == null ? 1 : 0;
    return new SortedTree(put(root, key, value), size + more);
  }

  SortedTree without(String key) {
    return get(key) == null ? this : new SortedTree(remove(root, key), size - 1);
  }

  private static Node put(@Nullable Node node, String key, Stored value) {
    if (node == null) {
      return new Node(key, value, priority(key), null, null);
    }
    int order = key.compareTo(node.key);
    if (order == 0) {
      return new Node(key, value, node.priority, node.left, node.right);
    }
    if (order < 0) {
      Node left = put(node.left, key, value);
      return left.priority > node.priority ? left.right(node.left(left.right)) : node.left(left);
    }
    Node right = put(node.right, key, value);
    return right.priority > node.priority ? right.left(node.right(right.left)) : node.right(right);
  }

  private static @Nullable Node remove(@Nullable Node node, String key) {
    if (node == null) {
      return null;
    }
    int order = key.compareTo(node.key);
    if (order == 0) {
      return merge(node.left, node.right);
    }
    return order < 0 ? node.left(remove(node.left, key)) : node.right(remove(node.right, key));
  }

  private static @Nullable Node merge(@Nullable Node left, @Nullable Node right) {
    if (left == null || right == null) {
      return left == null ? right : left;
    }
    return left.priority > right.priority
        ? left.right(merge(left.right, right))
        : right.left(merge(left, right.left));
  }

  /**
   * Visits values in key order, from the first key that is not below {@code from}, while told to.
   */
  void walk(String from, Predicate<Stored> visitor) {
    walk(root, from, visitor);
  }

  private static boolean walk(@Nullable Node node, String from, Predicate<Stored> visitor) {
    if (node == null) {
      return true;
    }
    int order = from.compareTo(node.key);
    if (order < 0 && !walk(node.left, from, visitor)) {
      return false;
    }
    if (order <= 0 && !visitor.test(node.value)) {
      return false;
    }
    return walk(node.right, from, visitor);
  }

  private static int priority(String key) {
    int h = key.hashCode() * 0x9E3779B9;
    h ^= h >>> 15;
    h *= 0x85EBCA6B;
    return h ^ h >>> 13;
  }
}
