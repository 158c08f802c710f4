package dev.holdfast.repository.restore;

import dev.holdfast.repository.posix.Attributes;
import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.posix.PosixException;
import dev.holdfast.repository.posix.ThisProcess;
import dev.holdfast.repository.tree.Mode;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Gives restored entries their owner, extended attributes (of which ACLs are some), times and
 * permissions, in this order: chown clears setuid and capabilities, and an ACL changes permissions.
 * What fails does not keep the rest from being set.
 */
final class Metadata {

  private final RestoreProgress progress;
  private final boolean inherits;
  private final int uid = ThisProcess.uid();
  private final int gid = ThisProcess.gid();
  private final AtomicBoolean warned = new AtomicBoolean();

  /**
   * @param inherits whether new entries get group or attributes from the directory that they are
   *     made in
   */
  Metadata(RestoreProgress progress, boolean inherits) {
    this.progress = progress;
    this.inherits = inherits;
  }

  /**
   * Of an open file or directory.
   *
   * @param fresh made by this restore with permissions for its owner only
   * @throws PosixException the first that something met
   */
  void apply(Attributes target, Node node, boolean fresh) {
    Attempts attempts = new Attempts();
    boolean plain = fresh && !inherits;
    boolean own = node.uid() == uid && node.gid() == gid;
    if (!plain || !own) {
      attempts.make(() -> target.owner(node.uid(), node.gid()));
    }
    if (!plain) {
      attempts.make(() -> dropOthers(target, node));
    }
    for (Node.Xattr xattr : node.xattrs()) {
      attempts.make(() -> target.setXattr(xattr));
    }
    attempts.make(() -> target.times(node.atime().toInstant(), node.mtime().toInstant()));
    attempts.make(() -> target.permissions(Mode.toPermissions(node.mode())));
    attempts.end();
  }

  /** Of a symbolic link, a device or a fifo, which are not opened. */
  void apply(Directory directory, Node node) {
    Attempts attempts = new Attempts();
    if (inherits || node.uid() != uid || node.gid() != gid) {
      attempts.make(() -> directory.owner(node.name(), node.uid(), node.gid()));
    }
    for (Node.Xattr xattr : node.xattrs()) {
      attempts.make(() -> directory.setXattr(node.name(), xattr));
    }
    if (node.type() != NodeType.SYMLINK) {
      int mode = Mode.toPermissions(node.mode());
      attempts.make(() -> directory.permissions(node.name(), mode, node.type()));
    }
    attempts.make(
        () -> directory.times(node.name(), node.atime().toInstant(), node.mtime().toInstant()));
    attempts.end();
  }

  /** Attributes that the kernel manages cannot always be dropped. */
  private static void dropOthers(Attributes target, Node node) {
    for (String name : target.xattrNames()) {
      if (node.xattrs().stream().noneMatch(xattr -> xattr.name().equals(name))) {
        try {
          target.removeXattr(name);
        } catch (PosixException e) {
          if (!name.startsWith("security.") && !name.startsWith("trusted.")) {
            throw e;
          }
        }
      }
    }
  }

  /** Goes on after a failure; only root may do everything, and that others cannot is said once. */
  private final class Attempts {
    private @Nullable PosixException first;

    void make(Runnable change) {
      try {
        change.run();
      } catch (PosixException e) {
        if (uid != 0 && e.errno() == PosixException.EPERM) {
          warn(e);
        } else if (first == null) {
          first = e;
        }
      }
    }

    void end() {
      if (first != null) {
        throw first;
      }
    }

    private void warn(PosixException e) {
      if (!warned.getAndSet(true)) {
        progress.warning(
            "Not running as root: owners and some attributes are not restored (the first: "
                + e.getMessage()
                + ")");
      }
    }
  }
}
