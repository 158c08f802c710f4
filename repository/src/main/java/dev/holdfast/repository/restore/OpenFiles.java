package dev.holdfast.repository.restore;

import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.posix.OpenFile;
import dev.holdfast.repository.posix.PosixException;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Objects;

/**
 * The open files of a restore that consist of several pieces. Files that nobody writes at the
 * moment stay open up to a number; one that is opened again must still be the one that was made.
 * Thread-safe.
 */
final class OpenFiles implements AutoCloseable {

  private static final int IDLE = 64;

  private final Folders folders;
  private final LinkedHashSet<PendingFile> idle = new LinkedHashSet<>();

  OpenFiles(Folders folders) {
    this.folders = folders;
  }

  /** Opens a file, or makes it the first time; {@link #release} follows. */
  synchronized OpenFile use(PendingFile file) {
    if (file.handle == null) {
      try (Folders.Use folder = folders.use(file.folder)) {
        file.handle = open(folder.directory(), file);
      }
    } else {
      idle.remove(file);
    }
    file.users++;
    return Objects.requireNonNull(file.handle);
  }

  private static OpenFile open(Directory directory, PendingFile file) {
    if (file.inode == 0) {
      OpenFile made = directory.create(file.node.name());
      file.inode = made.stat().inode();
      return made;
    }
    OpenFile again = directory.write(file.node.name());
    if (again.stat().inode() != file.inode) {
      again.close();
      throw new SwappedException(file.path());
    }
    return again;
  }

  synchronized void release(PendingFile file) {
    file.users--;
    if (file.users > 0 || file.handle == null) {
      return;
    }
    idle.add(file);
    while (idle.size() > IDLE) {
      Iterator<PendingFile> oldest = idle.iterator();
      PendingFile next = oldest.next();
      oldest.remove();
      close(next);
    }
  }

  /** The file is complete, or given up. */
  synchronized void close(PendingFile file) {
    idle.remove(file);
    if (file.handle != null && file.users == 0) {
      file.handle.close();
      file.handle = null;
    }
  }

  @Override
  public synchronized void close() {
    for (PendingFile file : java.util.List.copyOf(idle)) {
      close(file);
    }
  }

  /** Somebody put another file under the name. */
  static final class SwappedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SwappedException(String path) {
      super(path + " was replaced by somebody while it was restored");
    }
  }

  /** Whether an exception concerns one file only. */
  static boolean concernsOneFile(RuntimeException e) {
    return e instanceof SwappedException || (e instanceof PosixException p && !p.noRoom());
  }
}
