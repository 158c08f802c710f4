package dev.holdfast.repository.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.time.Instant;

/**
 * A thread's native memory for what a system call takes and gives, used again for each: nothing is
 * allocated for a call. Addresses are valid until the thread's next call of the same method.
 */
final class Scratch {

  /** More than the kernel takes for a path, and than a link or a list of attributes can have. */
  private static final int PATH = 4096 + 64;

  private static final int LIST = 64 << 10;
  private static final int TIMES = 32;

  /** One transfer of a file's bytes: small enough to stay in the cache between its two copies. */
  static final int TRANSFER = 128 << 10;

  private static final StructLayout STATE = Linker.Option.captureStateLayout();

  /** A place, not a VarHandle: the JDK would build one for this layout at each start. */
  private static final long ERRNO =
      STATE.byteOffset(MemoryLayout.PathElement.groupElement("errno"));

  private static final ThreadLocal<Scratch> OF_THREAD = ThreadLocal.withInitial(Scratch::new);
  private static final byte[] PROC = {
    '/', 'p', 'r', 'o', 'c', '/', 's', 'e', 'l', 'f', '/', 'f', 'd', '/'
  };

  private final Arena arena = Arena.ofAuto();
  private final MemorySegment state = arena.allocate(STATE);
  private final MemorySegment first = arena.allocate(PATH);
  private final MemorySegment second = arena.allocate(PATH);
  private final MemorySegment struct = arena.allocate(Stat.STATX_SIZE, 8);
  private final Lazily list = new Lazily(LIST);
  private final Lazily value = new Lazily(LIST);
  private final Lazily transfer = new Lazily(TRANSFER);

  private Scratch() {}

  static Scratch ofThread() {
    return OF_THREAD.get();
  }

  /** Memory that few threads need. */
  private final class Lazily {
    private final int size;
    private MemorySegment segment = MemorySegment.NULL;

    Lazily(int size) {
      this.size = size;
    }

    MemorySegment get() {
      if (segment.byteSize() == 0) {
        segment = arena.allocate(size, 8);
      }
      return segment;
    }
  }

  /** Where a call leaves errno. */
  MemorySegment state() {
    return state;
  }

  int errno() {
    return state.get(ValueLayout.JAVA_INT, ERRNO);
  }

  /** Puts a path there; returns its address. */
  long path(byte[] bytes) {
    return text(bytes, 0, first);
  }

  /** A second one beside {@link #path}. */
  long secondPath(byte[] bytes) {
    return text(bytes, 0, second);
  }

  /** The path of an entry of a directory for calls that take no directory's handle. */
  long procPath(int fd, byte[] name) {
    int at = procDescriptor(fd);
    first.set(ValueLayout.JAVA_BYTE, at, (byte) '/');
    return text(name, at + 1, first);
  }

  /** The path of a handle. */
  long procPath(int fd) {
    first.set(ValueLayout.JAVA_BYTE, procDescriptor(fd), (byte) 0);
    return first.address();
  }

  private int procDescriptor(int fd) {
    MemorySegment.copy(PROC, 0, first, ValueLayout.JAVA_BYTE, 0, PROC.length);
    int end = PROC.length + 1;
    for (int rest = fd; rest > 9; rest /= 10) {
      end++;
    }
    int at = end;
    for (int rest = fd; at > PROC.length; rest /= 10) {
      first.set(ValueLayout.JAVA_BYTE, --at, (byte) ('0' + rest % 10));
    }
    return end;
  }

  private static long text(byte[] bytes, int at, MemorySegment target) {
    if (at + bytes.length >= PATH) {
      throw new PosixException("path", "of " + bytes.length + " bytes", PosixException.TOO_LONG);
    }
    MemorySegment.copy(bytes, 0, target, ValueLayout.JAVA_BYTE, at, bytes.length);
    target.set(ValueLayout.JAVA_BYTE, (long) at + bytes.length, (byte) 0);
    return target.address();
  }

  /** For struct statx. */
  MemorySegment struct() {
    return struct;
  }

  /** Two of struct timespec; their address. */
  long times(Instant atime, Instant mtime) {
    MemorySegment times = struct.asSlice(0, TIMES);
    times.set(ValueLayout.JAVA_LONG, 0, atime.getEpochSecond());
    times.set(ValueLayout.JAVA_LONG, 8, atime.getNano());
    times.set(ValueLayout.JAVA_LONG, 16, mtime.getEpochSecond());
    times.set(ValueLayout.JAVA_LONG, 24, mtime.getNano());
    return times.address();
  }

  /** For directory entries, names of attributes, a link's target. */
  MemorySegment list() {
    return list.get();
  }

  /** For the value of an attribute, which is no longer than this. */
  MemorySegment value() {
    return value.get();
  }

  MemorySegment transfer() {
    return transfer.get();
  }
}
