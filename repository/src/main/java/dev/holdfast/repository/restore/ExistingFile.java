package dev.holdfast.repository.restore;

import dev.holdfast.repository.Id;
import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.posix.OpenFile;
import dev.holdfast.repository.posix.PosixException;
import dev.holdfast.repository.posix.Stat;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawName;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is in the way of a file. A regular file with one name is kept, and of its content what is
 * right; everything else is removed: a link leads elsewhere, and writing to a file with several
 * names would change what is not in the target.
 */
final class ExistingFile {

  private final Folders folders;
  private final RestoreOptions.Overwrite overwrite;

  ExistingFile(Folders folders, RestoreOptions.Overwrite overwrite) {
    this.folders = folders;
    this.overwrite = overwrite;
  }

  /** The pieces that have to be written; empty if the file is to be left alone. */
  Optional<List<Piece>> missing(PendingFile file, List<Piece> all) {
    if (file.folder.fresh) {
      return Optional.of(all);
    }
    try (Folders.Use folder = folders.use(file.folder)) {
      Directory directory = folder.directory();
      RawName name = file.node.name();
      Optional<Stat> there = directory.find(name);
      if (there.isEmpty()) {
        return Optional.of(all);
      }
      if (keeps(there.get(), file)) {
        return Optional.empty();
      }
      return Optional.of(compare(directory, file, there.get(), all));
    }
  }

  /** Whether the user wants what is there rather than what the snapshot has. */
  private boolean keeps(Stat there, PendingFile file) {
    return overwrite == RestoreOptions.Overwrite.NEVER
        || (overwrite == RestoreOptions.Overwrite.IF_NEWER
            && !there.mtime().isBefore(file.node.mtime().toInstant()));
  }

  private List<Piece> compare(Directory directory, PendingFile file, Stat there, List<Piece> all) {
    RawName name = file.node.name();
    if (there.type() == NodeType.DIR) {
      directory.removeDirectory(name);
      return all;
    }
    if (there.type() == NodeType.FILE && there.links() == 1) {
      try (OpenFile open = directory.write(name)) {
        Stat opened = open.stat();
        if (opened.type() == NodeType.FILE && opened.links() == 1) {
          file.inPlace = true;
          file.inode = opened.inode();
          return different(open, opened, file, all);
        }
      } catch (PosixException e) {
        if (e.noRoom()) {
          throw e;
        }
        file.inPlace = false; // not ours to write, or running: a new one takes its place
        file.inode = 0;
      }
    }
    directory.unlink(name);
    return all;
  }

  private List<Piece> different(OpenFile open, Stat stat, PendingFile file, List<Piece> all) {
    if (overwrite == RestoreOptions.Overwrite.IF_CHANGED
        && stat.size() == file.size
        && stat.mtime().equals(file.node.mtime().toInstant())) {
      return List.of();
    }
    List<Piece> different = new ArrayList<>();
    for (Piece piece : all) {
      int length = piece.copy().blob().plainLength();
      byte[] buffer = Workers.buffer(length);
      boolean same =
          piece.position() + length <= stat.size()
              && open.read(piece.position(), buffer, 0, length) == length
              && Id.hash(buffer, 0, length).equals(piece.copy().blob().id());
      if (!same) {
        different.add(piece);
      }
    }
    return different;
  }
}
