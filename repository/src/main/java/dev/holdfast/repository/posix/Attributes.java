package dev.holdfast.repository.posix;

import dev.holdfast.repository.tree.Node;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What an open file or directory has beside its content, read and set through its handle. */
public final class Attributes {

  private static final int XATTR_MAX = 64 << 10;

  private final int fd;
  private final String path;

  Attributes(int fd, String path) {
    this.fd = fd;
    this.path = path;
  }

  public void owner(int uid, int gid) {
    Libc.call("chown", path, s -> (int) Libc.FCHOWN.invokeExact(s, fd, uid, gid));
  }

  public void permissions(int mode) {
    Libc.call("chmod", path, s -> (int) Libc.FCHMOD.invokeExact(s, fd, mode));
  }

  public void times(Instant atime, Instant mtime) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment times = Directory.timespecs(arena, atime, mtime);
      Libc.call("utimens", path, s -> (int) Libc.FUTIMENS.invokeExact(s, fd, times));
    }
  }

  /** The names of all extended attributes; none where the file system has none. */
  public List<String> xattrNames() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment list = arena.allocate(XATTR_MAX);
      long size =
          Libc.quietly(s -> (long) Libc.FLISTXATTR.invokeExact(s, fd, list, (long) XATTR_MAX));
      if (size < 0) {
        int errno = Libc.errno();
        if (errno == PosixException.ENOTSUP || errno == PosixException.ENODATA) {
          return List.of();
        }
        throw new PosixException("listxattr", path, errno);
      }
      List<String> names = new ArrayList<>();
      for (long at = 0; at < size; ) {
        long end = at;
        while (list.get(ValueLayout.JAVA_BYTE, end) != 0) {
          end++;
        }
        byte[] name = list.asSlice(at, end - at).toArray(ValueLayout.JAVA_BYTE);
        names.add(new String(name, StandardCharsets.UTF_8));
        at = end + 1;
      }
      return names;
    }
  }

  public void setXattr(Node.Xattr xattr) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment key = arena.allocateFrom(xattr.name());
      long size = xattr.value().length;
      MemorySegment value = arena.allocate(Math.max(1, size));
      MemorySegment.copy(xattr.value(), 0, value, ValueLayout.JAVA_BYTE, 0, xattr.value().length);
      Libc.call(
          "setxattr " + xattr.name(),
          path,
          s -> (int) Libc.FSETXATTR.invokeExact(s, fd, key, value, size, 0));
    }
  }

  public void removeXattr(String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment key = arena.allocateFrom(name);
      Libc.call("removexattr " + name, path, s -> (int) Libc.FREMOVEXATTR.invokeExact(s, fd, key));
    }
  }
}
