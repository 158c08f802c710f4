package dev.holdfast.repository.restore;

import dev.holdfast.model.Failure;
import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.posix.OpenFile;
import dev.holdfast.repository.posix.PosixException;
import dev.holdfast.repository.restore.RestoreProgress.Action;
import dev.holdfast.repository.tree.NodeType;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Makes files, writes pieces into them, and finishes them. Thread-safe. */
final class FileWriter implements AutoCloseable {

  private final Folders folders;
  private final OpenFiles open;
  private final Metadata metadata;
  private final ExistingFile existing;
  private final RestoreOptions options;
  private final RestoreProgress progress;

  FileWriter(Folders folders, Metadata metadata, RestoreOptions options, RestoreProgress progress) {
    this.folders = folders;
    this.open = new OpenFiles(folders);
    this.metadata = metadata;
    this.existing = new ExistingFile(folders, options.overwrite());
    this.options = options;
    this.progress = progress;
  }

  /**
   * Decides which pieces of a file have to be written, and finishes it if none has.
   *
   * @param pieces all of its content
   * @param needed told of the pieces to write
   */
  void begin(PendingFile file, long size, List<Piece> pieces, Consumer<Piece> needed) {
    file.size = size;
    guarded(
        file,
        () -> {
          Optional<List<Piece>> missing = existing.missing(file, pieces);
          if (missing.isEmpty()) {
            progress.done(file.path(), NodeType.FILE, size, Action.SKIPPED);
            return;
          }
          progress.written(kept(pieces, missing.get()));
          file.remaining.set(missing.get().size());
          file.whole = pieces.size() == 1 && !file.inPlace;
          if (missing.get().isEmpty()) {
            finish(file, open.use(file), file.inPlace ? Action.UNCHANGED : Action.RESTORED);
          } else {
            missing.get().forEach(needed);
          }
        });
  }

  private static long kept(List<Piece> all, List<Piece> missing) {
    long bytes = 0;
    for (Piece piece : all) {
      bytes += piece.copy().blob().plainLength();
    }
    for (Piece piece : missing) {
      bytes -= piece.copy().blob().plainLength();
    }
    return bytes;
  }

  /** Writes a piece; the last one finishes the file. */
  void write(PendingFile file, long position, byte[] bytes, int length) {
    if (file.whole) {
      guarded(file, () -> writeWhole(file, bytes, length));
      file.remaining.decrementAndGet();
      return;
    }
    if (!file.failed.get()) {
      guarded(
          file,
          () -> {
            OpenFile handle = open.use(file);
            try {
              put(handle, file, position, bytes, length);
            } finally {
              open.release(file);
            }
            progress.written(length);
          });
    }
    ended(file);
  }

  private void writeWhole(PendingFile file, byte[] bytes, int length) {
    try (Folders.Use folder = folders.use(file.folder);
        OpenFile made = folder.directory().create(file.node.name())) {
      put(made, file, 0, bytes, length);
      complete(file, made);
    }
    progress.written(length);
    progress.done(file.path(), NodeType.FILE, file.size, Action.RESTORED);
  }

  private void put(OpenFile handle, PendingFile file, long position, byte[] bytes, int length) {
    if (options.sparse() && !file.inPlace) {
      Holes.write(handle, position, bytes, length);
    } else {
      handle.write(position, bytes, 0, length);
    }
  }

  /** A piece cannot be had. */
  void lost(PendingFile file, String why) {
    fail(file, why);
    ended(file);
  }

  /** The file will not be complete. */
  void fail(PendingFile file, String why) {
    if (file.failed.compareAndSet(false, true)) {
      progress.failed(file.path(), why);
    }
  }

  /** One piece less; after the last one the file is finished or given up. */
  private void ended(PendingFile file) {
    if (file.remaining.decrementAndGet() > 0) {
      return;
    }
    if (file.failed.get()) {
      discard(file);
    } else {
      guarded(
          file,
          () -> finish(file, open.use(file), file.inPlace ? Action.UPDATED : Action.RESTORED));
    }
  }

  private void finish(PendingFile file, OpenFile handle, Action action) {
    try {
      complete(file, handle);
    } finally {
      open.release(file);
      open.close(file);
    }
    progress.done(file.path(), NodeType.FILE, file.size, action);
  }

  private void complete(PendingFile file, OpenFile handle) {
    if (options.sparse() || file.inPlace) {
      handle.truncate(file.size);
    }
    metadata.apply(handle.attributes(), file.node, !file.inPlace);
    if (file.size != file.node.size()) {
      fail(
          file,
          "its size in the snapshot is " + file.node.size() + ", its content has " + file.size);
    }
  }

  /** Half a file is not left to be taken for a whole one, unless it was there before. */
  private void discard(PendingFile file) {
    open.close(file);
    if (file.inPlace || file.inode == 0) {
      return;
    }
    try (Folders.Use folder = folders.use(file.folder)) {
      Directory directory = folder.directory();
      if (directory.find(file.node.name()).filter(s -> s.inode() == file.inode).isPresent()) {
        directory.unlink(file.node.name());
      }
    } catch (PosixException e) {
      progress.warning(file.path() + " is incomplete and could not be removed: " + e.getMessage());
    }
  }

  private void guarded(PendingFile file, Runnable work) {
    try {
      work.run();
    } catch (PosixException e) {
      if (e.noRoom()) {
        throw new Failure.Full(
            "The target is full: " + e.getMessage(),
            "make room and run the same restore again: what is there is kept and compared",
            e);
      }
      fail(file, String.valueOf(e.getMessage()));
    } catch (OpenFiles.SwappedException e) {
      fail(file, String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void close() {
    open.close();
  }
}
