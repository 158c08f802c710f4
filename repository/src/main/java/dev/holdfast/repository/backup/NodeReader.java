package dev.holdfast.repository.backup;

import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.posix.OpenFile;
import dev.holdfast.repository.posix.PosixException;
import dev.holdfast.repository.posix.Stat;
import dev.holdfast.repository.tree.Mode;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawName;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes nodes of what the kernel says of a file. Thread-safe. */
final class NodeReader {

  private final Owners owners = new Owners();
  private final ZoneId zone = ZoneId.systemDefault();
  private final boolean withAtime;

  /**
   * @param withAtime false: atime is mtime, so that reading changes nothing
   */
  NodeReader(boolean withAtime) {
    this.withAtime = withAtime;
  }

  /** The node of an entry, without content and subtree. */
  Node read(Directory directory, RawName name, Stat stat) {
    byte[] target = stat.type() == NodeType.SYMLINK ? directory.readLink(name) : null;
    return node(name, stat, target, directory.xattrs(name));
  }

  /** The node of an open file, without content. */
  Node read(OpenFile file, RawName name, Stat stat) {
    return node(name, stat, null, file.attributes().xattrs());
  }

  /**
   * The node of a file whose extended attributes need not be listed: its change time is what it
   * was, so they are, too.
   */
  Node withXattrs(RawName name, Stat stat, List<Node.Xattr> xattrs) {
    return node(name, stat, null, xattrs);
  }

  /**
   * Whether a new node of this entry would say the same as the old one, but for content and
   * subtree. With the change time and all that the kernel tells at once also the target of a link
   * and the extended attributes are the same.
   */
  boolean says(Node old, Stat stat) {
    return stat.inode() == old.inode()
        && (old.links() == 0 || stat.links() == old.links())
        && stat.device() == old.deviceId()
        && stat.uid() == old.uid()
        && stat.gid() == old.gid()
        && Mode.fromStat(stat.mode()) == old.mode()
        && sameTime(stat.mtime(), old.mtime())
        && sameTime(stat.ctime(), old.ctime())
        && sameTime(withAtime ? stat.atime() : stat.mtime(), old.atime())
        && owners.user(stat.uid()).equals(old.user())
        && owners.group(stat.gid()).equals(old.group())
        && old.error().isEmpty();
  }

  static boolean sameTime(Instant now, OffsetDateTime old) {
    return old.getNano() == now.getNano() && old.toEpochSecond() == now.getEpochSecond();
  }

  /** The node of a directory above a target; attributes that cannot be listed are left out. */
  Node readAbove(Directory directory, RawName name) {
    List<Node.Xattr> xattrs;
    try {
      xattrs = directory.xattrs();
    } catch (PosixException e) {
      xattrs = List.of();
    }
    return node(name, directory.stat(), null, xattrs);
  }

  private Node node(
      RawName name, Stat stat, byte @Nullable [] linkTarget, List<Node.Xattr> xattrs) {
    NodeType type = stat.type();
    OffsetDateTime mtime = time(stat.mtime());
    boolean links =
        switch (type) {
          case FILE, SYMLINK, BLOCK_DEVICE, CHAR_DEVICE -> true;
          default -> false;
        };
    boolean device = type == NodeType.BLOCK_DEVICE || type == NodeType.CHAR_DEVICE;
    return new Node(
        name,
        type,
        Mode.fromStat(stat.mode()),
        mtime,
        withAtime ? time(stat.atime()) : mtime,
        time(stat.ctime()),
        stat.uid(),
        stat.gid(),
        owners.user(stat.uid()),
        owners.group(stat.gid()),
        stat.inode(),
        stat.device(),
        type == NodeType.FILE ? stat.size() : 0,
        links ? stat.links() : 0,
        linkTarget,
        xattrs,
        null,
        device ? stat.rdev() : 0,
        null,
        null,
        "");
  }

  private OffsetDateTime time(Instant instant) {
    return OffsetDateTime.ofInstant(instant, zone);
  }
}
