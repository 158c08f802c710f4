package dev.holdfast.archive;

import com.github.luben.zstd.ZstdInputStream;
import dev.holdfast.model.Failure;
import java.io.IOException;
import java.io.InputStream;

/** Reads {@code holdfast-secrets.tar.zst.age}. */
public final class SecretsReader {

  private static final String WHAT = "The file of encrypted Secrets";

  private SecretsReader() {}

  /**
   * Gives every item, checked as {@link ArchiveReader} checks; the stream is read to its end and
   * closed.
   *
   * @return how many items there were
   * @throws Failure.WrongKey if none of the identities opens it
   * @throws Failure.Corrupt if it is damaged
   */
  public static long read(
      InputStream encrypted, ItemDecryption identities, Limits limits, EntrySink sink) {
    try (InputStream plain = identities.decrypt(encrypted, WHAT);
        InputStream tar = new ZstdInputStream(plain)) {
      return ArchiveReader.readTar(tar, limits, sink);
    } catch (IOException e) {
      throw new Failure.Corrupt(WHAT + " is damaged or cut off: " + e.getMessage(), null, e);
    }
  }
}
