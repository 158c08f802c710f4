package dev.holdfast.repository.posix;

/** What the kernel says of this process. */
public final class ThisProcess {

  private ThisProcess() {}

  /** Its user id. */
  public static int uid() {
    return (int) Kernel.call("getuid", "", Kernel.GETUID, 0, 0);
  }

  /** Its group id. */
  public static int gid() {
    return (int) Kernel.call("getgid", "", Kernel.GETGID, 0, 0);
  }
}
