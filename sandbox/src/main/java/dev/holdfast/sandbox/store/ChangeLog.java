package dev.holdfast.sandbox.store;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * One file to which changes are appended. An append has reached the operating system when it
 * returns: the end of the process loses nothing of it. {@link #sync} makes it survive the end of
 * the machine, too.
 */
final class ChangeLog implements AutoCloseable {

  static final byte[] MAGIC = "holdfast sandbox log 1\n".getBytes(StandardCharsets.US_ASCII);

  // Not a FileChannel: that one closes itself when a thread that writes is interrupted.
  private final RandomAccessFile file;
  private long length;
  private long synced;
  private boolean broken;

  /**
   * Goes on with a file, or begins one.
   *
   * @param good bytes that are right; what follows is cut off
   */
  ChangeLog(Path path, long good) throws IOException {
    file = new RandomAccessFile(path.toFile(), "rw");
    file.setLength(good);
    file.seek(good);
    if (good == 0) {
      file.write(MAGIC);
    }
    length = file.getFilePointer();
    file.getFD().sync();
    synced = length;
  }

  synchronized long length() {
    return length;
  }

  /**
   * Appends whole or not at all.
   *
   * @throws UncheckedIOException if nothing was appended
   */
  synchronized void append(Change change) {
    if (broken) {
      throw new UncheckedIOException(new IOException("an earlier write to the log failed"));
    }
    byte[] frame = Frames.change(change);
    try {
      file.write(frame);
      length += frame.length;
    } catch (IOException e) {
      cut();
      throw new UncheckedIOException(e);
    }
  }

  /** Takes away what a failed write left. */
  private void cut() {
    try {
      file.setLength(length);
      file.seek(length);
    } catch (IOException e) {
      broken = true;
    }
  }

  void sync() throws IOException {
    long reached;
    synchronized (this) {
      reached = length;
      if (synced == reached) {
        return;
      }
    }
    file.getFD().sync();
    synchronized (this) {
      synced = Math.max(synced, reached);
    }
  }

  @Override
  public void close() throws IOException {
    try (file) {
      sync();
    }
  }
}
