package dev.holdfast.engine.restore;

import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.velero.Restore;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a backup holds beyond objects, or failed to save, and this version does not restore. */
final class NotRestored {

  private NotRestored() {}

  /** One sentence each, of volumes of the items that are restored; empty if there is nothing. */
  static List<String> of(Restore.Spec spec, Draught draught) {
    return lost(spec, draught).map(NotRestored::sentence).toList();
  }

  /** Claims, by their keys in the cluster, that are restored and stay empty. */
  static Set<ItemKey> emptyClaims(Restore.Spec spec, Draught draught, Ledger ledger) {
    return lost(spec, draught)
        .filter(volume -> volume.pvcName() != null)
        .map(OpenBackup::claim)
        .filter(claim ->
            draught.spool().find(claim).stream()
                .anyMatch(
                    number -> ledger.outcome(number).filter(Outcome.CREATED::equals).isPresent()))
        .map(draught::target)
        .collect(Collectors.toUnmodifiableSet());
  }

  private static Stream<VolumeInfo> lost(Restore.Spec spec, Draught draught) {
    return Boolean.FALSE.equals(spec.restorePVs())
        ? Stream.empty()
        : draught.backup().volumes().stream()
            .filter(OpenBackup::hasData)
            .filter(volume -> !LocalVolumes.fits(draught, volume))
            .filter(volume -> !VolumeFill.fits(volume) && !PodFill.fits(volume))
            .filter(volume -> user(volume).stream().anyMatch(draught::restores));
  }

  /** The claim, or without one the pod, that a volume is restored with. */
  private static Optional<ItemKey> user(VolumeInfo volume) {
    VolumeInfo.PodVolume own = volume.pvbInfo();
    if (volume.pvcName() != null) {
      return Optional.of(OpenBackup.claim(volume));
    }
    return own == null
        ? Optional.empty()
        : Optional.of(new ItemKey(Kinds.PODS, own.podNamespace(), own.podName()));
  }

  private static String sentence(VolumeInfo volume) {
    VolumeInfo.PodVolume own = volume.pvbInfo();
    return volume.pvcName() != null || own == null
        ? "The content of volume claim %s/%s is not restored: %s"
            .formatted(volume.pvcNamespace(), volume.pvcName(), reason(volume))
        : "The content of volume %s of pod %s/%s is not restored: %s"
            .formatted(own.volumeName(), own.podNamespace(), own.podName(), reason(volume));
  }

  private static String reason(VolumeInfo volume) {
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
    return "this version does not read what " + own.uploaderType() + " saved";
  }
}
