package dev.holdfast.repository.posix;

import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawName;
import dev.holdfast.repository.tree.RawPath;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
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

  /** The kernel's limit for the list of names and for a value. */
  private static final int XATTR_MAX = 64 << 10;

  private static final ThreadLocal<MemorySegment> XATTR_LIST =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(XATTR_MAX));
  private static final ThreadLocal<MemorySegment> XATTR_VALUE =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(XATTR_MAX));

  /** Bytes of directory entries asked for at once. */
  private static final int DIRENTS = 64 << 10;

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
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = cString(arena, bytes);
      int flags = Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC;
      long fd =
          Libc.call(
              "open", path, s -> (int) Libc.OPENAT.invokeExact(s, Libc.AT_FDCWD, name, flags, 0));
      return new Directory((int) fd, path);
    }
  }

  /** Opens a directory in this one; a link is an error (ELOOP or ENOTDIR). */
  public Directory child(RawName name) {
    int flags = Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC;
    return new Directory(openAt(name, flags, 0), path + "/" + name);
  }

  /** Opens a file for reading: no link, and no wait where it is a fifo by now. */
  public OpenFile read(RawName name) {
    int flags = Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC | Libc.O_NONBLOCK;
    return new OpenFile(openAt(name, flags, 0), path + "/" + name);
  }

  /** Makes a file that did not exist, readable by its owner only. */
  public OpenFile create(RawName name) {
    int flags = Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW | Libc.O_CLOEXEC;
    return new OpenFile(openAt(name, flags, 0600), path + "/" + name);
  }

  /** Opens an existing regular file for reading and writing. */
  public OpenFile write(RawName name) {
    int flags = Libc.O_RDWR | Libc.O_NOFOLLOW | Libc.O_CLOEXEC | Libc.O_NONBLOCK;
    return new OpenFile(openAt(name, flags, 0), path + "/" + name);
  }

  private int openAt(RawName name, int flags, int mode) {
    requireSafe(name);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = cString(arena, name.bytes());
      return (int)
          Libc.call("open", at(name), s -> (int) Libc.OPENAT.invokeExact(s, fd, text, flags, mode));
    }
  }

  /** The names in it, without {@code .} and {@code ..}, in the order of their bytes. */
  public List<RawName> list() {
    List<RawName> names = new ArrayList<>();
    // A handle of its own: the kernel keeps the position of a listing with the handle.
    try (Arena arena = Arena.ofConfined();
        Directory own = new Directory(reopen(arena), path)) {
      MemorySegment buffer = arena.allocate(DIRENTS, 8);
      while (true) {
        // Not readdir: it reports an error only in errno, which the virtual machine may have set
        // before.
        long size =
            Libc.call(
                "getdents",
                path,
                s -> (long) Libc.GETDENTS64.invokeExact(s, own.fd, buffer, (long) DIRENTS));
        if (size == 0) {
          break;
        }
        addNames(buffer.asSlice(0, size), names);
      }
    }
    names.sort(null);
    return names;
  }

  private int reopen(Arena arena) {
    MemorySegment dot = cString(arena, new byte[] {'.'});
    int flags = Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC;
    return (int) Libc.call("open", path, s -> (int) Libc.OPENAT.invokeExact(s, fd, dot, flags, 0));
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
    return statx(name.bytes(), at(name));
  }

  /** Of this directory. */
  public Stat stat() {
    return statx(new byte[] {'.'}, path);
  }

  private Stat statx(byte[] name, String what) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = cString(arena, name);
      MemorySegment x = arena.allocate(Stat.STATX_SIZE, 8);
      Libc.call(
          "stat",
          what,
          s -> (int) Libc.STATX.invokeExact(s, fd, text, Libc.AT_SYMLINK_NOFOLLOW, Stat.MASK, x));
      return Stat.read(x);
    }
  }

  /** The target of a link, as bytes. */
  public byte[] readLink(RawName name) {
    requireSafe(name);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = cString(arena, name.bytes());
      MemorySegment target = arena.allocate(8192);
      long length =
          Libc.call(
              "readlink",
              at(name),
              s -> (long) Libc.READLINKAT.invokeExact(s, fd, text, target, 8192L));
      return target.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  public void makeDirectory(RawName name) {
    withName("mkdir", name, (s, text) -> (int) Libc.MKDIRAT.invokeExact(s, fd, text, 0700));
  }

  public void symlink(byte[] target, RawName name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = cString(arena, target);
      withName("symlink", name, (s, n) -> (int) Libc.SYMLINKAT.invokeExact(s, text, fd, n));
    }
  }

  /** Makes {@code name} another name of {@code existing} in {@code other}. */
  public void link(Directory other, RawName existing, RawName name) {
    requireSafe(existing);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment old = cString(arena, existing.bytes());
      withName("link", name, (s, n) -> (int) Libc.LINKAT.invokeExact(s, other.fd, old, fd, n, 0));
    }
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
    withName("mknod", name, (s, n) -> (int) Libc.MKNODAT.invokeExact(s, fd, n, mode, device));
  }

  /** Removes a file, link or device. */
  public void unlink(RawName name) {
    withName("unlink", name, (s, n) -> (int) Libc.UNLINKAT.invokeExact(s, fd, n, 0));
  }

  /** Removes an empty directory. */
  public void removeDirectory(RawName name) {
    withName("rmdir", name, (s, n) -> (int) Libc.UNLINKAT.invokeExact(s, fd, n, Libc.AT_REMOVEDIR));
  }

  public void owner(RawName name, int uid, int gid) {
    withName(
        "chown",
        name,
        (s, n) -> (int) Libc.FCHOWNAT.invokeExact(s, fd, n, uid, gid, Libc.AT_SYMLINK_NOFOLLOW));
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
          int handle = directory.fd;
          Libc.call("chmod", at(name), s -> (int) Libc.FCHMOD.invokeExact(s, handle, mode));
        }
      }
      case FILE -> {
        try (OpenFile file = read(name)) {
          file.permissions(mode);
        }
      }
      default ->
          // Opening a device or fifo may do something; glibc emulates the flag through /proc and
          // follows no link.
          withName(
              "chmod",
              name,
              (s, n) -> (int) Libc.FCHMODAT.invokeExact(s, fd, n, mode, Libc.AT_SYMLINK_NOFOLLOW));
    }
  }

  public void times(RawName name, Instant atime, Instant mtime) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment times = timespecs(arena, atime, mtime);
      withName(
          "utimens",
          name,
          (s, n) -> (int) Libc.UTIMENSAT.invokeExact(s, fd, n, times, Libc.AT_SYMLINK_NOFOLLOW));
    }
  }

  static MemorySegment timespecs(Arena arena, Instant atime, Instant mtime) {
    MemorySegment times = arena.allocate(32, 8);
    times.set(ValueLayout.JAVA_LONG, 0, atime.getEpochSecond());
    times.set(ValueLayout.JAVA_LONG, 8, atime.getNano());
    times.set(ValueLayout.JAVA_LONG, 16, mtime.getEpochSecond());
    times.set(ValueLayout.JAVA_LONG, 24, mtime.getNano());
    return times;
  }

  /** All extended attributes in the kernel's order; none where the file system has none. */
  public List<Node.Xattr> xattrs(RawName name) {
    requireSafe(name);
    return xattrs(name.bytes(), at(name));
  }

  /** Of this directory. */
  public List<Node.Xattr> xattrs() {
    return xattrs(new byte[] {'.'}, path);
  }

  private List<Node.Xattr> xattrs(byte[] name, String what) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment handle = proc(arena, name);
      MemorySegment list = XATTR_LIST.get();
      long size =
          Libc.quietly(s -> (long) Libc.LLISTXATTR.invokeExact(s, handle, list, (long) XATTR_MAX));
      if (size < 0) {
        int errno = Libc.errno();
        if (errno == PosixException.ENOTSUP || errno == PosixException.ENODATA) {
          return List.of();
        }
        throw new PosixException("listxattr", what, errno);
      }
      if (size == 0) {
        return List.of();
      }
      List<Node.Xattr> xattrs = new ArrayList<>();
      long start = 0;
      for (long i = 0; i < size; i++) {
        if (list.get(ValueLayout.JAVA_BYTE, i) == 0) {
          MemorySegment key = list.asSlice(start, i + 1 - start);
          xattrs.add(xattr(handle, key, what));
          start = i + 1;
        }
      }
      return xattrs;
    }
  }

  private static Node.Xattr xattr(MemorySegment handle, MemorySegment key, String what) {
    MemorySegment value = XATTR_VALUE.get();
    long size =
        Libc.call(
            "getxattr",
            what,
            s -> (long) Libc.LGETXATTR.invokeExact(s, handle, key, value, (long) XATTR_MAX));
    byte[] text = key.asSlice(0, key.byteSize() - 1).toArray(ValueLayout.JAVA_BYTE);
    return new Node.Xattr(
        new String(text, StandardCharsets.UTF_8),
        value.asSlice(0, size).toArray(ValueLayout.JAVA_BYTE));
  }

  public void setXattr(RawName name, Node.Xattr xattr) {
    requireSafe(name);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment handle = proc(arena, name.bytes());
      MemorySegment key = cString(arena, xattr.name().getBytes(StandardCharsets.UTF_8));
      MemorySegment value = arena.allocate(Math.max(1, xattr.value().length));
      MemorySegment.copy(xattr.value(), 0, value, ValueLayout.JAVA_BYTE, 0, xattr.value().length);
      long size = xattr.value().length;
      Libc.call(
          "setxattr " + xattr.name(),
          at(name),
          s -> (int) Libc.LSETXATTR.invokeExact(s, handle, key, value, size, 0));
    }
  }

  public void removeXattr(RawName name, String key) {
    requireSafe(name);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment handle = proc(arena, name.bytes());
      MemorySegment text = cString(arena, key.getBytes(StandardCharsets.UTF_8));
      Libc.call(
          "removexattr " + key,
          at(name),
          s -> (int) Libc.LREMOVEXATTR.invokeExact(s, handle, text));
    }
  }

  /**
   * There is no xattr call relative to a directory: /proc names the handle, and the l-functions
   * follow no last link.
   */
  private MemorySegment proc(Arena arena, byte[] name) {
    byte[] prefix = ("/proc/self/fd/" + fd + "/").getBytes(StandardCharsets.US_ASCII);
    byte[] whole = Arrays.copyOf(prefix, prefix.length + name.length);
    System.arraycopy(name, 0, whole, prefix.length, name.length);
    return cString(arena, whole);
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
    Libc.call("fsync", path, s -> (int) Libc.FSYNC.invokeExact(s, fd));
  }

  @FunctionalInterface
  private interface NamedCall {
    long run(MemorySegment state, MemorySegment name) throws Throwable;
  }

  private void withName(String function, RawName name, NamedCall call) {
    requireSafe(name);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = cString(arena, name.bytes());
      Libc.call(function, at(name), s -> call.run(s, text));
    }
  }

  private static void requireSafe(RawName name) {
    if (!name.isSafe()) {
      throw new IllegalArgumentException("'" + name + "' is not the name of a directory entry");
    }
  }

  private static MemorySegment cString(Arena arena, byte[] bytes) {
    MemorySegment text = arena.allocate(bytes.length + 1L);
    MemorySegment.copy(bytes, 0, text, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return text;
  }

  private String at(RawName name) {
    return path + "/" + name;
  }

  @Override
  public void close() {
    long _ = Libc.quietly(s -> (int) Libc.CLOSE.invokeExact(s, fd));
  }

  @Override
  public String toString() {
    return path;
  }
}
