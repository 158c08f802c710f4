package dev.holdfast.cli.volume;

import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.Manifest;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.cli.OpenLocation;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.document.IdentityFlag;
import dev.holdfast.cli.repo.VolumeFlags;
import dev.holdfast.engine.backup.Backups;
import dev.holdfast.engine.volume.SavedVolumes;
import dev.holdfast.engine.volume.VolumeRepositories;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;

/** Where the verbs find a backup's volumes, and the files of one. */
final class BackupVolumes {

  @Mixin final VolumeFlags password = new VolumeFlags();
  @Mixin final IdentityFlag identity = new IdentityFlag();

  /** What is done with the files of a volume. */
  interface Reading {
    int read(Repository repository, Id tree);
  }

  /** The records of a backup's volumes. */
  List<VolumeInfo> records(Session session, OpenLocation location, String backup) {
    Backups backups = new Backups(location.store());
    Operation op = session.operation();
    var _ = backups.get(op, backup); // a backup without volumes is no missing one
    try {
      BackupKeys keys = new BackupKeys(backup);
      byte[] json = backups.record(op, backup, keys.volumeInfo(), identity.decryption());
      List<VolumeInfo> volumes = VolumeInfo.read(json, "The volumes of " + backup);
      return VolumeInfo.with(volumes, manifest(op, backups, backup, keys.manifest()));
    } catch (Failure.Absent e) {
      return List.of();
    }
  }

  private static @Nullable Manifest manifest(
      Operation op, Backups backups, String backup, String key) {
    try {
      return Manifest.read(backups.record(op, backup, key, null), key);
    } catch (Failure.Absent e) {
      return null; // Velero's backups have none
    }
  }

  /**
   * Opens the repository that holds a volume.
   *
   * @param volume its name, see {@link SavedVolumes}
   */
  int read(Session session, String backup, String volume, Reading reading) {
    Operation op = session.operation();
    try (OpenLocation location = session.location()) {
      VolumeInfo.PodVolume saved =
          new SavedVolumes(backup, records(session, location, backup)).find(volume);
      try (VolumeRepositories repositories =
          password
              .repositories(session, location)
              .orElseThrow(() -> new Failure.Invalid(VolumeFlags.NO_PASSWORD))) {
        String namespace = saved.podNamespace();
        Id tree = repositories.tree(op, namespace, String.valueOf(saved.snapshotHandle()));
        return reading.read(repositories.open(op, namespace), tree);
      }
    }
  }
}
