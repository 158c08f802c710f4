package dev.holdfast.repository.restore;

import dev.holdfast.repository.Id;
import dev.holdfast.repository.posix.OpenFile;
import dev.holdfast.repository.tree.Node;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A file whose content is being restored. */
final class PendingFile {

  final Folder folder;
  final Node node;

  /** Pieces of content that are not written yet. */
  final AtomicInteger remaining = new AtomicInteger();

  final AtomicBoolean failed = new AtomicBoolean();

  /** It was there before and keeps the blocks that are right. */
  boolean inPlace;

  /** Bytes that it will have. */
  long size;

  /** It is made, filled and closed in one go. */
  boolean whole;

  /** The inode that this restore made or chose: another under the same name is not touched. */
  long inode;

  @Nullable OpenFile handle;
  int users;

  PendingFile(Folder folder, Node node) {
    this.folder = folder;
    this.node = node;
  }

  List<Id> content() {
    return node.content() == null ? List.of() : node.content();
  }

  String path() {
    return folder.path + "/" + node.name();
  }
}
