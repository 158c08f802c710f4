package dev.holdfast.repository.posix;

import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawName;
import dev.holdfast.repository.tree.RawPath;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * An open directory: everything is done relative to its handle and no link is followed, so what
 * somebody swaps meanwhile leads nowhere else. One thread at a time, except for {@link #open} and
 * {@link #child}.
 */
public final class Directory implements AutoCloseable {

  private static final byte[] DOT = {'.'};

  private final int fd;
  private final String path;

  private Directory(int fd, String path) {
    this.fd = fd;
    this.path = path;
  }

  /** Opens a directory that the user named; links in this path are the user's and are followed. */
  public static Directory open(RawName path) {
    return open(path.bytes(), path.toString());
  }

  /** The same. */
  public static Directory open(RawPath path) {
    return open(path.bytes(), path.toString());
  }

  private static Directory open(byte[] bytes, String path) {
    int flags = Kernel.O_RDONLY | Kernel.O_DIRECTORY | Kernel.O_CLOEXEC;
    long name = Scratch.ofThread().path(bytes);
    long fd = Kernel.call("open", path, Kernel.OPENAT, Kernel.AT_FDCWD, name, flags, 0);
    return new Directory((int) fd, path);
  }

  /** Opens a directory in this one; a link is an error (ELOOP or ENOTDIR). */
  public Directory child(RawName name) {
    int flags = Kernel.O_RDONLY | Kernel.O_DIRECTORY | Kernel.O_NOFOLLOW | Kernel.O_CLOEXEC;
    return new Directory(openAt(name, flags, 0), path + "/" + name);
  }

  /** Opens a file for reading: no link, and no wait where it is a fifo by now. */
  public OpenFile read(RawName name) {
    int flags = Kernel.O_RDONLY | Kernel.O_NOFOLLOW | Kernel.O_CLOEXEC | Kernel.O_NONBLOCK;
    return new OpenFile(openAt(name, flags, 0), at(name));
  }

  /** Makes a file that did not exist, readable by its owner only. */
  public OpenFile create(RawName name) {
    int flags =
        Kernel.O_RDWR | Kernel.O_CREAT | Kernel.O_EXCL | Kernel.O_NOFOLLOW | Kernel.O_CLOEXEC;
    return new OpenFile(openAt(name, flags, 0600), at(name));
  }

  /** Opens an existing regular file for reading and writing. */
  public OpenFile write(RawName name) {
    int flags = Kernel.O_RDWR | Kernel.O_NOFOLLOW | Kernel.O_CLOEXEC | Kernel.O_NONBLOCK;
    return new OpenFile(openAt(name, flags, 0), at(name));
  }

  private int openAt(RawName name, int flags, int mode) {
    long text = text(name);
    return (int) Kernel.call("open", at(name), Kernel.OPENAT, fd, text, flags, mode);
  }

  /** The names in it, without {@code .} and {@code ..}, in the order of their bytes. */
  public List<RawName> list() {
    List<RawName> names = new ArrayList<>();
    MemorySegment buffer = Scratch.ofThread().list();
    // A handle of its own: the kernel keeps the position of a listing with the handle.
    try (Directory own = reopened()) {
      while (true) {
        long size =
            Kernel.call(
                "getdents", path, Kernel.GETDENTS64, own.fd, buffer.address(), buffer.byteSize());
        if (size == 0) {
          break;
        }
        addNames(buffer.asSlice(0, size), names);
      }
    }
    names.sort(null);
    return names;
  }

  private Directory reopened() {
    int flags = Kernel.O_RDONLY | Kernel.O_DIRECTORY | Kernel.O_CLOEXEC;
    long dot = Scratch.ofThread().path(DOT);
    return new Directory((int) Kernel.call("open", path, Kernel.OPENAT, fd, dot, flags, 0), path);
  }

  /** struct linux_dirent64: ino (8), off (8), reclen (2), type (1), name, a zero byte. */
  private static void addNames(MemorySegment entries, List<RawName> names) {
    long at = 0;
    while (at < entries.byteSize()) {
      int length = entries.get(ValueLayout.JAVA_SHORT, at + 16) & 0xffff;
      byte[] bytes = entries.asSlice(at + 19, length - 19L).toArray(ValueLayout.JAVA_BYTE);
      int end = 0;
      while (end < bytes.length && bytes[end] != 0) {
        end++;
      }
      RawName name = RawName.of(Arrays.copyOf(bytes, end));
      if (name.isSafe()) {
        names.add(name);
      }
      at += length;
    }
  }

  /** Of the entry itself, not of what a link names. */
  public Stat stat(RawName name) {
    requireSafe(name);
    return Stat.of(fd, name.bytes(), 0, at(name));
  }

  /** Of this directory. */
  public Stat stat() {
    return Stat.of(fd, DOT, 0, path);
  }

  /** The target of a link, as bytes. */
  public byte[] readLink(RawName name) {
    MemorySegment target = Scratch.ofThread().list();
    long length =
        Kernel.call(
            "readlink",
            at(name),
            Kernel.READLINKAT,
            fd,
            text(name),
            target.address(),
            target.byteSize());
    return target.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
  }

  public void makeDirectory(RawName name) {
    Kernel.call("mkdir", at(name), Kernel.MKDIRAT, fd, text(name), 0700);
  }

  public void symlink(byte[] target, RawName name) {
    long text = Scratch.ofThread().secondPath(target);
    Kernel.call("symlink", at(name), Kernel.SYMLINKAT, text, fd, text(name));
  }

  /** Makes {@code name} another name of {@code existing} in {@code other}. */
  public void link(Directory other, RawName existing, RawName name) {
    requireSafe(existing);
    long old = Scratch.ofThread().secondPath(existing.bytes());
    Kernel.call("link", at(name), Kernel.LINKAT, other.fd, old, fd, text(name), 0);
  }

  /** Makes a device or a fifo. */
  public void makeNode(RawName name, NodeType type, long device) {
    int mode =
        0600
            | switch (type) {
              case FIFO -> 0010000;
              case CHAR_DEVICE -> 0020000;
              case BLOCK_DEVICE -> 0060000;
              default -> throw new IllegalArgumentException("Not a device: " + type);
            };
    if (device >>> 32 != 0) { // the kernel's numbers are shorter than the C library's
      throw new PosixException("mknod", at(name).toString(), PosixException.EINVAL);
    }
    Kernel.call("mknod", at(name), Kernel.MKNODAT, fd, text(name), mode, device);
  }

  /** Removes a file, link or device. */
  public void unlink(RawName name) {
    Kernel.call("unlink", at(name), Kernel.UNLINKAT, fd, text(name), 0);
  }

  /** Removes an empty directory. */
  public void removeDirectory(RawName name) {
    Kernel.call("rmdir", at(name), Kernel.UNLINKAT, fd, text(name), Kernel.AT_REMOVEDIR);
  }

  public void owner(RawName name, int uid, int gid) {
    int flags = Kernel.AT_SYMLINK_NOFOLLOW;
    Kernel.call("chown", at(name), Kernel.FCHOWNAT, fd, text(name), uid, gid, flags);
  }

  /**
   * Sets the permissions of anything but a link, through a handle so that a link that was put there
   * is refused.
   */
  public void permissions(RawName name, int mode, NodeType type) {
    switch (type) {
      case SYMLINK -> throw new IllegalArgumentException("A link has no permissions");
      case DIR -> {
        try (Directory directory = child(name)) {
          directory.attributes().permissions(mode);
        }
      }
      case FILE -> {
        try (OpenFile file = read(name)) {
          file.permissions(mode);
        }
      }
      default -> permissionsOfDevice(name, mode);
    }
  }

  /** Opening a device or fifo may do something: a handle that only names it does not. */
  private void permissionsOfDevice(RawName name, int mode) {
    int flags = Kernel.O_PATH | Kernel.O_NOFOLLOW | Kernel.O_CLOEXEC;
    int handle = openAt(name, flags, 0);
    try (OpenFile named = new OpenFile(handle, at(name))) {
      if (named.stat().type() == NodeType.SYMLINK) {
        throw new PosixException("chmod", at(name).toString(), PosixException.ELOOP);
      }
      long path = Scratch.ofThread().procPath(handle);
      Kernel.call("chmod", at(name), Kernel.FCHMODAT, Kernel.AT_FDCWD, path, mode);
    }
  }

  public void times(RawName name, Instant atime, Instant mtime) {
    long times = Scratch.ofThread().times(atime, mtime);
    int flags = Kernel.AT_SYMLINK_NOFOLLOW;
    Kernel.call("utimens", at(name), Kernel.UTIMENSAT, fd, text(name), times, flags);
  }

  /** All extended attributes in the kernel's order; none where the file system has none. */
  public List<Node.Xattr> xattrs(RawName name) {
    return xattrsOf(name).all();
  }

  /** Of this directory. */
  public List<Node.Xattr> xattrs() {
    return attributes().xattrs();
  }

  public void setXattr(RawName name, Node.Xattr xattr) {
    xattrsOf(name).set(xattr);
  }

  public void removeXattr(RawName name, String key) {
    xattrsOf(name).remove(key);
  }

  private Xattrs xattrsOf(RawName name) {
    requireSafe(name);
    return Xattrs.in(fd, name.bytes(), at(name));
  }

  /** Owner, permissions, times and extended attributes of this directory. */
  public Attributes attributes() {
    return new Attributes(fd, path);
  }

  /** Whether there is an entry of this name, whatever it is. */
  public boolean has(RawName name) {
    return find(name).isPresent();
  }

  /** Of the entry itself, if there is one. */
  public Optional<Stat> find(RawName name) {
    try {
      return Optional.of(stat(name));
    } catch (PosixException e) {
      if (e.errno() == PosixException.ENOENT) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Makes the entries durable. */
  public void sync() {
    Kernel.call("fsync", path, Kernel.FSYNC, fd, 0);
  }

  private static long text(RawName name) {
    requireSafe(name);
    return Scratch.ofThread().path(name.bytes());
  }

  private static void requireSafe(RawName name) {
    if (!name.isSafe()) {
      throw new IllegalArgumentException("'" + name + "' is not the name of a directory entry");
    }
  }

  /** An entry, for messages. */
  private record Entry(String directory, RawName name) {
    @Override
    public String toString() {
      return directory + "/" + name;
    }
  }

  private Entry at(RawName name) {
    return new Entry(path, name);
  }

  @Override
  public void close() {
    Kernel.close(fd);
  }

  @Override
  public String toString() {
    return path;
  }
}
