package dev.holdfast.engine.backup;

import dev.holdfast.model.velero.Backup;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What to back up, and how.
 *
 * @param document metadata.name and spec; defaults are filled in by the run (velero.md 4.1)
 * @param encryption what exists only encrypted; needs recipients unless NONE
 * @param recipients age public keys ({@code age1…})
 * @param signKey an OpenSSH Ed25519 private key file that signs the manifest; null for no signature
 * @param scratch the folder of the scratch file
 * @param parallel how many lists run at a time, and threads that compress
 * @param version this program's version, for the records
 * @param volumes what becomes of the files in volumes
 */
public record BackupOptions(
    Backup document,
    Encryption encryption,
    List<String> recipients,
    @Nullable Path signKey,
    Path scratch,
    int parallel,
    String version,
    VolumeOptions volumes) {

  /** What of a backup is readable only with an age identity. */
  public enum Encryption {
    /** Nothing. */
    NONE,
    /** Secrets: they leave the archive and exist only in holdfast-secrets.tar.zst.age. */
    SECRETS,
    /** Archive, lists, logs and results. */
    ALL
  }

  public BackupOptions {
    recipients = List.copyOf(recipients);
  }

  /** Nothing encrypted or signed, the system's temporary folder, eight lists at a time. */
  public static BackupOptions of(Backup document, String version) {
    return new BackupOptions(
        document,
        Encryption.NONE,
        List.of(),
        null,
        Path.of(System.getProperty("java.io.tmpdir", ".")),
        8,
        version,
        VolumeOptions.none("this backup holds objects only"));
  }

  public BackupOptions encrypted(Encryption what, List<String> to) {
    return new BackupOptions(document, what, to, signKey, scratch, parallel, version, volumes);
  }

  public BackupOptions signed(@Nullable Path key) {
    return new BackupOptions(
        document, encryption, recipients, key, scratch, parallel, version, volumes);
  }

  public BackupOptions scratch(Path folder) {
    return new BackupOptions(
        document, encryption, recipients, signKey, folder, parallel, version, volumes);
  }

  public BackupOptions parallel(int count) {
    return new BackupOptions(
        document, encryption, recipients, signKey, scratch, count, version, volumes);
  }

  public BackupOptions volumes(VolumeOptions how) {
    return new BackupOptions(
        document, encryption, recipients, signKey, scratch, parallel, version, how);
  }
}
