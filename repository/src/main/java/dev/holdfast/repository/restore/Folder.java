package dev.holdfast.repository.restore;

import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.RawName;
import org.jspecify.annotations.Nullable;

/** A directory of the target; {@link Folders} opens and makes it. */
final class Folder {

  final @Nullable Folder parent;
  final RawName name;
  final @Nullable Node node;
  final String path;
  final int depth;

  /** It exists in the target. */
  boolean made;

  /** This restore made it, so that nothing is in it but what this restore puts there. */
  boolean fresh;

  @Nullable Directory handle;
  int users;

  /**
   * @param node what the snapshot says of it; null for the target itself
   */
  Folder(@Nullable Folder parent, RawName name, @Nullable Node node) {
    this.parent = parent;
    this.name = name;
    this.node = node;
    this.path = parent == null ? "" : parent.path + "/" + name;
    this.depth = parent == null ? 0 : parent.depth + 1;
  }
}
