package dev.holdfast.engine.inspect;

import dev.holdfast.archive.ArchiveReader;
import dev.holdfast.archive.EntrySink;
import dev.holdfast.archive.ItemHead;
import dev.holdfast.archive.Limits;
import dev.holdfast.archive.SecretsReader;
import dev.holdfast.engine.spool.Spool;
import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Names;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/** Items of an archive without an index, or of one that is encrypted: read whole, kept on disk. */
final class SpooledContents implements Contents {

  private final Spool spool;

  private SpooledContents(Spool spool) {
    this.spool = spool;
  }

  /** Everything: the archive, and the encrypted Secrets if an identity opens them. */
  static SpooledContents ofArchive(BackupReader backup, Path scratch) {
    return filled(
        scratch,
        sink -> {
          String key = backup.keys().archive();
          try (InputStream in = open(backup, key)) {
            ArchiveReader.read(in, Limits.DEFAULT, sink);
          }
          if (backup.records().encryptedSecrets() && backup.identities() != null) {
            secrets(backup, sink);
          }
        });
  }

  /** The encrypted Secrets alone. */
  static SpooledContents ofSecrets(BackupReader backup, Path scratch) {
    return filled(scratch, sink -> secrets(backup, sink));
  }

  private static void secrets(BackupReader backup, EntrySink sink) throws IOException {
    SecretsReader.read(
        open(backup, backup.keys().secrets()),
        Objects.requireNonNull(backup.identities()),
        Limits.DEFAULT,
        sink);
  }

  private static InputStream open(BackupReader backup, String key) throws IOException {
    return backup
        .records()
        .open(key)
        .orElseThrow(() ->
            new Failure.Absent(
                "Backup '" + backup.keys().backup() + "' has no archive: " + key,
                "a failed backup has none; 'backup describe' says what happened",
                null));
  }

  private interface Filling {
    void into(EntrySink sink) throws IOException;
  }

  private static SpooledContents filled(Path scratch, Filling filling) {
    Spool spool = Spool.create(scratch);
    try {
      filling.into((key, json) -> {
        ItemHead head = ItemHead.read(json, key.toString());
        spool.add(key, head.apiVersion(), head.kind(), json);
      });
      return new SpooledContents(spool);
    } catch (IOException e) {
      spool.close();
      throw new Failure.Unreachable("Cannot read the backup's items", null, e);
    } catch (RuntimeException | Error e) {
      spool.close();
      throw e;
    }
  }

  @Override
  public int size() {
    return spool.size();
  }

  @Override
  public Summary summary(int place) {
    byte[] json = spool.json(place);
    ItemKey key = spool.key(place);
    ItemHead head = ItemHead.read(json, key.toString());
    return new Summary(
        key,
        head.apiVersion(),
        head.kind(),
        head.uid(),
        head.resourceVersion(),
        Names.sha256(json),
        json.length);
  }

  @Override
  public OptionalInt find(ItemKey key) {
    return spool.find(key);
  }

  @Override
  public Optional<byte[]> json(int place) {
    return Optional.of(spool.json(place));
  }

  @Override
  public void close() {
    spool.close();
  }
}
