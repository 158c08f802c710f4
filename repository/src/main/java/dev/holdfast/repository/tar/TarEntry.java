package dev.holdfast.repository.tar;

import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawPath;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a tar stream.
 *
 * @param type FILE also for a hard link
 * @param mode permissions, setuid, setgid, sticky
 * @param size bytes of content that follow; 0 but for files
 * @param link the target of a symlink, as it stands
 * @param hardLink the path of the entry that this one is another name of, or null
 * @param device major and minor number, as the kernel's {@code dev_t}; 0 for none
 */
public record TarEntry(
    RawPath path,
    NodeType type,
    int mode,
    int uid,
    int gid,
    String user,
    String group,
    long size,
    Instant mtime,
    byte @Nullable [] link,
    @Nullable RawPath hardLink,
    long device,
    List<Node.Xattr> xattrs) {

  public TarEntry {
    xattrs = List.copyOf(xattrs);
  }
}
