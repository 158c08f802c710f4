package dev.holdfast.repository.restore;

import dev.holdfast.model.Failure;
import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.posix.PosixException;
import dev.holdfast.repository.posix.Stat;
import dev.holdfast.repository.restore.RestoreProgress.Action;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawName;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;

/** What has no content of its own: symbolic links, devices, fifos, further names of files. */
final class SpecialFiles {

  private final Folders folders;
  private final Metadata metadata;
  private final RestoreOptions.Overwrite overwrite;
  private final RestoreProgress progress;

  SpecialFiles(
      Folders folders, Metadata metadata, RestoreOptions options, RestoreProgress progress) {
    this.folders = folders;
    this.metadata = metadata;
    this.overwrite = options.overwrite();
    this.progress = progress;
  }

  /** Makes a symbolic link, a device or a fifo. */
  void restore(Folder folder, Node node) {
    String path = folder.path + "/" + node.name();
    guarded(
        path,
        () -> {
          try (Folders.Use use = folders.use(folder)) {
            Directory directory = use.directory();
            Optional<Stat> there = directory.find(node.name());
            if (there.isPresent() && keeps(there.get(), node)) {
              progress.done(path, node.type(), 0, Action.SKIPPED);
              return;
            }
            boolean same = there.isPresent() && same(directory, there.get(), node);
            if (!same) {
              there.ifPresent(old -> clear(directory, node.name(), old));
              make(directory, node);
            }
            metadata.apply(directory, node);
            progress.done(path, node.type(), 0, same ? Action.UNCHANGED : Action.RESTORED);
          }
        });
  }

  private boolean keeps(Stat there, Node node) {
    return overwrite == RestoreOptions.Overwrite.NEVER
        || (overwrite == RestoreOptions.Overwrite.IF_NEWER
            && !there.mtime().isBefore(node.mtime().toInstant()));
  }

  private static boolean same(Directory directory, Stat there, Node node) {
    return there.type() == node.type()
        && there.links() == 1
        && switch (node.type()) {
          case SYMLINK -> Arrays.equals(directory.readLink(node.name()), node.linkTarget());
          case BLOCK_DEVICE, CHAR_DEVICE -> there.rdev() == node.device();
          default -> true;
        };
  }

  private static void make(Directory directory, Node node) {
    if (node.type() == NodeType.SYMLINK) {
      byte[] target = node.linkTarget();
      directory.symlink(target == null ? new byte[0] : target, node.name());
    } else {
      directory.makeNode(node.name(), node.type(), node.device());
    }
  }

  /** Another name for a file that this restore has written. */
  void link(Batch.Link link) {
    String path = link.folder().path + "/" + link.node().name();
    if (link.first().failed.get()) {
      progress.failed(path, "it is another name of " + link.first().path() + ", which failed");
      return;
    }
    guarded(
        path,
        () -> {
          try (Folders.Use from = folders.use(link.first().folder);
              Folders.Use to = folders.use(link.folder())) {
            RawName existing = link.first().node.name();
            Stat first = from.directory().stat(existing);
            Optional<Stat> there = to.directory().find(link.node().name());
            if (there.isPresent() && there.get().inode() == first.inode()) {
              progress.done(path, NodeType.FILE, 0, Action.UNCHANGED);
              return;
            }
            if (there.isPresent() && keeps(there.get(), link.node())) {
              progress.done(path, NodeType.FILE, 0, Action.SKIPPED);
              return;
            }
            there.ifPresent(old -> clear(to.directory(), link.node().name(), old));
            to.directory().link(from.directory(), existing, link.node().name());
            progress.done(path, NodeType.FILE, 0, Action.RESTORED);
          }
        });
  }

  /** Deletes what is in a directory of the target and not in the snapshot. */
  void deleteOthers(Folder folder, Set<RawName> keep, RestoreOptions options) {
    guarded(
        folder.path.isEmpty() ? "/" : folder.path,
        () -> {
          try (Folders.Use use = folders.use(folder)) {
            for (RawName name : use.directory().list()) {
              String path = folder.path + "/" + name;
              if (!keep.contains(name) && options.part().has(path)) {
                Stat old = use.directory().stat(name);
                if (!options.dryRun()) {
                  clearAll(use.directory(), name, old);
                }
                progress.done(path, old.type(), old.size(), Action.DELETED);
              }
            }
          }
        });
  }

  private static void clear(Directory directory, RawName name, Stat old) {
    if (old.type() == NodeType.DIR) {
      directory.removeDirectory(name);
    } else {
      directory.unlink(name);
    }
  }

  private static void clearAll(Directory directory, RawName name, Stat old) {
    if (old.type() == NodeType.DIR) {
      try (Directory child = directory.child(name)) {
        for (RawName entry : child.list()) {
          clearAll(child, entry, child.stat(entry));
        }
      }
    }
    clear(directory, name, old);
  }

  private void guarded(String path, Runnable work) {
    try {
      work.run();
    } catch (PosixException e) {
      if (e.noRoom()) {
        throw new Failure.Full(
            "The target is full: " + e.getMessage(), "make room and run the same restore again", e);
      }
      progress.failed(path, String.valueOf(e.getMessage()));
    }
  }
}
