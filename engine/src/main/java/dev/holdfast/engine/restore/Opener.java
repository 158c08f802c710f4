package dev.holdfast.engine.restore;

import dev.holdfast.archive.ArchiveReader;
import dev.holdfast.archive.AttestedInput;
import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.Documents;
import dev.holdfast.archive.EntrySink;
import dev.holdfast.archive.ItemDecryption;
import dev.holdfast.archive.Limits;
import dev.holdfast.archive.LocationDocument;
import dev.holdfast.archive.LocationKeys;
import dev.holdfast.archive.Manifest;
import dev.holdfast.archive.SecretsReader;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.select.IncludesExcludes;
import dev.holdfast.engine.spool.Spool;
import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Operation;
import dev.holdfast.model.velero.Backup;
import dev.holdfast.store.ObjectStore;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The first stage: finds the backup, refuses what must not be restored, spools its items. */
final class Opener {

  private static final Set<String> RESTORABLE = Set.of("Completed", "PartiallyFailed");

  private final ObjectStore store;
  private final RestoreOptions options;
  private final Progress progress;

  Opener(ObjectStore store, RestoreOptions options, Progress progress) {
    this.store = store;
    this.options = options;
    this.progress = progress;
  }

  /**
   * Reads the whole backup; nothing in the cluster is asked or changed.
   *
   * @throws Failure.Absent if there is no such backup
   * @throws Failure.Invalid if it is unfinished or failed
   * @throws Failure.Unsupported if its format is newer than this reader
   * @throws Failure.Corrupt if anything in it is damaged
   * @throws Failure.WrongKey if it is encrypted and no identity opens it
   */
  OpenBackup open(Operation op) {
    progress.phase("open");
    BackupKeys keys = new BackupKeys(options.backup());
    refuseNewerLocation(op);
    Backup document = restorable(document(op, keys));
    Manifest manifest = small(op, keys.manifest()).map(b -> manifest(b, keys)).orElse(null);
    Sealed sealed = sealed(manifest);
    List<VolumeInfo> volumes = VolumeInfo.with(volumes(op, keys, sealed), manifest);
    Spool spool = Spool.create(options.scratch());
    try {
      items(op, keys, manifest, sealed, spool);
      return new OpenBackup(
          document,
          spool,
          manifest == null ? null : manifest.discovery(),
          manifest == null ? null : manifest.clusterId(),
          volumes);
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

  /**
   * What of the backup is encrypted, and what opens it.
   *
   * @param mode empty, {@code secrets} or {@code all}
   */
  private record Sealed(String mode, @Nullable ItemDecryption identities) {
    boolean all() {
      return mode.equals("all");
    }

    ItemDecryption opened() {
      if (identities == null) {
        throw new Failure.WrongKey(
            all()
                ? "The backup is encrypted, and no identity was given"
                : "The backup's Secrets are encrypted, and no identity was given",
            all()
                ? "give --identity FILE"
                : "give --identity FILE, or leave them out with --exclude-resources secrets",
            null);
      }
      return identities;
    }
  }

  private Sealed sealed(@Nullable Manifest manifest) {
    String mode =
        manifest == null || manifest.encryption() == null ? "" : manifest.encryption().mode();
    ItemDecryption identities =
        options.identities().isEmpty()
            ? null
            : ItemDecryption.identities(
                String.join("\n", options.identities()), "The given identity");
    return new Sealed(mode, identities);
  }

  private List<VolumeInfo> volumes(Operation op, BackupKeys keys, Sealed sealed) {
    String key = sealed.all() ? keys.encrypted(keys.volumeInfo()) : keys.volumeInfo();
    return small(op, key)
        .map(b -> sealed.all() ? sealed.opened().decrypt(b, key) : b)
        .map(b -> VolumeInfo.read(b, key))
        .orElse(List.of());
  }

  private static Manifest manifest(byte[] json, BackupKeys keys) {
    Manifest manifest = Manifest.read(json, keys.manifest());
    if (!manifest.backup().equals(keys.backup())) {
      throw new Failure.Corrupt(
          keys.manifest() + " is the manifest of another backup, '" + manifest.backup() + "'");
    }
    return manifest;
  }

  private void items(
      Operation op, BackupKeys keys, @Nullable Manifest manifest, Sealed sealed, Spool spool) {
    EntrySink sink = new Spooling(op, spool);
    String key = sealed.all() ? keys.encrypted(keys.archive()) : keys.archive();
    attested(
        op,
        keys,
        manifest,
        key,
        stored -> {
          try (InputStream in = sealed.all() ? sealed.opened().decrypt(stored, key) : stored) {
            ArchiveReader.read(in, Limits.DEFAULT, sink);
          }
        });
    if (sealed.mode().equals("secrets") && secretsAsked()) {
      ItemDecryption identities = sealed.opened();
      attested(
          op,
          keys,
          manifest,
          keys.secrets(),
          stored -> SecretsReader.read(stored, identities, Limits.DEFAULT, sink));
    }
  }

  @FunctionalInterface
  private interface Reading {
    void read(InputStream stored) throws IOException;
  }

  /** Reads a file of the backup, which must be what the manifest says, if there is one. */
  private void attested(
      Operation op, BackupKeys keys, @Nullable Manifest manifest, String key, Reading reading) {
    try (InputStream stored = store.get(op, key)) {
      AttestedInput attested = new AttestedInput(stored, manifest, keys, key);
      reading.read(attested);
      attested.requireWhole();
    } catch (IOException e) {
      throw new Failure.Corrupt("Cannot read " + key + ": " + e.getMessage(), null, e);
    }
  }

  /** Whether the spec does not rule Secrets out by name. */
  private boolean secretsAsked() {
    IncludesExcludes types =
        IncludesExcludes.of(options.spec().includedResources(), options.spec().excludedResources());
    return types.includes("secrets") || types.named("secret");
  }

  private final class Spooling implements EntrySink {
    private final Operation op;
    private final Spool spool;

    Spooling(Operation op, Spool spool) {
      this.op = op;
      this.spool = spool;
    }

    @Override
    public void item(ItemKey key, byte[] json) {
      op.check();
      ItemScan scan = ItemScan.read(json);
      var _ = spool.add(key, scan.apiVersion(), scan.kind(), json);
      progress.advance(1, json.length);
    }

    @Override
    public void warning(String message) {
      progress.warning(message);
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
