package dev.holdfast.repository.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The functions of libc that we call, as method handles. Every call that may fail captures errno
 * into the thread's own segment; {@link #call} turns a negative result into a {@link
 * PosixException}.
 */
@SuppressWarnings("restricted") // calling libc is what this class is for
final class Libc {

  static final int AT_FDCWD = -100;
  static final int AT_SYMLINK_NOFOLLOW = 0x100;
  static final int AT_REMOVEDIR = 0x200;
  static final int O_RDONLY = 0;
  static final int O_WRONLY = 1;
  static final int O_RDWR = 2;
  static final int O_CREAT = 0100;
  static final int O_EXCL = 0200;
  static final int O_NOFOLLOW = arm() ? 0100000 : 0400000;
  static final int O_DIRECTORY = arm() ? 040000 : 0200000;
  static final int O_CLOEXEC = 02000000;
  static final int O_NONBLOCK = 04000;
  static final int O_NOATIME = 01000000;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final ThreadLocal<MemorySegment> CAPTURED =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(STATE));

  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
  private static final ValueLayout POINTER = ValueLayout.ADDRESS;

  static final MethodHandle OPENAT = variadic("openat", 3, INT, INT, POINTER, INT, INT);
  static final MethodHandle CLOSE = function("close", INT, INT);
  static final MethodHandle READ = function("read", LONG, INT, POINTER, LONG);
  static final MethodHandle PREAD = function("pread", LONG, INT, POINTER, LONG, LONG);
  static final MethodHandle PWRITE = function("pwrite", LONG, INT, POINTER, LONG, LONG);
  static final MethodHandle FTRUNCATE = function("ftruncate", INT, INT, LONG);
  static final MethodHandle FSYNC = function("fsync", INT, INT);
  static final MethodHandle STATX = function("statx", INT, INT, POINTER, INT, INT, POINTER);
  static final MethodHandle READLINKAT = function("readlinkat", LONG, INT, POINTER, POINTER, LONG);
  static final MethodHandle MKDIRAT = function("mkdirat", INT, INT, POINTER, INT);
  static final MethodHandle SYMLINKAT = function("symlinkat", INT, POINTER, INT, POINTER);
  static final MethodHandle LINKAT = function("linkat", INT, INT, POINTER, INT, POINTER, INT);
  static final MethodHandle MKNODAT = function("mknodat", INT, INT, POINTER, INT, LONG);
  static final MethodHandle UNLINKAT = function("unlinkat", INT, INT, POINTER, INT);
  static final MethodHandle FCHOWNAT = function("fchownat", INT, INT, POINTER, INT, INT, INT);
  static final MethodHandle FCHOWN = function("fchown", INT, INT, INT, INT);
  static final MethodHandle FLISTXATTR = function("flistxattr", LONG, INT, POINTER, LONG);
  static final MethodHandle FSETXATTR =
      function("fsetxattr", INT, INT, POINTER, POINTER, LONG, INT);
  static final MethodHandle FREMOVEXATTR = function("fremovexattr", INT, INT, POINTER);
  static final MethodHandle FCHMOD = function("fchmod", INT, INT, INT);
  static final MethodHandle FCHMODAT = function("fchmodat", INT, INT, POINTER, INT, INT);
  static final MethodHandle UTIMENSAT = function("utimensat", INT, INT, POINTER, POINTER, INT);
  static final MethodHandle FUTIMENS = function("futimens", INT, INT, POINTER);
  static final MethodHandle GETDENTS64 = function("getdents64", LONG, INT, POINTER, LONG);
  static final MethodHandle LLISTXATTR = function("llistxattr", LONG, POINTER, POINTER, LONG);
  static final MethodHandle LGETXATTR =
      function("lgetxattr", LONG, POINTER, POINTER, POINTER, LONG);
  static final MethodHandle LSETXATTR =
      function("lsetxattr", INT, POINTER, POINTER, POINTER, LONG, INT);
  static final MethodHandle LREMOVEXATTR = function("lremovexattr", INT, POINTER, POINTER);
  static final MethodHandle GETUID = function("getuid", INT);
  static final MethodHandle GETGID = function("getgid", INT);

  private Libc() {}

  private static boolean arm() {
    return System.getProperty("os.arch").equals("aarch64");
  }

  private static MethodHandle function(String name, ValueLayout result, ValueLayout... parameters) {
    return LINKER.downcallHandle(
        address(name),
        FunctionDescriptor.of(result, parameters),
        Linker.Option.captureCallState("errno"));
  }

  private static MethodHandle variadic(
      String name, int firstVariadic, ValueLayout result, ValueLayout... parameters) {
    return LINKER.downcallHandle(
        address(name),
        FunctionDescriptor.of(result, parameters),
        Linker.Option.firstVariadicArg(firstVariadic),
        Linker.Option.captureCallState("errno"));
  }

  private static MemorySegment address(String name) {
    return LINKER.defaultLookup().findOrThrow(name);
  }

  /** Where this thread's next call leaves errno. */
  static MemorySegment state() {
    return CAPTURED.get();
  }

  static int errno() {
    return (int) ERRNO.get(CAPTURED.get(), 0L);
  }

  /** A call of libc. */
  @FunctionalInterface
  interface Call {
    long run(MemorySegment state) throws Throwable;
  }

  /**
   * Runs the call, again where a signal interrupted it. A negative result is an exception that
   * names {@code what}.
   */
  static long call(String function, Object what, Call call) {
    while (true) {
      long result = quietly(call);
      if (result >= 0) {
        return result;
      }
      int errno = errno();
      if (errno != PosixException.EINTR) {
        throw new PosixException(function, String.valueOf(what), errno);
      }
    }
  }

  /** Runs the call and returns what it returns. */
  static long quietly(Call call) {
    try {
      return call.run(state());
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
