package dev.holdfast.archive;

import dev.holdfast.model.Failure;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Ends a stream that gives more than it may with a failure: the bomb's fuse. */
final class BoundedInput extends FilterInputStream {

  private final long limit;
  private final String what;
  private long count;

  BoundedInput(InputStream in, long limit, String what) {
    super(in);
    this.limit = limit;
    this.what = what;
  }

  @Override
  public int read() throws IOException {
    int b = in.read();
    if (b >= 0) {
      add(1);
    }
    return b;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    int n = in.read(buffer, offset, length);
    add(Math.max(0, n));
    return n;
  }

  @Override
  public long skip(long n) throws IOException {
    long skipped = in.skip(n);
    add(skipped);
    return skipped;
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  private void add(long n) {
    count += n;
    if (count > limit) {
      throw new Failure.Corrupt(
          what + " unpacks to more than " + limit + " bytes, which no sound one does");
    }
  }
}
