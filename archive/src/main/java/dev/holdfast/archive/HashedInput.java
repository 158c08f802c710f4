package dev.holdfast.archive;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Counts and hashes what is read through it. */
final class HashedInput extends FilterInputStream {

  private final MessageDigest digest;
  private long count;

  HashedInput(InputStream in) {
    super(in);
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("Every Java platform has SHA-256", e);
    }
  }

  @Override
  public int read() throws IOException {
    int b = in.read();
    if (b >= 0) {
      digest.update((byte) b);
      count++;
    }
    return b;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    int n = in.read(buffer, offset, length);
    if (n > 0) {
      digest.update(buffer, offset, n);
      count += n;
    }
    return n;
  }

  /** Reads what is left. */
  void drain() throws IOException {
    byte[] buffer = new byte[64 << 10];
    int n = 0;
    while (n >= 0) {
      n = read(buffer, 0, buffer.length);
    }
  }

  long count() {
    return count;
  }

  /** Once, at the end. */
  String sha256() {
    return HexFormat.of().formatHex(digest.digest());
  }
}
