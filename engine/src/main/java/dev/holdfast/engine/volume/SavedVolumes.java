package dev.holdfast.engine.volume;

import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.model.Failure;
import java.util.List;
import java.util.Objects;

/**
 * The volumes of a backup by name: {@code NAMESPACE/CLAIM}, or {@code NAMESPACE/POD/VOLUME} for one
 * that lives in its pod.
 */
public final class SavedVolumes {

  private final String backup;
  private final List<VolumeInfo> volumes;

  /**
   * @param backup its name, for messages
   */
  public SavedVolumes(String backup, List<VolumeInfo> volumes) {
    this.backup = backup;
    this.volumes = List.copyOf(volumes);
  }

  /** The name of a volume; of one that was skipped and had no claim, what is known of it. */
  public static String name(VolumeInfo volume) {
    if (volume.pvcName() != null) {
      return volume.pvcNamespace() + "/" + volume.pvcName();
    }
    VolumeInfo.PodVolume own = volume.pvbInfo();
    return own == null
        ? Objects.requireNonNullElse(volume.pvName(), "-")
        : own.podNamespace() + "/" + own.podName() + "/" + own.volumeName();
  }

  /**
   * The record of a volume whose files the backup holds.
   *
   * @param word its name, or the end of it if that says which
   * @throws Failure.Absent if there is none of that name, or its files are not in the backup
   * @throws Failure.Invalid if there are several
   */
  public VolumeInfo.PodVolume find(String word) {
    List<VolumeInfo> found =
        volumes.stream()
            .filter(each -> name(each).equals(word) || name(each).endsWith("/" + word))
            .toList();
    if (found.isEmpty()) {
      throw new Failure.Absent(
          "Backup " + backup + " has no volume '" + word + "'",
          "holdfast volume ls " + backup + " lists what there is",
          null);
    }
    if (found.size() > 1) {
      throw new Failure.Invalid(
          "'" + word + "' can be any of " + found.stream().map(SavedVolumes::name).toList(),
          "give its namespace, too");
    }
    VolumeInfo.PodVolume saved = found.getFirst().pvbInfo();
    if (saved == null || saved.snapshotHandle() == null || saved.snapshotHandle().isEmpty()) {
      String reason = found.getFirst().skippedReason();
      throw new Failure.Absent(
          "The files of volume "
              + name(found.getFirst())
              + " are not in backup "
              + backup
              + (reason == null ? "" : ": " + reason));
    }
    if (!saved.uploaderType().equals("restic")) {
      throw new Failure.Unsupported(
          "Volume "
              + name(found.getFirst())
              + " was saved by "
              + saved.uploaderType()
              + ", whose format this version does not read",
          "restore it with Velero");
    }
    return saved;
  }
}
