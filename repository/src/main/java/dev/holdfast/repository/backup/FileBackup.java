package dev.holdfast.repository.backup;

import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobSink;
import dev.holdfast.repository.chunk.Chunker;
import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.posix.OpenFile;
import dev.holdfast.repository.posix.Stat;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawName;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Saves regular files. One that looks the same as in the parent snapshot is not read, nor are its
 * extended attributes where the change time was compared. Thread-safe.
 */
final class FileBackup {

  private final ParentTrees parents;
  private final Comparison comparison;
  private final NodeReader nodes;
  private final BackupProgress progress;
  private final FileChunks chunks;

  FileBackup(
      BlobSink sink,
      Chunker chunker,
      ParentTrees parents,
      Comparison comparison,
      NodeReader nodes,
      BackupProgress progress) {
    this.parents = parents;
    this.comparison = comparison;
    this.nodes = nodes;
    this.progress = progress;
    this.chunks = new FileChunks(chunker, sink, progress);
  }

  /**
   * The node of the file with its content.
   *
   * @param path in the snapshot
   * @param old the same file in the parent snapshot, or null
   */
  Node save(
      Operation op, Directory directory, RawName name, String path, Stat stat, @Nullable Node old)
      throws IOException {
    Node saved =
        old != null && comparison.same(stat, old) && stored(op, old)
            ? unread(directory, name, stat, old)
            : read(op, directory, name, path);
    progress.done(path, saved, old);
    return saved;
  }

  private Node unread(Directory directory, RawName name, Stat stat, Node old) {
    progress.unread(old.size());
    if (comparison.ctime() && nodes.says(old, stat)) {
      return old;
    }
    Node node =
        comparison.ctime()
            ? nodes.withXattrs(name, stat, old.xattrs())
            : nodes.read(directory, name, stat);
    return node.withContent(old.content() == null ? List.of() : old.content(), old.size());
  }

  private Node read(Operation op, Directory directory, RawName name, String path)
      throws IOException {
    try (OpenFile file = directory.read(name)) {
      Stat stat = file.stat();
      if (stat.type() != NodeType.FILE) {
        throw new IOException("it is no regular file any more");
      }
      Node node = nodes.read(file, name, stat);
      FileChunks.Result read = chunks.read(op, new Bytes(file, stat.size()));
      Stat now = file.stat();
      if (now.size() != stat.size()) {
        String how = now.size() < stat.size() ? "shrank" : "grew";
        progress.changed(path, "it %s from %d to %d bytes".formatted(how, stat.size(), now.size()));
      } else if (!now.mtime().equals(stat.mtime())) {
        progress.changed(path, "it was written to");
      }
      return node.withContent(read.content(), read.size());
    }
  }

  /** Whether all of the parent's blobs are still there: else the file is read again. */
  private boolean stored(Operation op, Node old) {
    return old.content() != null && parents.stored(op, old.content());
  }

  /** A file from its start to its end. */
  private static final class Bytes implements FileChunks.Source {
    private final OpenFile file;
    private final long size;
    private long position;
    private boolean end;

    Bytes(OpenFile file, long size) {
      this.file = file;
      this.size = size;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      if (end) {
        return 0;
      }
      int want = Math.min(length, OpenFile.AT_ONCE);
      int got = file.readSome(position, target, offset, want);
      position += got;
      // Less than was asked for, and as much as the file had when it was opened: no call to see 0.
      end = got < want && position >= size;
      return got;
    }
  }
}
