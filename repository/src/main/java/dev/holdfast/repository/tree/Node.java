package dev.holdfast.repository.tree;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.repository.Id;
import java.time.OffsetDateTime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a directory (restic design, "Trees and Data"). Numbers that the format calls uint64
 * are unsigned longs.
 *
 * @param mode Go's bits, see {@link Mode}
 * @param size bytes that were read; only for files
 * @param linkTarget raw bytes of a symlink's target, else null
 * @param genericAttributes Windows only; kept as it is
 * @param device st_rdev of devices
 * @param content blobs of a file, in order; null for everything else
 * @param subtree the tree of a directory; null for everything else
 */
public record Node(
    RawName name,
    NodeType type,
    long mode,
    OffsetDateTime mtime,
    OffsetDateTime atime,
    OffsetDateTime ctime,
    int uid,
    int gid,
    String user,
    String group,
    long inode,
    long deviceId,
    long size,
    long links,
    byte @Nullable [] linkTarget,
    List<Xattr> xattrs,
    @Nullable JsonNode genericAttributes,
    long device,
    @Nullable List<Id> content,
    @Nullable Id subtree,
    String error) {

  /** An extended attribute; ACLs are {@code system.posix_acl_*}. */
  public record Xattr(String name, byte[] value) {}

  public Node {
    xattrs = List.copyOf(xattrs);
    content = content == null ? null : List.copyOf(content);
  }

  /** The same node with other content: what change detection does. */
  public Node withContent(List<Id> content, long size) {
    return new Node(
        name,
        type,
        mode,
        mtime,
        atime,
        ctime,
        uid,
        gid,
        user,
        group,
        inode,
        deviceId,
        size,
        links,
        linkTarget,
        xattrs,
        genericAttributes,
        device,
        content,
        subtree,
        error);
  }

  /** The same directory with another tree. */
  public Node withSubtree(Id subtree) {
    return new Node(
        name,
        type,
        mode,
        mtime,
        atime,
        ctime,
        uid,
        gid,
        user,
        group,
        inode,
        deviceId,
        size,
        links,
        linkTarget,
        xattrs,
        genericAttributes,
        device,
        content,
        subtree,
        error);
  }

  /** The same node under another name. */
  public Node withName(RawName name) {
    return new Node(
        name,
        type,
        mode,
        mtime,
        atime,
        ctime,
        uid,
        gid,
        user,
        group,
        inode,
        deviceId,
        size,
        links,
        linkTarget,
        xattrs,
        genericAttributes,
        device,
        content,
        subtree,
        error);
  }
}
