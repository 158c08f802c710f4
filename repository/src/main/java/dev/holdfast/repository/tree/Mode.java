package dev.holdfast.repository.tree;

/** Go's file mode bits, which trees use, and the kernel's. */
public final class Mode {

  private static final long DIR = 1L << 31;
  private static final long SYMLINK = 1L << 27;
  private static final long DEVICE = 1L << 26;
  private static final long FIFO = 1L << 25;
  private static final long SOCKET = 1L << 24;
  private static final long SETUID = 1L << 23;
  private static final long SETGID = 1L << 22;
  private static final long CHAR_DEVICE = 1L << 21;
  private static final long STICKY = 1L << 20;
  private static final long IRREGULAR = 1L << 19;

  private static final int S_IFMT = 0170000;

  private Mode() {}

  /** Go's mode of a st_mode. */
  public static long fromStat(int mode) {
    long go = mode & 0777;
    go |= (mode & 04000) != 0 ? SETUID : 0;
    go |= (mode & 02000) != 0 ? SETGID : 0;
    go |= (mode & 01000) != 0 ? STICKY : 0;
    return go
        | switch (type(mode)) {
          case FILE -> 0;
          case DIR -> DIR;
          case SYMLINK -> SYMLINK;
          case BLOCK_DEVICE -> DEVICE;
          case CHAR_DEVICE -> DEVICE | CHAR_DEVICE;
          case FIFO -> FIFO;
          case SOCKET -> SOCKET;
          case IRREGULAR -> IRREGULAR;
        };
  }

  /** The permission bits of a Go mode with setuid, setgid and sticky: what chmod takes. */
  public static int toPermissions(long go) {
    int mode = (int) (go & 0777);
    mode |= (go & SETUID) != 0 ? 04000 : 0;
    mode |= (go & SETGID) != 0 ? 02000 : 0;
    return mode | ((go & STICKY) != 0 ? 01000 : 0);
  }

  /** The type of a st_mode. */
  public static NodeType type(int mode) {
    return switch (mode & S_IFMT) {
      case 0100000 -> NodeType.FILE;
      case 0040000 -> NodeType.DIR;
      case 0120000 -> NodeType.SYMLINK;
      case 0060000 -> NodeType.BLOCK_DEVICE;
      case 0020000 -> NodeType.CHAR_DEVICE;
      case 0010000 -> NodeType.FIFO;
      case 0140000 -> NodeType.SOCKET;
      default -> NodeType.IRREGULAR;
    };
  }
}
