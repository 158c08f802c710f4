package dev.holdfast.engine.restore;

import dev.holdfast.archive.ArchiveReader;
import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.Documents;
import dev.holdfast.archive.EntrySink;
import dev.holdfast.archive.Limits;
import dev.holdfast.archive.LocationDocument;
import dev.holdfast.archive.LocationKeys;
import dev.holdfast.archive.Manifest;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.spool.Spool;
import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Operation;
import dev.holdfast.model.velero.Backup;
import dev.holdfast.store.ObjectStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The first stage: finds the backup, refuses what must not be restored, spools its items. */
final class Opener {

  private static final Set<String> RESTORABLE = Set.of("Completed", "PartiallyFailed");

  private final ObjectStore store;
  private final Progress progress;

  Opener(ObjectStore store, Progress progress) {
    this.store = store;
    this.progress = progress;
  }

  /**
   * Reads the whole backup; nothing in the cluster is asked or changed.
   *
   * @throws Failure.Absent if there is no such backup
   * @throws Failure.Invalid if it is unfinished or failed
   * @throws Failure.Unsupported if its format is newer than this reader
   * @throws Failure.Corrupt if anything in it is damaged
   */
  OpenBackup open(Operation op, String name, Path scratch) {
    progress.phase("open");
    BackupKeys keys = new BackupKeys(name);
    refuseNewerLocation(op);
    Backup document = restorable(document(op, keys));
    Manifest manifest =
        small(op, keys.manifest()).map(b -> Manifest.read(b, keys.manifest())).orElse(null);
    List<VolumeInfo> volumes =
        small(op, keys.volumeInfo())
            .map(b -> VolumeInfo.read(b, keys.volumeInfo()))
            .orElse(List.of());
    Spool spool = Spool.create(scratch);
    try {
      items(op, keys, spool);
      return new OpenBackup(
          document, spool, manifest == null ? null : manifest.discovery(), volumes);
    } catch (RuntimeException | Error e) {
      spool.close();
      throw e;
    }
  }

  private void refuseNewerLocation(Operation op) {
    small(op, LocationKeys.LOCATION)
        .ifPresent(b -> LocationDocument.read(b, LocationKeys.LOCATION));
  }

  private Backup document(Operation op, BackupKeys keys) {
    byte[] json =
        small(op, keys.backupJson())
            .orElseThrow(() ->
                new Failure.Absent(
                    "There is no finished backup '%s' in %s"
                        .formatted(keys.backup(), store.describe()),
                    "see which there are with 'backup get'",
                    null));
    return Documents.readBackup(json, keys.backup(), keys.backupJson());
  }

  private static Backup restorable(Backup document) {
    Backup.@Nullable Status status = document.status();
    String phase = status == null || status.phase() == null ? "" : status.phase();
    if (!RESTORABLE.contains(phase)) {
      throw new Failure.Invalid(
          "Backup '%s' cannot be restored: its phase is '%s', not Completed or PartiallyFailed"
              .formatted(document.metadata().name(), phase),
          "choose another backup; nothing was changed");
    }
    return document;
  }

  private void items(Operation op, BackupKeys keys, Spool spool) {
    EntrySink sink =
        new EntrySink() {
          @Override
          public void item(ItemKey key, byte[] json) {
            op.check();
            ItemScan scan = ItemScan.read(json);
            spool.add(key, scan.apiVersion(), scan.kind(), json);
            progress.advance(1, json.length);
          }

          @Override
          public void warning(String message) {
            progress.warning(message);
          }
        };
    try (InputStream in = store.get(op, keys.archive())) {
      ArchiveReader.read(in, Limits.DEFAULT, sink);
    } catch (IOException e) {
      throw new Failure.Unreachable("Cannot read " + keys.archive(), null, e);
    }
  }

  private Optional<byte[]> small(Operation op, String key) {
    try (InputStream in = store.get(op, key)) {
      return Optional.of(in.readAllBytes());
    } catch (Failure.Absent e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new Failure.Unreachable("Cannot read " + key, null, e);
    }
  }
}
