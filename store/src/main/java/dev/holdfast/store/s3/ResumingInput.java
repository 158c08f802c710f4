package dev.holdfast.store.s3;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/**
 * The rest of an object, or a range of it: where the connection breaks, another one goes on at the
 * same byte of the same version (by its ETag). Ends only where the object or range ends.
 */
final class ResumingInput extends InputStream {

  private static final int MOST_RESUMES = 5;

  /** Opens {@code length} bytes from {@code offset} of the version that the ETag names. */
  @FunctionalInterface
  interface Opener {
    ResponseInputStream<GetObjectResponse> open(long offset, long length, @Nullable String eTag);
  }

  private final Operation op;
  private final String what;
  private final Opener opener;
  private ResponseInputStream<GetObjectResponse> in;
  private final @Nullable String eTag;
  private long position;
  private long left;
  private int resumes;

  ResumingInput(
      Operation op,
      String what,
      Opener opener,
      ResponseInputStream<GetObjectResponse> first,
      long offset) {
    this.op = op;
    this.what = what;
    this.opener = opener;
    this.in = first;
    this.eTag = first.response().eTag();
    this.position = offset;
    this.left = first.response().contentLength();
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
    while (left > 0) {
      try {
        int n = in.read(bytes, offset, (int) Math.min(length, left));
        if (n >= 0) {
          position += n;
          left -= n;
          resumes = n > 0 ? 0 : resumes;
          return n;
        }
        resume(null);
      } catch (IOException e) {
        resume(e);
      }
    }
    return -1;
  }

  private void resume(@Nullable IOException e) {
    if (++resumes > MOST_RESUMES) {
      throw new Failure.Unreachable(
          "Reading " + what + " broke at byte " + position + " again and again", "Try again", e);
    }
    in.abort();
    op.pause(Duration.ofMillis(100L * resumes + op.random().nextInt(100)));
    in = opener.open(position, left, eTag);
  }

  @Override
  public void close() throws IOException {
    if (left > 0) {
      // Closing would read what is left first.
      in.abort();
    }
    in.close();
  }
}
