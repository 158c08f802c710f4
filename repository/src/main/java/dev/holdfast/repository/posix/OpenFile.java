package dev.holdfast.repository.posix;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** An open file. Positions are explicit, so several threads may read and write at once. */
public final class OpenFile implements AutoCloseable {

  /** The most that {@link #readSome} gives. */
  public static final int AT_ONCE = Scratch.TRANSFER;

  private static final byte[] ITSELF = {};

  private final int fd;
  private final Object what;

  /**
   * @param what its path when it is made to text
   */
  OpenFile(int fd, Object what) {
    this.fd = fd;
    this.what = what;
  }

  public Stat stat() {
    return Stat.of(fd, ITSELF, Kernel.AT_EMPTY_PATH, what);
  }

  /** Fills {@code target[offset, offset + length)} as far as the file reaches; returns how far. */
  public int read(long position, byte[] target, int offset, int length) {
    int done = 0;
    while (done < length) {
      int got = readSome(position + done, target, offset + done, length - done);
      if (got == 0) {
        break;
      }
      done += got;
    }
    return done;
  }

  /** One read; as few bytes as the kernel likes, none only at the end. */
  public int readSome(long position, byte[] target, int offset, int length) {
    MemorySegment buffer = Scratch.ofThread().transfer();
    long want = Math.min(Scratch.TRANSFER, length);
    int got = (int) Kernel.call("read", what, Kernel.PREAD, fd, buffer.address(), want, position);
    MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 0, target, offset, got);
    return got;
  }

  public void write(long position, byte[] source, int offset, int length) {
    MemorySegment buffer = Scratch.ofThread().transfer();
    int done = 0;
    while (done < length) {
      int slice = Math.min(Scratch.TRANSFER, length - done);
      MemorySegment.copy(source, offset + done, buffer, ValueLayout.JAVA_BYTE, 0, slice);
      long to = position + done;
      done += (int) Kernel.call("write", what, Kernel.PWRITE, fd, buffer.address(), slice, to);
    }
  }

  public void truncate(long size) {
    Kernel.call("truncate", what, Kernel.FTRUNCATE, fd, size);
  }

  /** Owner, permissions, times and extended attributes. */
  public Attributes attributes() {
    return new Attributes(fd, what);
  }

  public void permissions(int mode) {
    attributes().permissions(mode);
  }

  public void sync() {
    Kernel.call("fsync", what, Kernel.FSYNC, fd, 0);
  }

  @Override
  public void close() {
    Kernel.close(fd);
  }
}
