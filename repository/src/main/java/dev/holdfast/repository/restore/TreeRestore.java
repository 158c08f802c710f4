package dev.holdfast.repository.restore;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.posix.PosixException;
import dev.holdfast.repository.restore.RestoreProgress.Action;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawName;
import dev.holdfast.repository.walk.TreeLoader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Walks a snapshot and makes directories, links, devices and fifos; what has content is gathered in
 * batches. Names that no directory can hold are refused: a tree may come from anybody who has the
 * password.
 */
final class TreeRestore {

  /** Deeper than any path that a system call takes. */
  private static final int DEPTH = 2048;

  private final TreeLoader trees;
  private final Folders folders;
  private final SpecialFiles special;
  private final RestoreOptions options;
  private final RestoreProgress progress;
  private final Consumer<Batch> full;
  private final Map<List<Long>, PendingFile> linked = new HashMap<>();
  private Batch batch = new Batch();

  /**
   * @param full gets each batch when it is full, and the last
   */
  TreeRestore(
      TreeLoader trees,
      Folders folders,
      SpecialFiles special,
      RestoreOptions options,
      RestoreProgress progress,
      Consumer<Batch> full) {
    this.trees = trees;
    this.folders = folders;
    this.special = special;
    this.options = options;
    this.progress = progress;
    this.full = full;
  }

  void run(Operation op, Id tree) {
    directory(op, folders.root(), tree);
    full.accept(batch);
  }

  private void directory(Operation op, Folder folder, Id tree) {
    if (folder.depth > DEPTH) {
      progress.failed(folder.path, "it is nested too deeply");
      return;
    }
    List<Node> below = new ArrayList<>();
    Names names = new Names(options.delete());
    try {
      trees.read(
          op,
          tree,
          node -> {
            if (names.refuse(node.name())) {
              progress.failed(
                  folder.path + "/" + node.name(), "its name is invalid or comes twice");
            } else if (node.type() == NodeType.DIR) {
              below.add(node);
            } else {
              entry(folder, node);
            }
          });
    } catch (Failure.Corrupt e) {
      progress.failed(folder.path.isEmpty() ? "/" : folder.path, e.describe());
    }
    for (Node node : below) {
      op.check();
      child(op, folder, node);
    }
    if (options.delete() && folder.made && !folder.fresh) {
      special.deleteOthers(folder, names.seen(), options);
    }
  }

  private void child(Operation op, Folder parent, Node node) {
    Folder folder = new Folder(parent, node.name(), node);
    RestorePart part = options.part();
    boolean wanted = part.has(folder.path);
    if (!wanted && !part.hasBelow(folder.path)) {
      return;
    }
    if (node.subtree() == null) {
      progress.failed(folder.path, "the snapshot has no tree for it");
      return;
    }
    if (wanted && !make(folder)) {
      return;
    }
    if (wanted) {
      progress.found(1, 0);
    }
    directory(op, folder, node.subtree());
    if (folder.made) {
      batch.complete.add(folder);
      next();
    }
  }

  private void entry(Folder folder, Node node) {
    String path = folder.path + "/" + node.name();
    if (!options.part().has(path)) {
      return;
    }
    switch (node.type()) {
      case FILE -> file(folder, node, path);
      case SOCKET -> progress.done(path, node.type(), 0, Action.SKIPPED);
      case IRREGULAR, DIR -> progress.failed(path, "it is no file of a known kind");
      case SYMLINK, FIFO, BLOCK_DEVICE, CHAR_DEVICE -> {
        progress.found(1, 0);
        if (options.dryRun()) {
          progress.done(path, node.type(), 0, Action.RESTORED);
        } else if (make(folder)) {
          special.restore(folder, node);
        }
      }
    }
  }

  private void file(Folder folder, Node node, String path) {
    if (node.content() == null) {
      progress.failed(path, "the snapshot has no content for it");
      return;
    }
    progress.found(1, node.size());
    if (options.dryRun()) {
      progress.done(path, node.type(), node.size(), Action.RESTORED);
      return;
    }
    if (!make(folder)) {
      return;
    }
    PendingFile file = new PendingFile(folder, node);
    if (node.links() > 1) {
      PendingFile first = linked.putIfAbsent(List.of(node.inode(), node.deviceId()), file);
      if (first != null) {
        batch.links.add(new Batch.Link(folder, node, first));
        next();
        return;
      }
    }
    batch.add(file);
    next();
  }

  private void next() {
    if (batch.isFull()) {
      full.accept(batch);
      batch = new Batch();
    }
  }

  private boolean make(Folder folder) {
    if (folder.made || options.dryRun()) {
      return true;
    }
    try {
      folders.make(folder);
      return true;
    } catch (PosixException e) {
      if (e.noRoom()) {
        throw new Failure.Full(
            "The target is full: " + e.getMessage(), "make room and run the same restore again", e);
      }
      progress.failed(folder.path, String.valueOf(e.getMessage()));
      return false;
    }
  }

  /** The names of one directory. */
  private static final class Names {
    private final Set<RawName> seen = new HashSet<>();
    private final boolean remember;
    private RawName last = RawName.of("");

    /**
     * @param remember whether {@link #seen} is asked for; a million names take a hundred megabytes
     */
    Names(boolean remember) {
      this.remember = remember;
    }

    /** Refuses what no directory can hold, and what follows itself. */
    boolean refuse(RawName name) {
      boolean again = name.equals(last);
      last = name;
      if (remember) {
        seen.add(name);
      }
      return again || !name.isSafe();
    }

    Set<RawName> seen() {
      return seen;
    }
  }
}
