package dev.holdfast.repository.backup;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobSink;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.chunk.Chunker;
import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.posix.OpenFile;
import dev.holdfast.repository.posix.PosixException;
import dev.holdfast.repository.posix.Stat;
import dev.holdfast.repository.tree.Mode;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawName;
import dev.holdfast.repository.tree.TreeWriter;
import java.io.IOException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.RecursiveTask;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiPredicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Saves a directory: its tree and everything below it go to a {@link BlobSink}; the result is the
 * id of its tree. Each directory is a task and long ones are cut into ranges, so that both wide and
 * deep trees use all cores. A file that looks the same as in the parent snapshot (size, mtime,
 * ctime, inode) is not read.
 */
public final class DirectoryBackup {

  /** Entries of one directory that one task works on. */
  private static final int RANGE = 256;

  private final BlobSink sink;
  private final ParentTrees parents;
  private final Owners owners = new Owners();
  private final BackupProgress progress;
  private final BiPredicate<String, NodeType> excluded;
  private final FileChunks chunks;
  private final boolean withAtime;
  private final AtomicLong dataAdded = new AtomicLong();
  private final AtomicLong treesAdded = new AtomicLong();
  private final ZoneId zone = ZoneId.systemDefault();

  /**
   * @param excluded asked for every path, relative to the root and starting with a slash
   */
  public DirectoryBackup(
      BlobSink sink,
      Chunker chunker,
      ParentTrees parents,
      BiPredicate<String, NodeType> excluded,
      boolean withAtime,
      BackupProgress progress) {
    this.sink = sink;
    this.parents = parents;
    this.excluded = excluded;
    this.withAtime = withAtime;
    this.progress = progress;
    this.chunks = new FileChunks(chunker, sink, dataAdded);
  }

  /** Bytes of plaintext that were new. */
  public long dataAdded() {
    return dataAdded.get();
  }

  /** Data blobs that were new. */
  public long dataBlobs() {
    return chunks.stored();
  }

  /** Trees that were new. */
  public long treesAdded() {
    return treesAdded.get();
  }

  /**
   * Saves what is in the directory.
   *
   * @param parent the tree of the same directory in the parent snapshot, or null
   * @return the tree's id
   */
  public Id save(Operation op, Directory root, @Nullable Id parent, int threads) {
    try (ForkJoinPool pool = new ForkJoinPool(threads)) {
      return pool.submit(ForkJoinTask.adapt(() -> tree(op, root, "", parent))).get();
    } catch (ExecutionException e) {
      // A pool rethrows an exception of another thread wrapped in one of the same class.
      Throwable cause = e;
      while (!(cause instanceof Failure) && cause.getCause() != null) {
        cause = cause.getCause();
      }
      if (cause instanceof Failure failure) {
        throw failure;
      }
      throw new IllegalStateException(cause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Cancelled("Interrupted");
    }
  }

  private Id tree(Operation op, Directory directory, String path, @Nullable Id parent) {
    op.check();
    List<RawName> names = directory.list();
    ParentTrees.Tree before = parents.load(op, parent);
    List<ForkJoinTask<List<Node>>> ranges = new ArrayList<>();
    for (int from = 0; from < names.size(); from += RANGE) {
      List<RawName> range = names.subList(from, Math.min(names.size(), from + RANGE));
      Range task = new Range(op, directory, path, range, before);
      ranges.add(names.size() <= RANGE ? task : task.fork());
    }
    TreeWriter tree = new TreeWriter();
    for (ForkJoinTask<List<Node>> range : ranges) {
      List<Node> nodes = names.size() <= RANGE ? range.invoke() : range.join();
      nodes.forEach(tree::add);
    }
    byte[] text = tree.finish();
    Id id = Id.hash(text);
    if (!sink.missing(op, BlobType.TREE, List.of(id)).isEmpty()) {
      sink.put(op, BlobType.TREE, id, text, 0, text.length);
      treesAdded.incrementAndGet();
    }
    return id;
  }

  /**
   * Some entries of one directory. Its directories are forked first, so that others can steal them.
   */
  private final class Range extends RecursiveTask<List<Node>> {
    private static final long serialVersionUID = 1L;
    private final transient Operation op;
    private final transient Directory directory;
    private final String path;
    private final transient List<RawName> names;
    private final transient ParentTrees.Tree before;

    Range(
        Operation op,
        Directory directory,
        String path,
        List<RawName> names,
        ParentTrees.Tree before) {
      this.op = op;
      this.directory = directory;
      this.path = path;
      this.names = names;
      this.before = before;
    }

    @Override
    protected List<Node> compute() {
      List<Supplier<@Nullable Node>> entries = new ArrayList<>(names.size());
      for (RawName name : names) {
        entries.add(entry(op, directory, path, name, before));
      }
      List<Node> nodes = new ArrayList<>(names.size());
      for (Supplier<@Nullable Node> entry : entries) {
        Node node = entry.get();
        if (node != null) {
          nodes.add(node);
        }
      }
      return nodes;
    }
  }

  /**
   * The node of one entry, null if it is left out; directories are forked, the rest is done now.
   */
  private Supplier<@Nullable Node> entry(
      Operation op, Directory directory, String path, RawName name, ParentTrees.Tree before) {
    String full = path + "/" + name;
    return readable(
        full,
        () -> {
          Stat stat = directory.stat(name);
          if (stat.type() == NodeType.SOCKET || excluded.test(full, stat.type())) {
            return () -> null;
          }
          Node old = before.find(name, stat.type());
          Node node = node(directory, name, stat);
          if (node.type() == NodeType.DIR) {
            ForkJoinTask<Supplier<@Nullable Node>> task =
                ForkJoinTask.adapt(() ->
                    readable(
                        full,
                        () -> {
                          Node saved = directory(op, directory, full, node, old);
                          return () -> saved;
                        }));
            task.fork();
            return () -> task.join().get();
          }
          Node saved =
              node.type() == NodeType.FILE ? file(op, directory, full, node, stat, old) : node;
          return () -> saved;
        });
  }

  @FunctionalInterface
  private interface Reading {
    Supplier<@Nullable Node> run() throws IOException;
  }

  /** What cannot be read is named and left out; the rest goes on. */
  private Supplier<@Nullable Node> readable(String full, Reading reading) {
    try {
      return reading.run();
    } catch (PosixException e) {
      boolean vanished = e.errno() == PosixException.ENOENT;
      progress.failed(
          full, vanished ? "it vanished while the backup ran" : String.valueOf(e.getMessage()));
    } catch (IOException e) {
      progress.failed(full, String.valueOf(e.getMessage()));
    }
    return () -> null;
  }

  private Node directory(
      Operation op, Directory parent, String full, Node node, @Nullable Node old) {
    try (Directory directory = parent.child(node.name())) {
      Id subtree = tree(op, directory, full, old == null ? null : old.subtree());
      progress.done(full, true, 0, change(old, old != null && subtree.equals(old.subtree())));
      return node.withSubtree(subtree);
    }
  }

  private Node file(
      Operation op, Directory directory, String full, Node node, Stat stat, @Nullable Node old)
      throws IOException {
    if (old != null && unchanged(node, old) && stored(op, old)) {
      progress.done(full, false, stat.size(), BackupProgress.Change.UNMODIFIED);
      return node.withContent(old.content() == null ? List.of() : old.content(), old.size());
    }
    try (OpenFile file = directory.read(node.name())) {
      Stat opened = file.stat();
      if (opened.type() != NodeType.FILE) {
        throw new IOException("it is no regular file any more");
      }
      AtomicLong position = new AtomicLong();
      FileChunks.Result read =
          chunks.read(
              op,
              (target, offset, length) -> {
                int got = file.read(position.get(), target, offset, length);
                position.addAndGet(got);
                return got;
              },
              opened.size());
      progress.done(full, false, read.size(), change(old, false));
      return node.withContent(read.content(), read.size());
    }
  }

  private static boolean unchanged(Node now, Node old) {
    return now.size() == old.size()
        && now.inode() == old.inode()
        && now.mtime().isEqual(old.mtime())
        && now.ctime().isEqual(old.ctime());
  }

  /** Whether all of the parent's blobs are still there: else the file is read again. */
  private boolean stored(Operation op, Node old) {
    return old.content() != null && parents.stored(op, old.content());
  }

  private static BackupProgress.Change change(@Nullable Node old, boolean same) {
    if (old == null) {
      return BackupProgress.Change.NEW;
    }
    return same ? BackupProgress.Change.UNMODIFIED : BackupProgress.Change.CHANGED;
  }

  private Node node(Directory directory, RawName name, Stat stat) {
    NodeType type = stat.type();
    OffsetDateTime mtime = time(stat.mtime());
    boolean links =
        switch (type) {
          case FILE, SYMLINK, BLOCK_DEVICE, CHAR_DEVICE -> true;
          default -> false;
        };
    boolean device = type == NodeType.BLOCK_DEVICE || type == NodeType.CHAR_DEVICE;
    return new Node(
        name,
        type,
        Mode.fromStat(stat.mode()),
        mtime,
        withAtime ? time(stat.atime()) : mtime,
        time(stat.ctime()),
        stat.uid(),
        stat.gid(),
        owners.user(stat.uid()),
        owners.group(stat.gid()),
        stat.inode(),
        stat.device(),
        type == NodeType.FILE ? stat.size() : 0,
        links ? stat.links() : 0,
        type == NodeType.SYMLINK ? directory.readLink(name) : null,
        directory.xattrs(name),
        null,
        device ? stat.rdev() : 0,
        null,
        null,
        "");
  }

  private OffsetDateTime time(Instant instant) {
    return OffsetDateTime.ofInstant(instant, zone);
  }
}
