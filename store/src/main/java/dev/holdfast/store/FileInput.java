package dev.holdfast.store;

import dev.holdfast.model.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** A range of a file; its failures are {@link dev.holdfast.model.Failure}s. */
final class FileInput extends InputStream {

  /** The JDK reads into memory of its own first, as much as is asked for: this stays in a cache. */
  private static final int AT_ONCE = 256 << 10;

  private final Operation op;
  private final FileChannel channel;
  private final String what;
  private long left;

  FileInput(Operation op, FileChannel channel, long length, String what) {
    this.op = op;
    this.channel = channel;
    this.left = length;
    this.what = what;
  }

  @Override
  public int read() {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) {
    op.check();
    if (length == 0) {
      return 0;
    }
    if (left == 0) {
      return -1;
    }
    try {
      int most = (int) Math.min(Math.min(length, AT_ONCE), left);
      int n = channel.read(ByteBuffer.wrap(bytes, offset, most));
      left -= Math.max(n, 0);
      return n;
    } catch (IOException e) {
      throw FileFailures.of("Reading", what, e);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
