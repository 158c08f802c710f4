package dev.holdfast.repository.posix;

import dev.holdfast.repository.tree.Mode;
import dev.holdfast.repository.tree.NodeType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Instant;

/**
 * What the kernel says of a file.
 *
 * @param mode st_mode
 * @param device st_dev, as the C library encodes it
 * @param rdev st_rdev of a device
 * @param blocks 512 bytes each
 */
public record Stat(
    int mode,
    int uid,
    int gid,
    long inode,
    long links,
    long size,
    long blocks,
    Instant mtime,
    Instant atime,
    Instant ctime,
    long device,
    long rdev) {

  /** Bytes of struct statx, the same on every architecture. */
  static final int STATX_SIZE = 256;

  /** STATX_BASIC_STATS. */
  private static final int MASK = 0x7ff;

  /**
   * Asks the kernel.
   *
   * @param flags of statx beside those that keep it from following a link
   */
  static Stat of(int fd, byte[] name, int flags, Object what) {
    Scratch scratch = Scratch.ofThread();
    MemorySegment x = scratch.struct();
    Kernel.call(
        "stat",
        what,
        Kernel.STATX,
        fd,
        scratch.path(name),
        Kernel.AT_SYMLINK_NOFOLLOW | flags,
        MASK,
        x.address());
    return read(x);
  }

  private static Stat read(MemorySegment x) {
    return new Stat(
        x.get(ValueLayout.JAVA_SHORT, 28) & 0xffff,
        x.get(ValueLayout.JAVA_INT, 20),
        x.get(ValueLayout.JAVA_INT, 24),
        x.get(ValueLayout.JAVA_LONG, 32),
        x.get(ValueLayout.JAVA_INT, 16) & 0xffffffffL,
        x.get(ValueLayout.JAVA_LONG, 40),
        x.get(ValueLayout.JAVA_LONG, 48),
        time(x, 112),
        time(x, 64),
        time(x, 96),
        makedev(x.get(ValueLayout.JAVA_INT, 136), x.get(ValueLayout.JAVA_INT, 140)),
        makedev(x.get(ValueLayout.JAVA_INT, 128), x.get(ValueLayout.JAVA_INT, 132)));
  }

  private static Instant time(MemorySegment x, long offset) {
    return Instant.ofEpochSecond(
        x.get(ValueLayout.JAVA_LONG, offset),
        x.get(ValueLayout.JAVA_INT, offset + 8) & 0xffffffffL);
  }

  /** glibc's gnu_dev_makedev. */
  private static long makedev(int major, int minor) {
    long a = major & 0xffffffffL;
    long b = minor & 0xffffffffL;
    return ((a & 0xfffff000L) << 32)
        | ((a & 0xfffL) << 8)
        | ((b & 0xffffff00L) << 12)
        | (b & 0xffL);
  }

  public NodeType type() {
    return Mode.type(mode);
  }
}
