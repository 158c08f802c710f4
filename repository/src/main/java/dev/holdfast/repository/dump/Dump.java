package dev.holdfast.repository.dump;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawName;
import dev.holdfast.repository.walk.TreeLoader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Writes a file of a snapshot, or a directory as a tar archive, to a stream. */
public final class Dump {

  private final FileContent content;
  private final TreeLoader trees;

  public Dump(Repository repository, TreeLoader trees) {
    this.content = new FileContent(repository);
    this.trees = trees;
  }

  /**
   * The content of a file.
   *
   * @throws Failure.Corrupt if a blob cannot be had; what came before it is written
   */
  public void file(Operation op, Node node, OutputStream out) throws IOException {
    content.write(op, ids(node), out);
    out.flush();
  }

  /**
   * A directory's content as a tar archive in the pax format: every kind of entry, owners, times to
   * the nanosecond, extended attributes; further names of a file are hard links. Sockets are left
   * out.
   *
   * @param path of the directory in the snapshot, which names in the archive begin with
   */
  public void tar(Operation op, Id tree, List<RawName> path, OutputStream out) throws IOException {
    TarWriter tar = new TarWriter(out);
    ByteArrayOutputStream prefix = new ByteArrayOutputStream();
    for (RawName name : path) {
      prefix.writeBytes(name.bytes());
      prefix.write('/');
    }
    directory(op, tree, prefix.toByteArray(), tar, out, new HashMap<>());
    tar.finish();
    out.flush();
  }

  private void directory(
      Operation op,
      Id tree,
      byte[] prefix,
      TarWriter tar,
      OutputStream out,
      Map<List<Long>, byte[]> linked)
      throws IOException {
    List<Node> nodes = new ArrayList<>();
    trees.read(op, tree, nodes::add);
    for (Node node : nodes) {
      op.check();
      if (!node.name().isSafe()) {
        throw new Failure.Corrupt(
            "A name in the snapshot is invalid: " + node.name(), "restore refuses it, too", null);
      }
      ByteArrayOutputStream name = new ByteArrayOutputStream();
      name.writeBytes(prefix);
      name.writeBytes(node.name().bytes());
      switch (node.type()) {
        case SOCKET, IRREGULAR -> {}
        case DIR -> {
          name.write('/');
          tar.entry(name.toByteArray(), node, 0, null);
          if (node.subtree() != null) {
            directory(op, node.subtree(), name.toByteArray(), tar, out, linked);
          }
        }
        case FILE -> file(op, name.toByteArray(), node, tar, out, linked);
        case SYMLINK, FIFO, BLOCK_DEVICE, CHAR_DEVICE ->
            tar.entry(name.toByteArray(), node, 0, null);
      }
    }
  }

  private void file(
      Operation op,
      byte[] name,
      Node node,
      TarWriter tar,
      OutputStream out,
      Map<List<Long>, byte[]> linked)
      throws IOException {
    if (node.links() > 1) {
      byte[] first = linked.putIfAbsent(List.of(node.inode(), node.deviceId()), name);
      if (first != null) {
        tar.entry(name, node, 0, first);
        return;
      }
    }
    tar.entry(name, node, node.size(), null);
    long written = content.write(op, ids(node), out);
    if (written != node.size()) {
      throw new Failure.Corrupt(
          "The size of " + node.name() + " in the snapshot is not that of its content");
    }
    tar.pad(written);
  }

  private static List<Id> ids(Node node) {
    if (node.type() != NodeType.FILE || node.content() == null) {
      throw new Failure.Invalid("'" + node.name() + "' is a " + node.type().text() + ", no file");
    }
    return node.content();
  }
}
