package dev.holdfast.repository.backup;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobSink;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.chunk.Chunker;
import dev.holdfast.repository.snapshot.RootTag;
import dev.holdfast.repository.tar.TarEntry;
import dev.holdfast.repository.tar.TarInput;
import dev.holdfast.repository.tree.Mode;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawName;
import dev.holdfast.repository.tree.RawPath;
import dev.holdfast.repository.tree.TreeWriter;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Saves what a tar stream holds as the content of a directory. The stream comes as tar programs
 * walk: a directory, then all that is in it; its trees are stored as they end. Everything in the
 * stream is read; only new blobs are stored.
 *
 * <p>One thread reads; what it has read is hashed, compressed and stored beside it, of small files
 * too.
 *
 * <p>A hard link becomes a file of its own with the same content. Of each file the ids of its
 * content are kept until the end, in case a link names it.
 */
final class TarBackup {

  private static final int BUFFER = 1 << 16;

  /** Bytes of small files that were read and are not stored yet. */
  private static final long MOST_STORING = 8 << 20;

  private final Trees trees;
  private final FileChunks chunks;
  private final BackupProgress progress;
  private final Deque<Open> open = new ArrayDeque<>();
  private final Map<RawPath, Supplier<FileChunks.Result>> contents = new HashMap<>();
  private final Deque<FileChunks.Small> storing = new ArrayDeque<>();
  private long storingBytes;

  /** A directory that has not ended yet. */
  private static final class Open {
    final RawPath path;
    @Nullable Node node;
    final SortedMap<RawName, Child> children = new TreeMap<>();

    Open(RawPath path) {
      this.path = path;
    }
  }

  /** An entry, whose content may be on its way; null if it has none. */
  private record Child(Node node, @Nullable Supplier<FileChunks.Result> content) {

    Node whole() {
      if (content == null) {
        return node;
      }
      FileChunks.Result stored = content.get();
      return node.withContent(stored.content(), stored.size());
    }
  }

  TarBackup(BlobSink sink, Chunker chunker, BackupProgress progress) {
    this.trees = new Trees(sink, progress);
    this.chunks = new FileChunks(chunker, sink, progress);
    this.progress = progress;
  }

  /**
   * Reads the stream to its end mark.
   *
   * @return the id of the root tree
   * @throws Failure.Corrupt if it is no tar stream, leads out of the directory, or comes back to a
   *     directory that had ended
   * @throws Failure.Unreachable if it breaks off
   */
  Id save(Operation op, InputStream stream, int threads) {
    InputStream buffered = new BufferedInputStream(stream, BUFFER);
    try (ForkJoinPool pool = new ForkJoinPool(1 + threads)) { // one reads, and mostly waits
      return pool.submit(() -> save(op, new TarInput(buffered))).get();
    } catch (ExecutionException e) {
      Throwable cause = e;
      while (!(cause instanceof Failure) && cause.getCause() != null) {
        cause = cause.getCause();
      }
      if (cause instanceof Failure failure) {
        throw failure;
      }
      if (cause instanceof IOException) {
        throw new Failure.Unreachable(
            "The stream of files broke off: " + cause.getMessage(), null, cause);
      }
      Operation.rethrow(cause);
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Cancelled("Interrupted");
    }
  }

  private Id save(Operation op, TarInput tar) throws IOException {
    open.push(new Open(RawPath.of("")));
    for (TarEntry entry = tar.next(); entry != null; entry = tar.next()) {
      op.check();
      RawPath path = inside(entry.path());
      if (path.names().isEmpty()) {
        progress.root(new RootTag(entry.mode(), entry.uid(), entry.gid(), entry.mtime()));
        continue;
      }
      RawName name = path.names().getLast();
      if (!name.isSafe()) {
        throw new Failure.Corrupt("The stream of files has an impossible name: " + path);
      }
      enter(op, path.parent());
      Supplier<FileChunks.Result> content = content(op, tar, entry, path);
      boolean linked = entry.hardLink() != null;
      long size = linked && content != null ? content.get().size() : entry.size();
      Node node = node(entry, name, size);
      Open directory = open.element();
      if (directory.children.putIfAbsent(node.name(), new Child(node, content)) != null) {
        throw new Failure.Corrupt("The stream of files has " + path + " twice");
      }
      if (node.type() == NodeType.DIR) {
        Open child = new Open(path);
        child.node = node;
        open.push(child);
      } else if (node.type() == NodeType.FILE) { // as everywhere: links and devices are no files
        progress.done("/" + path, node, null);
      }
    }
    while (open.size() > 1) {
      leave(op);
    }
    return store(op, open.pop());
  }

  /** Relative to the root, whatever dots and slashes came before. */
  private static RawPath inside(RawPath path) {
    if (path.names().size() != path.below().size()) {
      throw new Failure.Corrupt("The stream of files leads out of its directory: " + path);
    }
    return path.absolute()
        ? RawPath.of(java.util.Arrays.copyOfRange(path.bytes(), 1, path.bytes().length))
        : path;
  }

  /** Ends directories until this one is on top. */
  private void enter(Operation op, RawPath directory) {
    while (!open.element().path.equals(directory) && open.size() > 1) {
      leave(op);
    }
    if (!open.element().path.equals(directory)) {
      throw new Failure.Corrupt(
          "The stream of files has something in " + directory + " outside of it");
    }
  }

  private void leave(Operation op) {
    Open ended = open.pop();
    if (ended.node != null) {
      Node node = ended.node.withSubtree(store(op, ended));
      open.element().children.put(node.name(), new Child(node, null));
      progress.done("/" + ended.path, node, null);
    }
  }

  private Id store(Operation op, Open directory) {
    TreeWriter tree = new TreeWriter();
    directory.children.values().forEach(child -> tree.add(child.whole()));
    return trees.store(op, tree);
  }

  /** Without content. */
  private static Node node(TarEntry entry, RawName name, long size) {
    OffsetDateTime time = entry.mtime().atOffset(ZoneOffset.UTC);
    boolean file = entry.type() == NodeType.FILE;
    return new Node(
        name,
        entry.type(),
        Mode.fromStat(entry.mode() | format(entry.type())),
        time,
        time,
        time,
        entry.uid(),
        entry.gid(),
        entry.user(),
        entry.group(),
        0,
        0,
        size,
        file ? 1 : 0,
        entry.link(),
        entry.xattrs(),
        null,
        entry.device(),
        file ? List.of() : null,
        null,
        "");
  }

  private @Nullable Supplier<FileChunks.Result> content(
      Operation op, TarInput tar, TarEntry entry, RawPath path) throws IOException {
    if (entry.type() != NodeType.FILE) {
      return null;
    }
    if (entry.hardLink() != null) {
      Supplier<FileChunks.Result> linked = contents.get(inside(entry.hardLink()));
      if (linked == null) {
        throw new Failure.Corrupt(
            "The stream of files has "
                + path
                + " as a link to "
                + entry.hardLink()
                + ", which did not come before");
      }
      return linked;
    }
    Supplier<FileChunks.Result> content = read(op, tar, entry.size());
    if (content == null) {
      throw new Failure.Corrupt("The stream of files has only a part of " + path);
    }
    contents.put(path, content);
    return content;
  }

  /** Null if there is less of it. */
  private @Nullable Supplier<FileChunks.Result> read(Operation op, TarInput tar, long size)
      throws IOException {
    if (!FileChunks.small(size)) {
      FileChunks.Result stored = chunks.read(op, tar::read);
      return stored.size() == size ? () -> stored : null;
    }
    FileChunks.Small small = chunks.begin(op, tar::read, (int) size);
    if (small == null) {
      return null;
    }
    storing.add(small);
    storingBytes += size;
    while (storingBytes > MOST_STORING) {
      FileChunks.Small first = storing.remove();
      storingBytes -= first.size();
      var _ = first.join();
    }
    return small::join;
  }

  private static int format(NodeType type) {
    return switch (type) {
      case FILE -> 0100000;
      case DIR -> 0040000;
      case SYMLINK -> 0120000;
      case BLOCK_DEVICE -> 0060000;
      case CHAR_DEVICE -> 0020000;
      case FIFO -> 0010000;
      case SOCKET -> 0140000;
      case IRREGULAR -> 0;
    };
  }
}
