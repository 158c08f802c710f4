package dev.holdfast.archive;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Names;
import java.util.List;

/**
 * Every key of one backup, relative to the location's root (velero.md 1.2; docs/format.md).
 *
 * @param backup the backup's name, a valid Kubernetes name
 */
public record BackupKeys(String backup) {

  private static final String ENCRYPTED_SUFFIX = ".age";

  public BackupKeys {
    if (!Names.subdomain(backup)) {
      throw new Failure.Invalid(
          "'" + backup + "' cannot be the name of a backup",
          "use lower-case letters, digits, '-' and '.', at most 253 characters");
    }
  }

  /** The folder, with its trailing slash: everything below it belongs to this backup. */
  public String root() {
    return LocationKeys.BACKUPS + backup + "/";
  }

  /** The Backup document, uncompressed JSON: written last, once; a backup exists when it does. */
  public String backupJson() {
    return root() + "velero-backup.json";
  }

  /** The archive of items. */
  public String archive() {
    return named(".tar.gz");
  }

  /** The log: gzip of logrus text lines ({@link RunLog}). */
  public String logs() {
    return named("-logs.gz");
  }

  /** Warnings and errors ({@link Results}). */
  public String results() {
    return named("-results.gz");
  }

  /** Names by type ({@link ResourceList}). */
  public String resourceList() {
    return named("-resource-list.json.gz");
  }

  /** Array of PodVolumeBackup documents, or {@code null}. */
  public String podVolumeBackups() {
    return named("-podvolumebackups.json.gz");
  }

  /** Array of native snapshot records, or {@code null}. */
  public String volumeSnapshots() {
    return named("-volumesnapshots.json.gz");
  }

  /** Array of asynchronous operations. */
  public String itemOperations() {
    return named("-itemoperations.json.gz");
  }

  /** What became of each volume ({@link VolumeInfo}). */
  public String volumeInfo() {
    return named("-volumeinfo.json.gz");
  }

  /** VolumeSnapshotClasses: Velero 1.9 to 1.17 wrote them. */
  public String csiVolumeSnapshotClasses() {
    return named("-csi-volumesnapshotclasses.json.gz");
  }

  /** VolumeSnapshots: Velero 1.9 to 1.16 wrote them. */
  public String csiVolumeSnapshots() {
    return named("-csi-volumesnapshots.json.gz");
  }

  /** VolumeSnapshotContents: Velero 1.9 to 1.16 wrote them. */
  public String csiVolumeSnapshotContents() {
    return named("-csi-volumesnapshotcontents.json.gz");
  }

  /** Who is writing this backup ({@link Claim}). */
  public String claim() {
    return root() + "holdfast-claim.json";
  }

  /** The claim of one run, where the store cannot put if absent or a dead claim is in the way. */
  public String claim(String run) {
    return root() + "holdfast-claim-" + run + ".json";
  }

  /** What {@link #claim()} and {@link #claim(String)} have in common. */
  public String claimPrefix() {
    return root() + "holdfast-claim";
  }

  /** Where each item stands in the archive ({@link Index}). */
  public String index() {
    return root() + "holdfast-index.zst";
  }

  /** Every key with size and SHA-256 ({@link Manifest}). */
  public String manifest() {
    return root() + "holdfast-manifest.json";
  }

  /** The manifest's signature, optional ({@link Signature}). */
  public String manifestSignature() {
    return root() + "holdfast-manifest.json.sig";
  }

  /** The Secrets of a backup with encryption mode {@code secrets}. */
  public String secrets() {
    return root() + "holdfast-secrets.tar.zst.age";
  }

  /**
   * Definitions of the backup's custom resources that its filters keep out of the archive: a
   * gzipped array, absent if there are none.
   */
  public String definitions() {
    return root() + "holdfast-definitions.json.gz";
  }

  /**
   * The key under which encryption mode {@code all} stores what otherwise stands under {@code
   * plain}: {@code backups/N/N-logs.gz} becomes {@code backups/N/holdfast-logs.gz.age}.
   */
  public String encrypted(String plain) {
    if (plain.equals(archive())) {
      return root() + "holdfast-archive.tar.gz" + ENCRYPTED_SUFFIX;
    }
    if (plain.equals(index())) {
      return index() + ENCRYPTED_SUFFIX;
    }
    String prefix = root() + backup + "-";
    if (!plain.startsWith(prefix)) {
      throw new IllegalArgumentException(plain + " is not stored encrypted");
    }
    return root() + "holdfast-" + plain.substring(prefix.length()) + ENCRYPTED_SUFFIX;
  }

  /** The keys that encryption mode {@code all} replaces, in their plain form. */
  public List<String> replacedByEncryption() {
    return List.of(
        archive(),
        index(),
        logs(),
        results(),
        resourceList(),
        podVolumeBackups(),
        volumeSnapshots(),
        itemOperations(),
        volumeInfo(),
        csiVolumeSnapshotClasses(),
        csiVolumeSnapshots(),
        csiVolumeSnapshotContents());
  }

  /** The key without {@link #root()}, as the manifest names it. */
  public String relative(String key) {
    if (!key.startsWith(root())) {
      throw new IllegalArgumentException(key + " does not belong to backup " + backup);
    }
    return key.substring(root().length());
  }

  /** What comes later to this backup: verifications, holds, copies, journals. */
  public String later(String uid) {
    return LocationKeys.LATER + backup + "/" + uid + "/";
  }

  private String named(String suffix) {
    return root() + backup + suffix;
  }
}
