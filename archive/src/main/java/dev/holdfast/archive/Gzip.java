package dev.holdfast.archive;

import dev.holdfast.model.Failure;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/** Small records, gzipped. */
public final class Gzip {

  /** Velero's own limit of one metadata object. */
  private static final long LIMIT = 1L << 30;

  private Gzip() {}

  /** One gzip member. */
  public static byte[] compress(byte[] plain) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(plain.length / 4 + 64);
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(plain);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /**
   * The content, at most 1 GiB.
   *
   * @throws Failure.Corrupt if it is no gzip, damaged, cut off, or larger; names {@code what}
   */
  public static byte[] decompress(byte[] gzip, String what) {
    return decompress(new ByteArrayInputStream(gzip), what);
  }

  /** One stream out of all members; that each is whole is checked. */
  static InputStream members(InputStream gzip) throws IOException {
    return GzipCompressorInputStream.builder()
        .setInputStream(gzip)
        .setDecompressConcatenated(true)
        .get();
  }

  /** The first member only. */
  static InputStream member(InputStream gzip) throws IOException {
    return GzipCompressorInputStream.builder().setInputStream(gzip).get();
  }

  /** The same from a stream, which is not closed. */
  public static byte[] decompress(InputStream gzip, String what) {
    try {
      return new BoundedInput(members(gzip), LIMIT, what).readAllBytes();
    } catch (IOException e) {
      throw new Failure.Corrupt(what + " is not a sound gzip file: " + e.getMessage(), null, e);
    }
  }
}
