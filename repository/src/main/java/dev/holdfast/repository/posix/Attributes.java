package dev.holdfast.repository.posix;

import dev.holdfast.repository.tree.Node;
import java.time.Instant;
import java.util.List;

/** What an open file or directory has beside its content, read and set through its handle. */
public final class Attributes {

  private final int fd;
  private final Object what;

  /**
   * @param what its path when it is made to text
   */
  Attributes(int fd, Object what) {
    this.fd = fd;
    this.what = what;
  }

  public void owner(int uid, int gid) {
    Kernel.call("chown", what, Kernel.FCHOWN, fd, uid, gid);
  }

  public void permissions(int mode) {
    Kernel.call("chmod", what, Kernel.FCHMOD, fd, mode);
  }

  public void times(Instant atime, Instant mtime) {
    long times = Scratch.ofThread().times(atime, mtime);
    Kernel.call("utimens", what, Kernel.UTIMENSAT, fd, 0, times, 0);
  }

  /** All extended attributes in the kernel's order; none where the file system has none. */
  public List<Node.Xattr> xattrs() {
    return Xattrs.of(fd, what).all();
  }

  /** The names of all extended attributes; none where the file system has none. */
  public List<String> xattrNames() {
    return Xattrs.of(fd, what).names();
  }

  public void setXattr(Node.Xattr xattr) {
    Xattrs.of(fd, what).set(xattr);
  }

  public void removeXattr(String name) {
    Xattrs.of(fd, what).remove(name);
  }
}
