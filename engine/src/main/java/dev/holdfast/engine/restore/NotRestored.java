package dev.holdfast.engine.restore;

import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.velero.Restore;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** What a backup holds beyond objects, and this version does not restore. */
final class NotRestored {

  private NotRestored() {}

  /**
   * One sentence each; empty if there is nothing.
   *
   * @param repositories whether the content of volumes can be read
   */
  static List<String> of(Restore.Spec spec, Draught draught, boolean repositories) {
    List<String> missing = new ArrayList<>();
    if (!Boolean.FALSE.equals(spec.restorePVs())) {
      for (VolumeInfo volume : draught.backup().volumes()) {
        if (OpenBackup.hasData(volume)
            && !LocalVolumes.fits(draught, volume)
            && !(repositories && (VolumeFill.fits(volume) || PodFill.fits(volume)))) {
          sentence(draught, volume, repositories).ifPresent(missing::add);
        }
      }
    }
    return missing;
  }

  private static Optional<String> sentence(
      Draught draught, VolumeInfo volume, boolean repositories) {
    if (restores(draught, volume)) {
      return Optional.of(
          "The content of volume claim %s/%s was not restored, the claim is empty: %s"
              .formatted(volume.pvcNamespace(), volume.pvcName(), reason(volume, repositories)));
    }
    VolumeInfo.PodVolume own = volume.pvbInfo();
    if (volume.pvcName() != null || own == null) {
      return Optional.empty();
    }
    var number =
        draught
            .spool()
            .find(new ItemKey(new GroupResource("", "pods"), own.podNamespace(), own.podName()));
    return number.isPresent() && draught.set().numbers().get(number.getAsInt())
        ? Optional.of(
            "The content of volume %s of pod %s/%s was not restored: %s"
                .formatted(
                    own.volumeName(),
                    own.podNamespace(),
                    own.podName(),
                    reason(volume, repositories)))
        : Optional.empty();
  }

  private static String reason(VolumeInfo volume, boolean repositories) {
    VolumeInfo.PodVolume own = volume.pvbInfo();
    if (own == null && "failed".equals(volume.result())) {
      return "the backup could not save it";
    }
    if (own == null) {
      return "this version restores no " + volume.backupMethod();
    }
    if (own.snapshotHandle() == null || own.snapshotHandle().isEmpty()) {
      return "the backup could not save it";
    }
    if (!own.uploaderType().equals("restic")) {
      return "this version does not read what " + own.uploaderType() + " saved";
    }
    return String.valueOf(VolumeFill.unable(repositories));
  }

  private static boolean restores(Draught draught, VolumeInfo volume) {
    var number =
        draught
            .spool()
            .find(
                new ItemKey(
                    Kinds.CLAIMS,
                    Objects.requireNonNullElse(volume.pvcNamespace(), ""),
                    Objects.requireNonNullElse(volume.pvcName(), "")));
    return number.isPresent() && draught.set().numbers().get(number.getAsInt());
  }
}
