package dev.holdfast.repository.report;

import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.index.BlobTable;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawName;
import dev.holdfast.repository.tree.TreeWriter;
import dev.holdfast.repository.walk.TreeLoader;
import java.util.Arrays;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What differs between two trees, as restic's diff tells it. */
public final class SnapshotDiff {

  /** Told of each difference. */
  @FunctionalInterface
  public interface Listener {

    /**
     * @param modifier {@code +} new, {@code -} gone, {@code M} other content, {@code T} other type,
     *     {@code U} other metadata, {@code ?} other content with equal metadata: perhaps damage
     * @param path a directory's ends with a slash
     */
    void change(String modifier, String path);
  }

  /** Entries and blobs that only one side has. */
  public static final class Side {
    private long files;
    private long dirs;
    private long others;
    private long dataBlobs;
    private long treeBlobs;
    private long bytes;

    public long files() {
      return files;
    }

    public long dirs() {
      return dirs;
    }

    public long others() {
      return others;
    }

    public long dataBlobs() {
      return dataBlobs;
    }

    public long treeBlobs() {
      return treeBlobs;
    }

    /** Of blobs, without compression. */
    public long bytes() {
      return bytes;
    }

    private void count(Node node) {
      switch (node.type()) {
        case FILE -> files++;
        case DIR -> dirs++;
        default -> others++;
      }
    }
  }

  /**
   * @param changedFiles files with other content
   */
  public record Outcome(long changedFiles, Side added, Side removed) {}

  private final Repository repository;
  private final TreeLoader trees;
  private final boolean metadata;
  private final Listener listener;
  private final BlobSet before = new BlobSet();
  private final BlobSet after = new BlobSet();
  private final BlobSet common = new BlobSet();
  private final Side added = new Side();
  private final Side removed = new Side();
  private long changedFiles;

  /**
   * @param metadata whether changes of metadata alone are told, too
   */
  public SnapshotDiff(Repository repository, boolean metadata, Listener listener) {
    this.repository = repository;
    this.trees = new TreeLoader(repository);
    this.metadata = metadata;
    this.listener = listener;
  }

  public Outcome run(Operation op, Id first, Id second) {
    before.trees.add(first);
    after.trees.add(second);
    compare(op, "/", first, second);
    measure(before, after, removed);
    measure(after, before, added);
    return new Outcome(changedFiles, added, removed);
  }

  private SortedMap<RawName, Node> nodes(Operation op, Id tree) {
    SortedMap<RawName, Node> nodes = new TreeMap<>();
    trees.read(op, tree, node -> nodes.put(node.name(), node));
    return nodes;
  }

  private void compare(Operation op, String prefix, Id first, Id second) {
    SortedMap<RawName, Node> old = nodes(op, first);
    SortedMap<RawName, Node> now = nodes(op, second);
    SortedMap<RawName, Node> all = new TreeMap<>(old);
    all.putAll(now);
    for (RawName name : all.keySet()) {
      @Nullable Node a = old.get(name);
      @Nullable Node b = now.get(name);
      if (a != null) {
        before.add(a);
      }
      if (b != null) {
        after.add(b);
      }
      if (a != null && b != null) {
        both(op, prefix, a, b);
      } else if (b != null) {
        one(op, prefix, b, "+", added, after);
      } else if (a != null) {
        one(op, prefix, a, "-", removed, before);
      }
    }
  }

  private void both(Operation op, String prefix, Node a, Node b) {
    String path = prefix + b.name() + (b.type() == NodeType.DIR ? "/" : "");
    String modifier = a.type() == b.type() ? "" : "T";
    boolean files = a.type() == NodeType.FILE && b.type() == NodeType.FILE;
    if (files && !Objects.equals(a.content(), b.content())) {
      changedFiles++;
      modifier += sameBut(a, b) ? "M?" : "M";
    } else if (metadata && !same(a, b)) {
      modifier += "U";
    }
    if (!modifier.isEmpty()) {
      listener.change(modifier, path);
    }
    Id first = a.subtree();
    Id second = b.subtree();
    if (first != null && second != null) {
      if (first.equals(second)) {
        collect(op, second, common);
      } else {
        compare(op, path, first, second);
      }
    }
  }

  /** Equal but for their content. */
  private static boolean sameBut(Node a, Node b) {
    return same(
        a.withContent(java.util.List.of(), a.size()), b.withContent(java.util.List.of(), b.size()));
  }

  /** Nodes are the same if a tree would hold the same text for them. */
  private static boolean same(Node a, Node b) {
    return Arrays.equals(text(a), text(b));
  }

  private static byte[] text(Node node) {
    TreeWriter tree = new TreeWriter();
    tree.add(node);
    return tree.finish();
  }

  /** An entry that only one side has, with everything below it. */
  private void one(
      Operation op, String prefix, Node node, String modifier, Side side, BlobSet blobs) {
    String path = prefix + node.name() + (node.type() == NodeType.DIR ? "/" : "");
    listener.change(modifier, path);
    side.count(node);
    if (node.subtree() != null) {
      trees
          .nodes(op, node.subtree())
          .forEach(child -> {
            blobs.add(child);
            one(op, path, child, modifier, side, blobs);
          });
    }
  }

  private void collect(Operation op, Id tree, BlobSet blobs) {
    blobs.trees.add(tree);
    for (Node node : trees.nodes(op, tree)) {
      blobs.add(node);
      if (node.subtree() != null) {
        collect(op, node.subtree(), blobs);
      }
    }
  }

  /** Counts the blobs that are on this side only. */
  private void measure(BlobSet own, BlobSet other, Side side) {
    for (BlobType type : BlobType.values()) {
      for (Id id : own.of(type)) {
        if (!other.of(type).contains(id) && !common.of(type).contains(id)) {
          if (type == BlobType.DATA) {
            side.dataBlobs++;
          } else {
            side.treeBlobs++;
          }
          BlobTable.Location copy = repository.index().find(type, id);
          side.bytes += copy == null ? 0 : copy.blob().plainLength();
        }
      }
    }
  }
}
