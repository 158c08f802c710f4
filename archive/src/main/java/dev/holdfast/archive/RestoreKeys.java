package dev.holdfast.archive;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Names;

/**
 * Every key of one restore, relative to the location's root (velero.md 1.4).
 *
 * @param restore the restore's name, a valid Kubernetes name
 */
public record RestoreKeys(String restore) {

  private static final String JOURNAL = "journal/";

  public RestoreKeys {
    if (!Names.subdomain(restore)) {
      throw new Failure.Invalid(
          "'" + restore + "' cannot be the name of a restore",
          "use lower-case letters, digits, '-' and '.', at most 253 characters");
    }
  }

  public String root() {
    return LocationKeys.RESTORES + restore + "/";
  }

  public String logs() {
    return root() + "restore-" + restore + "-logs.gz";
  }

  public String results() {
    return root() + "restore-" + restore + "-results.gz";
  }

  /** Entries are {@code ns/name(created|updated|failed|skipped)}. */
  public String resourceList() {
    return root() + "restore-" + restore + "-resource-list.json.gz";
  }

  public String itemOperations() {
    return root() + "restore-" + restore + "-itemoperations.json.gz";
  }

  /** Without the prefix {@code restore-}, as Velero has it. */
  public String volumeInfo() {
    return root() + restore + "-volumeinfo.json.gz";
  }

  /**
   * Where the restore's journal and document live: with the backup that it reads, so that they go
   * when it goes and no new top-level directory appears (velero.md 1.1).
   */
  public String own(BackupKeys backup, String backupUid) {
    return backup.later(backupUid) + "restores/" + restore + "/";
  }

  /** The Restore document, JSON. */
  public String restoreJson(BackupKeys backup, String backupUid) {
    return own(backup, backupUid) + "restore.json";
  }

  /** The folder of the journal's parts, with its trailing slash. */
  public String journal(BackupKeys backup, String backupUid) {
    return own(backup, backupUid) + JOURNAL;
  }

  /** The same, for who has found the Restore document. */
  public static String journalBeside(String restoreJson) {
    return restoreJson.substring(0, restoreJson.lastIndexOf('/') + 1) + JOURNAL;
  }
}
