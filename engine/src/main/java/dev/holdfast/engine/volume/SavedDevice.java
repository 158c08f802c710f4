package dev.holdfast.engine.volume;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.dump.Dump;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.walk.TreeLoader;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/** The content of a block device in a snapshot: its one file. */
final class SavedDevice {

  private final Dump dump;
  private final Node file;

  /**
   * Finds it.
   *
   * @throws Failure.Corrupt if the snapshot holds anything else
   */
  SavedDevice(Operation op, Repository repository, Id tree) {
    TreeLoader trees = new TreeLoader(repository);
    List<Node> nodes = new ArrayList<>();
    trees.read(op, tree, nodes::add);
    if (nodes.size() != 1 || nodes.getFirst().type() != NodeType.FILE) {
      throw new Failure.Corrupt("the snapshot is not that of a block device: it is not one file");
    }
    this.dump = new Dump(repository, trees);
    this.file = nodes.getFirst();
  }

  /** In bytes. */
  long size() {
    return file.size();
  }

  /**
   * Writes all of it.
   *
   * @param progress told of bytes
   */
  void write(Operation op, OutputStream out, LongConsumer progress) throws IOException {
    dump.file(
        op,
        file,
        new FilterOutputStream(out) {
          @Override
          public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
            progress.accept(length);
          }
        });
  }
}
