package dev.holdfast.repository.posix;

import java.util.Map;

/** A failed system call. */
public final class PosixException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public static final int EPERM = 1;
  public static final int ENOENT = 2;
  public static final int EINTR = 4;
  static final int TOO_BIG = 7;
  static final int TOO_LONG = 36;
  public static final int EACCES = 13;
  public static final int EEXIST = 17;
  public static final int EXDEV = 18;
  public static final int ENOTDIR = 20;
  public static final int EISDIR = 21;
  public static final int EINVAL = 22;
  public static final int ENOSPC = 28;
  public static final int EROFS = 30;
  public static final int ERANGE = 34;
  public static final int ENOTEMPTY = 39;
  public static final int ELOOP = 40;
  public static final int ENODATA = 61;
  public static final int ENOTSUP = 95;
  public static final int EDQUOT = 122;

  private static final Map<Integer, String> TEXTS =
      Map.ofEntries(
          Map.entry(EPERM, "operation not permitted"),
          Map.entry(ENOENT, "no such file or directory"),
          Map.entry(5, "input/output error"),
          Map.entry(TOO_BIG, "too large"),
          Map.entry(EACCES, "permission denied"),
          Map.entry(EEXIST, "file exists"),
          Map.entry(EXDEV, "another file system"),
          Map.entry(ENOTDIR, "not a directory"),
          Map.entry(EISDIR, "is a directory"),
          Map.entry(EINVAL, "invalid argument"),
          Map.entry(24, "too many open files"),
          Map.entry(27, "file too large"),
          Map.entry(ENOSPC, "no space left on device"),
          Map.entry(EROFS, "read-only file system"),
          Map.entry(TOO_LONG, "file name too long"),
          Map.entry(ENOTEMPTY, "directory not empty"),
          Map.entry(ELOOP, "a symbolic link, which is never followed"),
          Map.entry(ENOTSUP, "operation not supported"),
          Map.entry(EDQUOT, "disk quota exceeded"));

  private final int errno;

  PosixException(String function, String what, int errno) {
    super(function + " " + what + ": " + TEXTS.getOrDefault(errno, "error " + errno));
    this.errno = errno;
  }

  public int errno() {
    return errno;
  }

  /** Whether there is no room: nothing that follows will succeed either. */
  public boolean noRoom() {
    return errno == ENOSPC || errno == EDQUOT;
  }
}
