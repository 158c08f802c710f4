package dev.holdfast.engine.backup;

import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.Documents;
import dev.holdfast.archive.ItemDecryption;
import dev.holdfast.archive.LocationKeys;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Names;
import dev.holdfast.model.Operation;
import dev.holdfast.model.velero.Backup;
import dev.holdfast.store.ObjectStore;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/** The backups of a location, Velero's and ours. */
public final class Backups {

  private static final int PARALLEL = 16;

  private final ObjectStore store;
  private final @Nullable StoredSnapshots snapshots;

  /** A backup that is deleted leaves the CSI snapshots that it keeps in a cluster's storage. */
  public Backups(ObjectStore store) {
    this(store, null);
  }

  /**
   * @param snapshots deletes with a backup what it keeps in a cluster's storage; null to leave that
   */
  public Backups(ObjectStore store, @Nullable StoredSnapshots snapshots) {
    this.store = store;
    this.snapshots = snapshots;
  }

  /**
   * One backup of a list.
   *
   * @param document null if it cannot be read
   * @param problem why not; null if it can
   */
  public record Listed(String name, @Nullable Backup document, @Nullable String problem) {

    /** The document's phase; {@code Unreadable} without one. */
    public String phase() {
      Backup.Status status = document == null ? null : document.status();
      return status == null || status.phase() == null
          ? document == null ? "Unreadable" : "New"
          : status.phase();
    }
  }

  /** All that exist, by name; one that cannot be read is listed with its problem. */
  public List<Listed> list(Operation op) {
    ConcurrentMap<String, Listed> found = new ConcurrentHashMap<>();
    op.forEach(
        folders(op).iterator(),
        PARALLEL,
        name -> listed(op, name).ifPresent(backup -> found.put(name, backup)));
    return found.values().stream().sorted(Comparator.comparing(Listed::name)).toList();
  }

  /** The names below {@code backups/}, of backups that exist or began to. */
  List<String> folders(Operation op) {
    return store.list(op, LocationKeys.BACKUPS).prefixes().stream()
        .map(p -> p.substring(LocationKeys.BACKUPS.length(), p.length() - 1))
        .filter(Names::subdomain)
        .toList();
  }

  private Optional<Listed> listed(Operation op, String name) {
    try {
      return Optional.of(new Listed(name, get(op, name), null));
    } catch (Failure.Absent e) {
      return Optional.empty();
    } catch (Failure.Corrupt | Failure.Unsupported e) {
      return Optional.of(new Listed(name, null, e.describe()));
    }
  }

  /**
   * The document of a backup.
   *
   * @throws Failure.Absent if there is no such backup, also while it is being written
   * @throws Failure.Corrupt or {@link Failure.Unsupported} if it cannot be read
   */
  public Backup get(Operation op, String name) {
    BackupKeys keys = new BackupKeys(name);
    return Documents.readBackup(read(op, name, keys.backupJson()), name, keys.backupJson());
  }

  public boolean exists(Operation op, String name) {
    return store.head(op, new BackupKeys(name).backupJson()).isPresent();
  }

  /**
   * The log's text.
   *
   * @param identities for a backup with encryption mode {@code all}; null without
   * @throws Failure.WrongKey if it is encrypted and no identity fits
   */
  public String logs(Operation op, String name, @Nullable ItemDecryption identities) {
    byte[] gzip = record(op, name, new BackupKeys(name).logs(), identities);
    return new String(
        dev.holdfast.archive.Gzip.decompress(gzip, "The log of backup " + name),
        java.nio.charset.StandardCharsets.UTF_8);
  }

  /**
   * A record of a backup by its plain key, decrypted where it is stored encrypted.
   *
   * @param key of {@link BackupKeys}
   * @throws Failure.Absent if the backup or the record does not exist
   * @throws Failure.WrongKey if it is encrypted and no identity fits
   */
  public byte[] record(Operation op, String name, String key, @Nullable ItemDecryption identities) {
    BackupKeys keys = new BackupKeys(name);
    if (store.head(op, key).isPresent() || !keys.replacedByEncryption().contains(key)) {
      return read(op, name, key);
    }
    String encrypted = keys.encrypted(key);
    if (store.head(op, encrypted).isEmpty()) {
      return read(op, name, key);
    }
    if (identities == null) {
      throw new Failure.WrongKey(
          "Backup '" + name + "' is encrypted", "give --identity FILE with the age identity", null);
    }
    return identities.decrypt(read(op, name, encrypted), encrypted);
  }

  private byte[] read(Operation op, String name, String key) {
    try (InputStream in = store.get(op, key)) {
      return in.readAllBytes();
    } catch (Failure.Absent e) {
      throw key.endsWith("/velero-backup.json") || !exists(op, name)
          ? new Failure.Absent(
              "There is no backup '" + name + "' in " + store.describe(),
              "list them with: holdfast backup get",
              e)
          : new Failure.Absent("Backup '" + name + "' has no " + key, null, e);
    } catch (IOException e) {
      throw new Failure.Unreachable("Cannot read " + key, null, e);
    }
  }

  /**
   * Whether a backup keeps CSI snapshots in a cluster's storage, which its document says without
   * any identity.
   */
  public boolean keepsSnapshots(Operation op, String name) {
    Backup.Status status = get(op, name).status();
    Integer taken = status == null ? null : status.csiVolumeSnapshotsCompleted();
    return taken != null && taken > 0;
  }

  /**
   * Deletes a backup: its CSI snapshots, then the document that makes it exist, so that one whose
   * deletion is interrupted cannot be restored, and {@link Pruning} collects what is left of it.
   *
   * @throws Failure.Absent if there is none
   * @throws Failure.Locked if it is being written
   * @throws Failure if a CSI snapshot could not be deleted: the backup is still there
   */
  public void delete(Operation op, String name) {
    BackupKeys keys = new BackupKeys(name);
    if (!exists(op, name)) {
      if (Remains.of(op, store, keys).live(op.now())) {
        throw new Failure.Locked(
            "Backup '" + name + "' is being written",
            "wait until it is done, or stop the run that writes it",
            null);
      }
      throw new Failure.Absent(
          "There is no backup '" + name + "' in " + store.describe(),
          "list them with: holdfast backup get; what dead runs left is collected by: holdfast"
              + " backup prune",
          null);
    }
    if (snapshots != null && keepsSnapshots(op, name)) {
      var _ = snapshots.delete(op, name);
    }
    store.delete(op, keys.backupJson());
    deleteFolder(op, keys.root());
    deleteFolder(op, LocationKeys.LATER + name + "/");
  }

  /** Deletes everything below the prefix, claims last. */
  void deleteFolder(Operation op, String prefix) {
    List<String> left = new ArrayList<>();
    store.listAll(op, prefix, meta -> left.add(meta.key()));
    left.sort(Comparator.comparingInt((String key) -> key.contains("/holdfast-claim") ? 1 : 0));
    left.forEach(key -> store.delete(op, key));
  }

  /** Decides what to prune, and unless it is a dry run, deletes it. */
  public List<Pruning.Decision> prune(Operation op, KeepPolicy policy, boolean dryRun) {
    return new Pruning(this, store).prune(op, policy, dryRun);
  }
}
