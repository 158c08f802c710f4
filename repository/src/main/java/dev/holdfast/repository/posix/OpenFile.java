package dev.holdfast.repository.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** An open file. Positions are explicit, so several threads may read and write at once. */
public final class OpenFile implements AutoCloseable {

  private static final int BUFFER = 128 << 10;

  /** One transfer buffer a thread, small enough to stay in the cache between its two copies. */
  private static final ThreadLocal<MemorySegment> TRANSFER =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(BUFFER));

  private final int fd;
  private final String path;

  OpenFile(int fd, String path) {
    this.fd = fd;
    this.path = path;
  }

  public Stat stat() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment empty = arena.allocate(1);
      MemorySegment x = arena.allocate(Stat.STATX_SIZE, 8);
      int atEmptyPath = 0x1000;
      Libc.call(
          "stat", path, s -> (int) Libc.STATX.invokeExact(s, fd, empty, atEmptyPath, Stat.MASK, x));
      return Stat.read(x);
    }
  }

  /** Fills {@code target[offset, offset + length)} as far as the file reaches; returns how far. */
  public int read(long position, byte[] target, int offset, int length) {
    MemorySegment buffer = TRANSFER.get();
    int done = 0;
    while (done < length) {
      long want = Math.min(BUFFER, length - done);
      long from = position + done;
      long got =
          Libc.call("read", path, s -> (long) Libc.PREAD.invokeExact(s, fd, buffer, want, from));
      if (got == 0) {
        break;
      }
      MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 0, target, offset + done, (int) got);
      done += (int) got;
    }
    return done;
  }

  public void write(long position, byte[] source, int offset, int length) {
    MemorySegment buffer = TRANSFER.get();
    int done = 0;
    while (done < length) {
      int slice = Math.min(BUFFER, length - done);
      MemorySegment.copy(source, offset + done, buffer, ValueLayout.JAVA_BYTE, 0, slice);
      long to = position + done;
      long size = slice;
      done +=
          (int)
              Libc.call(
                  "write", path, s -> (long) Libc.PWRITE.invokeExact(s, fd, buffer, size, to));
    }
  }

  public void truncate(long size) {
    Libc.call("truncate", path, s -> (int) Libc.FTRUNCATE.invokeExact(s, fd, size));
  }

  /** Owner, permissions, times and extended attributes. */
  public Attributes attributes() {
    return new Attributes(fd, path);
  }

  public void permissions(int mode) {
    attributes().permissions(mode);
  }

  public void sync() {
    Libc.call("fsync", path, s -> (int) Libc.FSYNC.invokeExact(s, fd));
  }

  @Override
  public void close() {
    long _ = Libc.quietly(s -> (int) Libc.CLOSE.invokeExact(s, fd));
  }
}
