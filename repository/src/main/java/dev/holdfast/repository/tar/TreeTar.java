package dev.holdfast.repository.tar;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.tree.Mode;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawPath;
import dev.holdfast.repository.walk.TreeLoader;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes a snapshot's tree as a tar stream, a few blobs read ahead. Sockets, which no tar holds,
 * are left out.
 */
public final class TreeTar {

  private static final int AHEAD = 8;

  private final Repository repository;
  private final TreeLoader trees;
  private final LongConsumer progress;

  /** Inode and device → the first path with them. */
  private final Map<List<Long>, RawPath> links = new HashMap<>();

  /**
   * @param repository with its index loaded
   * @param progress told of bytes of content
   */
  public TreeTar(Repository repository, LongConsumer progress) {
    this.repository = repository;
    this.trees = new TreeLoader(repository);
    this.progress = progress;
  }

  /**
   * Writes what is in the tree, end mark included.
   *
   * @throws Failure.Corrupt if something is damaged: the stream then stops without its end mark
   * @throws IOException if it cannot be written
   */
  public void write(Operation op, Id tree, OutputStream out) throws IOException {
    TarOutput tar = new TarOutput(out);
    directory(op, tree, RawPath.of(""), tar);
    tar.finish();
  }

  private void directory(Operation op, Id tree, RawPath path, TarOutput tar) throws IOException {
    List<Node> nodes = new ArrayList<>();
    trees.read(op, tree, nodes::add);
    for (Node node : nodes) {
      op.check();
      if (!node.name().isSafe()) {
        throw new Failure.Corrupt("A tree has an impossible name: " + node.name());
      }
      RawPath own = path.child(node.name());
      if (node.type() != NodeType.SOCKET && node.type() != NodeType.IRREGULAR) {
        entry(op, node, own, tar);
      }
      if (node.type() == NodeType.DIR && node.subtree() != null) {
        directory(op, node.subtree(), own, tar);
      }
    }
  }

  private void entry(Operation op, Node node, RawPath path, TarOutput tar) throws IOException {
    RawPath first = first(node, path);
    boolean content = node.type() == NodeType.FILE && first == null;
    List<Id> blobs =
        content ? Objects.requireNonNullElse(node.content(), List.<Id>of()) : List.of();
    tar.entry(
        new TarEntry(
            path,
            node.type(),
            Mode.toPermissions(node.mode()),
            node.uid(),
            node.gid(),
            "",
            "",
            content ? node.size() : 0,
            node.mtime().toInstant(),
            node.linkTarget(),
            first,
            node.device(),
            node.xattrs()));
    content(op, blobs, tar);
  }

  /** The path that this one is another name of, or null. */
  private @Nullable RawPath first(Node node, RawPath path) {
    return node.type() == NodeType.FILE && node.links() > 1
        ? links.putIfAbsent(List.of(node.inode(), node.deviceId()), path)
        : null;
  }

  private void content(Operation op, List<Id> blobs, TarOutput tar) throws IOException {
    ArrayDeque<CompletableFuture<byte[]>> ahead = new ArrayDeque<>();
    int next = 0;
    while (next < blobs.size() || !ahead.isEmpty()) {
      while (next < blobs.size() && ahead.size() < AHEAD) {
        Id id = blobs.get(next++);
        ahead.add(op.fork(() -> repository.load(op, BlobType.DATA, id)));
      }
      byte[] bytes = Operation.join(ahead.remove());
      tar.write(bytes, 0, bytes.length);
      progress.accept(bytes.length);
    }
  }
}
