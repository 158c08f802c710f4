package dev.holdfast.repository.restore;

import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.posix.PosixException;
import dev.holdfast.repository.posix.Stat;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawName;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Objects;

/**
 * The open directories of the target. Each is opened from its parent's handle and never through a
 * link; handles that nobody uses are kept up to a number, so that deep and wide trees need few.
 * Thread-safe.
 */
final class Folders implements AutoCloseable {

  private static final int IDLE = 128;

  private final Folder root;
  private final LinkedHashSet<Folder> idle = new LinkedHashSet<>();

  /**
   * @param target closed with this
   * @param fresh whether it was made for this restore
   */
  Folders(Directory target, boolean fresh) {
    root = new Folder(null, RawName.of("."), null);
    root.handle = target;
    root.made = true;
    root.fresh = fresh;
    root.users = 1;
  }

  Folder root() {
    return root;
  }

  /** A handle in use, given back when it is closed. */
  final class Use implements AutoCloseable {
    private final Folder folder;

    private Use(Folder folder) {
      this.folder = folder;
    }

    Directory directory() {
      return Objects.requireNonNull(folder.handle);
    }

    @Override
    public void close() {
      release(folder);
    }
  }

  synchronized Use use(Folder folder) {
    if (folder.handle == null) {
      Folder parent = Objects.requireNonNull(folder.parent);
      try (Use above = use(parent)) {
        folder.handle = above.directory().child(folder.name);
      }
    } else {
      idle.remove(folder);
    }
    folder.users++;
    return new Use(folder);
  }

  private synchronized void release(Folder folder) {
    folder.users--;
    if (folder.users > 0) {
      return;
    }
    idle.add(folder);
    while (idle.size() > IDLE) {
      Iterator<Folder> oldest = idle.iterator();
      close(oldest.next());
      oldest.remove();
    }
  }

  private static void close(Folder folder) {
    if (folder.handle != null) {
      folder.handle.close();
      folder.handle = null;
    }
  }

  /**
   * Makes the directory and those above it unless they are there. What else has its name is
   * removed, a link first of all: it is not followed.
   */
  void make(Folder folder) {
    if (folder.made) {
      return;
    }
    Folder parent = Objects.requireNonNull(folder.parent);
    make(parent);
    try (Use above = use(parent)) {
      Directory directory = above.directory();
      if (!makeIn(directory, folder.name)) {
        Stat there = directory.stat(folder.name);
        if (there.type() == NodeType.DIR) {
          letIn(directory, folder.name, there);
        } else {
          directory.unlink(folder.name);
          directory.makeDirectory(folder.name);
          folder.fresh = true;
        }
      } else {
        folder.fresh = true;
      }
    }
    folder.made = true;
  }

  private static boolean makeIn(Directory directory, RawName name) {
    try {
      directory.makeDirectory(name);
      return true;
    } catch (PosixException e) {
      if (e.errno() == PosixException.EEXIST) {
        return false;
      }
      throw e;
    }
  }

  /** A directory that its owner may not write gets its own permissions back at the end. */
  private static void letIn(Directory directory, RawName name, Stat there) {
    if ((there.mode() & 0700) != 0700) {
      try {
        directory.permissions(name, (there.mode() & 07777) | 0700, NodeType.DIR);
      } catch (PosixException e) {
        if (e.errno() != PosixException.EPERM && e.errno() != PosixException.EACCES) {
          throw e;
        }
      }
    }
  }

  @Override
  public synchronized void close() {
    idle.forEach(Folders::close);
    idle.clear();
    close(root);
  }
}
