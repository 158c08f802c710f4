package dev.holdfast.repository.posix;

/** What the kernel says of this process. */
public final class ThisProcess {

  private ThisProcess() {}

  /** Its user id. */
  public static int uid() {
    return (int) Libc.call("getuid", "", s -> (int) Libc.GETUID.invokeExact(s) & 0xffffffffL);
  }

  /** Its group id. */
  public static int gid() {
    return (int) Libc.call("getgid", "", s -> (int) Libc.GETGID.invokeExact(s) & 0xffffffffL);
  }
}
