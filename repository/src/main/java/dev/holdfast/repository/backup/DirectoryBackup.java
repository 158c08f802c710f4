package dev.holdfast.repository.backup;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobSink;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.chunk.Chunker;
import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.posix.PosixException;
import dev.holdfast.repository.posix.Stat;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawName;
import dev.holdfast.repository.tree.RawPath;
import dev.holdfast.repository.tree.TreeWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.RecursiveTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Saves directories: their trees and everything below them go to a {@link BlobSink}; the result is
 * the id of the root's tree. Each directory is a task and long ones are cut into ranges, so that
 * both wide and deep trees use all cores; so is each large file. A file that looks the same as in
 * the parent snapshot (size, mtime, ctime, inode) is not read.
 */
public final class DirectoryBackup {

  /** Entries of one directory that one task works on. */
  private static final int RANGE = 256;

  private final Trees trees;
  private final ParentTrees parents;
  private final BackupProgress progress;
  private final Selection selection;
  private final FileBackup files;
  private final NodeReader nodes;
  private final AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();

  /**
   * @param withAtime false: atime is stored as mtime
   */
  public DirectoryBackup(
      BlobSink sink,
      Chunker chunker,
      ParentTrees parents,
      Selection selection,
      Comparison comparison,
      boolean withAtime,
      BackupProgress progress) {
    this.trees = new Trees(sink, progress);
    this.parents = parents;
    this.selection = selection;
    this.progress = progress;
    this.nodes = new NodeReader(withAtime);
    this.files = new FileBackup(sink, chunker, parents, comparison, nodes, progress);
  }

  /**
   * Where a walk is.
   *
   * @param path in the snapshot, empty or with a leading slash
   * @param source in the file system, what patterns are tested against
   * @param device the target's file system
   */
  private record Place(String path, String source, long device) {

    Place below(RawName name) {
      String text = "/" + name;
      return new Place(path + text, source.equals("/") ? text : source + text, device);
    }
  }

  /**
   * Saves what is in the directory.
   *
   * @param source the directory's absolute path
   * @param parent the tree of the same directory in the parent snapshot, or null
   * @return the tree's id
   */
  public Id save(Operation op, Directory root, RawPath source, @Nullable Id parent, int threads) {
    Place place = new Place("", source.toString(), root.stat().device());
    return run(() -> tree(op, root, place, parent), threads);
  }

  /**
   * Saves the targets and what is above them.
   *
   * @param current the current directory, absolute
   * @param parent the root tree of the parent snapshot, or null
   */
  public Id save(Operation op, Targets targets, RawPath current, @Nullable Id parent, int threads) {
    return run(() -> above(op, targets.nodes(), current, "", parent), threads);
  }

  private static Id run(java.util.concurrent.Callable<Id> saving, int threads) {
    try (ForkJoinPool pool = pool(threads)) {
      return pool.submit(ForkJoinTask.adapt(saving)).get();
    } catch (ExecutionException e) {
      // A pool rethrows an exception of another thread wrapped in one of the same class.
      Throwable cause = e;
      while (!(cause instanceof Failure) && cause.getCause() != null) {
        cause = cause.getCause();
      }
      if (cause instanceof Failure failure) {
        throw failure;
      }
      Operation.rethrow(cause);
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Cancelled("Interrupted");
    }
  }

  /**
   * A pool in which so many threads always run. Usually one that waits for a stolen directory is
   * replaced only if none runs: a walk whose first directory was stolen would go on with one
   * thread.
   */
  private static ForkJoinPool pool(int threads) {
    return new ForkJoinPool(
        threads,
        ForkJoinPool.defaultForkJoinWorkerThreadFactory,
        null,
        false,
        threads,
        2 * threads,
        threads,
        _ -> true,
        1,
        TimeUnit.MINUTES);
  }

  /** A directory that is there only for the targets in it. */
  private Id above(
      Operation op,
      Map<RawName, Targets.Node> children,
      RawPath current,
      String path,
      @Nullable Id parent) {
    ParentTrees.Tree before = parents.load(op, parent);
    TreeWriter tree = new TreeWriter();
    children.forEach((name, child) -> {
      RawPath saved = child.saved();
      Node node =
          saved != null
              ? target(op, saved, child.explicit(), current, path, name, before)
              : between(op, child, current, path, name, before);
      if (node != null) {
        tree.add(node);
      }
    });
    return trees.store(op, tree);
  }

  private @Nullable Node between(
      Operation op,
      Targets.Node child,
      RawPath current,
      String path,
      RawName name,
      ParentTrees.Tree before) {
    RawPath source = java.util.Objects.requireNonNull(child.metadata());
    String full = path + "/" + name;
    return readable(
            full,
            () -> {
              Node old = before.find(name, NodeType.DIR);
              Id subtree =
                  above(op, child.children(), current, full, old == null ? null : old.subtree());
              try (Directory directory = Directory.open(source)) {
                Node node = nodes.readAbove(directory, name).withSubtree(subtree);
                progress.done(full, node, old);
                return () -> node;
              }
            })
        .get();
  }

  /** A path that the user named, or an entry of a directory that he named. */
  private @Nullable Node target(
      Operation op,
      RawPath source,
      boolean explicit,
      RawPath current,
      String path,
      RawName name,
      ParentTrees.Tree before) {
    return readable(
            path + "/" + name,
            () -> {
              try (Directory directory = Directory.open(source.parent())) {
                RawName file = source.names().getLast();
                Stat stat = directory.stat(file);
                String absolute = source.in(current).toString();
                Place place = new Place(path + "/" + name, absolute, stat.device());
                if (!explicit && selection.excludes(absolute)) {
                  return () -> null;
                }
                Node node =
                    entry(op, directory, place, file, stat, before.named(name), false).get();
                return () -> node == null ? null : node.withName(name);
              }
            })
        .get();
  }

  private Id tree(Operation op, Directory directory, Place place, @Nullable Id parent) {
    op.check();
    List<RawName> names = selection.unmarked(directory, directory.list());
    ParentTrees.Tree before = parents.load(op, parent);
    List<ForkJoinTask<List<Node>>> ranges = new ArrayList<>();
    for (int from = 0; from < names.size(); from += RANGE) {
      List<RawName> range = names.subList(from, Math.min(names.size(), from + RANGE));
      Range task = new Range(op, directory, place, range, before);
      ranges.add(names.size() <= RANGE ? task : task.fork());
    }
    List<Node> nodes = new ArrayList<>(names.size());
    if (names.size() > RANGE) {
      ranges.reversed().forEach(ForkJoinTask::quietlyJoin); // as in a range, also after a failure
    }
    for (ForkJoinTask<List<Node>> range : ranges) {
      nodes.addAll(names.size() <= RANGE ? range.invoke() : range.join());
    }
    if (parent != null && !nodes.isEmpty() && before.is(nodes)) {
      return parent; // it was read, so it is stored
    }
    TreeWriter tree = new TreeWriter();
    nodes.forEach(tree::add);
    return trees.store(op, tree);
  }

  /**
   * Some entries of one directory. Its directories and large files are forked first, so that others
   * can steal them. Others steal what was forked first; so this thread begins at the end: else it
   * would wait for a stolen one while there is something to do.
   */
  private final class Range extends RecursiveTask<List<Node>> {
    private static final long serialVersionUID = 1L;
    private final transient Operation op;
    private final transient Directory directory;
    private final transient Place place;
    private final transient List<RawName> names;
    private final transient ParentTrees.Tree before;

    Range(
        Operation op,
        Directory directory,
        Place place,
        List<RawName> names,
        ParentTrees.Tree before) {
      this.op = op;
      this.directory = directory;
      this.place = place;
      this.names = names;
      this.before = before;
    }

    @Override
    protected List<Node> compute() {
      List<Supplier<@Nullable Node>> entries = new ArrayList<>(names.size());
      try {
        for (RawName name : names) {
          entries.add(child(op, directory, place, name, before));
        }
        return nodes(entries);
      } catch (RuntimeException | Error e) {
        failed.compareAndSet(null, e);
        entries.forEach(Range::ended);
        throw e;
      }
    }

    /** Who waits for the range may close its directory then. */
    private static void ended(Supplier<@Nullable Node> entry) {
      try {
        var _ = entry.get();
      } catch (RuntimeException | Error e) {
        // the first failure is thrown
      }
    }

    private List<Node> nodes(List<Supplier<@Nullable Node>> entries) {
      List<Node> found = new ArrayList<>(names.size());
      for (Supplier<@Nullable Node> entry : entries.reversed()) {
        Node node = entry.get();
        if (node != null) {
          found.add(node);
        }
      }
      return found.reversed();
    }
  }

  /** The node of one entry of a directory, null if it is left out. */
  private Supplier<@Nullable Node> child(
      Operation op, Directory directory, Place parent, RawName name, ParentTrees.Tree before) {
    Place place = parent.below(name);
    if (selection.excludes(place.source())) {
      return () -> null;
    }
    return readable(
        place.path(),
        () -> {
          Stat stat = directory.stat(name);
          if (selection.tooLarge(stat)) {
            return () -> null;
          }
          if (selection.oneFileSystem() && stat.device() != place.device()) {
            return mountPoint(op, directory, name, stat);
          }
          return entry(op, directory, place, name, stat, before.named(name), true);
        });
  }

  /** A directory on which another file system is mounted is saved, what is in it is not. */
  private Supplier<@Nullable Node> mountPoint(
      Operation op, Directory directory, RawName name, Stat stat) {
    if (stat.type() != NodeType.DIR) {
      return () -> null;
    }
    Node empty = nodes.read(directory, name, stat).withSubtree(trees.store(op, new TreeWriter()));
    return () -> empty;
  }

  /**
   * @param forks whether directories and large files are saved beside what this thread does next
   */
  private Supplier<@Nullable Node> entry(
      Operation op,
      Directory directory,
      Place place,
      RawName name,
      Stat stat,
      @Nullable Node before,
      boolean forks)
      throws IOException {
    if (stat.type() == NodeType.SOCKET) {
      return () -> null;
    }
    Node old = before != null && before.type() == stat.type() ? before : null;
    if (stat.type() == NodeType.FILE) {
      Saving saving = () -> files.save(op, directory, name, place.path(), stat, old);
      boolean large = stat.size() > 0 && !FileChunks.small(stat.size());
      return large && forks ? fork(place, saving) : now(saving);
    }
    Node node = old != null && nodes.says(old, stat) ? old : nodes.read(directory, name, stat);
    if (node.type() != NodeType.DIR) {
      return () -> node;
    }
    Saving saving = () -> directory(op, directory, place, node, old);
    return forks ? fork(place, saving) : now(saving);
  }

  @FunctionalInterface
  private interface Saving {
    Node run() throws IOException;
  }

  private static Supplier<@Nullable Node> now(Saving saving) throws IOException {
    Node saved = saving.run();
    return () -> saved;
  }

  /** Saves beside what this thread does next. */
  private Supplier<@Nullable Node> fork(Place place, Saving saving) {
    ForkJoinTask<Supplier<@Nullable Node>> task =
        ForkJoinTask.adapt(() ->
            readable(
                place.path(),
                () -> {
                  check();
                  return now(saving);
                }));
    task.fork();
    return () -> task.join().get();
  }

  /** Nothing more is begun once something has failed. */
  private void check() {
    switch (failed.get()) {
      case RuntimeException failure -> throw failure;
      case Error error -> throw error;
      case null, default -> {}
    }
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
      if (e.errno() == PosixException.ENOENT) {
        progress.vanished(full);
      } else {
        progress.failed(full, String.valueOf(e.getMessage()));
      }
    } catch (IOException e) {
      progress.failed(full, String.valueOf(e.getMessage()));
    }
    return () -> null;
  }

  private Node directory(
      Operation op, Directory parent, Place place, Node node, @Nullable Node old) {
    try (Directory directory = parent.child(node.name())) {
      Id subtree = tree(op, directory, place, old == null ? null : old.subtree());
      Node saved = subtree.equals(node.subtree()) ? node : node.withSubtree(subtree);
      progress.done(place.path(), saved, old);
      return saved;
    }
  }
}
