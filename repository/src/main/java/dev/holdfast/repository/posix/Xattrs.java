package dev.holdfast.repository.posix;

import dev.holdfast.repository.tree.Node;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The extended attributes of a handle, or of an entry of a directory that cannot be opened: there
 * is no call relative to a directory, so /proc names its handle, and a last link is not followed.
 */
final class Xattrs {

  private final int fd;

  /** Null for the handle itself. */
  private final byte @Nullable [] name;

  private final Object what;

  private Xattrs(int fd, byte @Nullable [] name, Object what) {
    this.fd = fd;
    this.name = name;
    this.what = what;
  }

  static Xattrs of(int fd, Object what) {
    return new Xattrs(fd, null, what);
  }

  static Xattrs in(int directory, byte[] name, Object what) {
    return new Xattrs(directory, name, what);
  }

  private long target() {
    return name == null ? fd : Scratch.ofThread().procPath(fd, name);
  }

  /** The names in the kernel's order; none where the file system has none. */
  List<String> names() {
    return rawNames().stream().map(name -> new String(name, StandardCharsets.UTF_8)).toList();
  }

  private List<byte[]> rawNames() {
    MemorySegment list = Scratch.ofThread().list();
    long size;
    try {
      int call = name == null ? Kernel.FLISTXATTR : Kernel.LLISTXATTR;
      size = Kernel.call("listxattr", what, call, target(), list.address(), list.byteSize());
    } catch (PosixException e) {
      if (e.errno() == PosixException.ENOTSUP || e.errno() == PosixException.ENODATA) {
        return List.of();
      }
      throw e;
    }
    if (size == 0) {
      return List.of();
    }
    List<byte[]> names = new ArrayList<>();
    long start = 0;
    for (long i = 0; i < size; i++) {
      if (list.get(ValueLayout.JAVA_BYTE, i) == 0) {
        names.add(list.asSlice(start, i - start).toArray(ValueLayout.JAVA_BYTE));
        start = i + 1;
      }
    }
    return names;
  }

  /** All with their values. */
  List<Node.Xattr> all() {
    List<byte[]> names = rawNames();
    if (names.isEmpty()) {
      return List.of();
    }
    List<Node.Xattr> xattrs = new ArrayList<>();
    for (byte[] raw : names) {
      MemorySegment value = Scratch.ofThread().value();
      int call = name == null ? Kernel.FGETXATTR : Kernel.LGETXATTR;
      long key = Scratch.ofThread().secondPath(raw);
      long size =
          Kernel.call("getxattr", what, call, target(), key, value.address(), value.byteSize());
      byte[] bytes = value.asSlice(0, size).toArray(ValueLayout.JAVA_BYTE);
      xattrs.add(new Node.Xattr(new String(raw, StandardCharsets.UTF_8), bytes));
    }
    return xattrs;
  }

  void set(Node.Xattr xattr) {
    byte[] bytes = xattr.value();
    MemorySegment value = Scratch.ofThread().value();
    if (bytes.length > value.byteSize()) {
      throw new PosixException("setxattr " + xattr.name(), what.toString(), PosixException.TOO_BIG);
    }
    MemorySegment.copy(bytes, 0, value, ValueLayout.JAVA_BYTE, 0, bytes.length);
    Kernel.call(
        "setxattr " + xattr.name(),
        what,
        name == null ? Kernel.FSETXATTR : Kernel.LSETXATTR,
        target(),
        key(xattr.name()),
        value.address(),
        bytes.length);
  }

  void remove(String key) {
    int call = name == null ? Kernel.FREMOVEXATTR : Kernel.LREMOVEXATTR;
    Kernel.call("removexattr " + key, what, call, target(), key(key));
  }

  private static long key(String key) {
    return Scratch.ofThread().secondPath(key.getBytes(StandardCharsets.UTF_8));
  }
}
