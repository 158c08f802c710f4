package dev.holdfast.repository.posix;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The system calls that we make. All go through one function of libc, {@code syscall}: each
 * function that Java links costs 10 ms at a start, and code that the JIT compiles for each. A
 * result that is a failure becomes a {@link PosixException}.
 */
@SuppressWarnings("restricted") // calling libc is what this class is for
final class Kernel {

  static final int AT_FDCWD = -100;
  static final int AT_SYMLINK_NOFOLLOW = 0x100;
  static final int AT_REMOVEDIR = 0x200;
  static final int AT_EMPTY_PATH = 0x1000;
  static final int O_RDONLY = 0;
  static final int O_RDWR = 2;
  static final int O_CREAT = 0100;
  static final int O_EXCL = 0200;
  static final int O_NONBLOCK = 04000;
  static final int O_DIRECTORY = number(0200000, 040000);
  static final int O_NOFOLLOW = number(0400000, 0100000);
  static final int O_CLOEXEC = 02000000;
  static final int O_PATH = 010000000;

  static final int CLOSE = number(3, 57);
  static final int PREAD = number(17, 67);
  static final int PWRITE = number(18, 68);
  static final int FSYNC = number(74, 82);
  static final int FTRUNCATE = number(77, 46);
  static final int FCHMOD = number(91, 52);
  static final int FCHOWN = number(93, 55);
  static final int GETUID = number(102, 174);
  static final int GETGID = number(104, 176);
  static final int LSETXATTR = number(189, 6);
  static final int FSETXATTR = number(190, 7);
  static final int LGETXATTR = number(192, 9);
  static final int FGETXATTR = number(193, 10);
  static final int LLISTXATTR = number(195, 12);
  static final int FLISTXATTR = number(196, 13);
  static final int LREMOVEXATTR = number(198, 15);
  static final int FREMOVEXATTR = number(199, 16);
  static final int GETDENTS64 = number(217, 61);
  static final int OPENAT = number(257, 56);
  static final int MKDIRAT = number(258, 34);
  static final int MKNODAT = number(259, 33);
  static final int FCHOWNAT = number(260, 54);
  static final int UNLINKAT = number(263, 35);
  static final int LINKAT = number(265, 37);
  static final int SYMLINKAT = number(266, 36);
  static final int READLINKAT = number(267, 78);
  static final int FCHMODAT = number(268, 53);
  static final int UTIMENSAT = number(280, 88);
  static final int STATX = number(332, 291);

  private static final MethodHandle SYSCALL = link();

  private Kernel() {}

  /** What differs between the two architectures. */
  private static int number(int amd64, int aarch64) {
    return System.getProperty("os.arch").equals("aarch64") ? aarch64 : amd64;
  }

  private static MethodHandle link() {
    Linker linker = Linker.nativeLinker();
    ValueLayout word = ValueLayout.JAVA_LONG;
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow("syscall"),
        FunctionDescriptor.of(word, word, word, word, word, word, word),
        Linker.Option.captureCallState("errno"));
  }

  /**
   * Makes a call, again where a signal interrupted it.
   *
   * @param function its name, for the message
   * @param what it concerns, for the message; only then made to text
   * @throws PosixException if it fails
   */
  static long call(
      String function, Object what, int number, long a, long b, long c, long d, long e) {
    Scratch scratch = Scratch.ofThread();
    while (true) {
      long result = run(scratch.state(), number, a, b, c, d, e);
      if (result >= 0) {
        return result;
      }
      int errno = scratch.errno();
      if (errno != PosixException.EINTR) {
        throw new PosixException(function, String.valueOf(what), errno);
      }
    }
  }

  static long call(String function, Object what, int number, long a, long b, long c, long d) {
    return call(function, what, number, a, b, c, d, 0);
  }

  static long call(String function, Object what, int number, long a, long b, long c) {
    return call(function, what, number, a, b, c, 0, 0);
  }

  static long call(String function, Object what, int number, long a, long b) {
    return call(function, what, number, a, b, 0, 0, 0);
  }

  /** Closes a handle; there is nothing to do about a failure. */
  static void close(int fd) {
    long _ = run(Scratch.ofThread().state(), CLOSE, fd, 0, 0, 0, 0);
  }

  private static long run(
      MemorySegment state, long number, long a, long b, long c, long d, long e) {
    try {
      return (long) SYSCALL.invokeExact(state, number, a, b, c, d, e);
    } catch (RuntimeException | Error failure) {
      throw failure;
    } catch (Throwable failure) {
      throw new IllegalStateException(failure);
    }
  }
}
