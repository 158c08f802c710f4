package dev.holdfast.store;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Copies a body and checks it against the length and the hash that were promised. */
final class BodyCopy {

  private static final int BUFFER = 128 << 10;

  private final Operation op;
  private final String what;
  private final InputStream body;
  private final ObjectStore.PutOptions options;

  BodyCopy(Operation op, String what, InputStream body, ObjectStore.PutOptions options) {
    this.op = op;
    this.what = what;
    this.body = body;
    this.options = options;
  }

  /** Returns the number of bytes. */
  long to(WritableByteChannel out) throws IOException {
    MessageDigest digest = options.sha256() == null ? null : Hashes.sha256();
    byte[] buffer = new byte[BUFFER];
    long size = 0;
    for (int n = read(buffer); n >= 0; n = read(buffer)) {
      op.check();
      size += n;
      if (digest != null) {
        digest.update(buffer, 0, n);
      }
      ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, n);
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
    }
    checkLength(what, size, options.length());
    checkHash(what, digest, options.sha256());
    return size;
  }

  private int read(byte[] buffer) {
    try {
      return body.read(buffer);
    } catch (IOException e) {
      throw sourceFailed(what, e);
    }
  }

  static void checkLength(String what, long size, long promised) {
    if (promised >= 0 && size != promised) {
      throw new Failure.Corrupt(
          "What was to be stored as "
              + what
              + " has "
              + size
              + " bytes, not "
              + promised
              + "; nothing was stored");
    }
  }

  static void checkHash(String what, @Nullable MessageDigest digest, @Nullable String promised) {
    if (digest != null && promised != null) {
      String hash = HexFormat.of().formatHex(digest.digest());
      if (!hash.equals(promised)) {
        throw new Failure.Corrupt(
            "What was to be stored as "
                + what
                + " has SHA-256 "
                + hash
                + ", not "
                + promised
                + "; nothing was stored");
      }
    }
  }

  /** What the source of a put throws is not the store's failure. */
  static UncheckedIOException sourceFailed(String what, IOException e) {
    return new UncheckedIOException("Reading what was to be stored as " + what + " failed", e);
  }
}
