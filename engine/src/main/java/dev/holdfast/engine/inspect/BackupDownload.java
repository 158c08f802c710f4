package dev.holdfast.engine.inspect;

import dev.holdfast.model.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** {@code backup download}: the archive as a file. */
public final class BackupDownload {

  private BackupDownload() {}

  /**
   * Copies the archive {@code N.tar.gz}, decrypted where it is stored encrypted. Secrets that are
   * encrypted apart are not in it.
   *
   * @return bytes
   * @throws Failure.WrongKey if it is encrypted and no identity opens it
   * @throws Failure.Absent if a failed backup has no archive
   * @throws IOException if {@code out} cannot be written
   */
  public static long archive(BackupReader backup, OutputStream out) throws IOException {
    try (InputStream in =
        backup
            .records()
            .open(backup.keys().archive())
            .orElseThrow(() ->
                new Failure.Absent(
                    "Backup '" + backup.keys().backup() + "' has no archive",
                    "a failed backup has none; 'backup describe' says what happened",
                    null))) {
      return in.transferTo(out);
    }
  }
}
