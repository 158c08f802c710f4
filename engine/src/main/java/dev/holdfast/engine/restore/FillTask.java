package dev.holdfast.engine.restore;

import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.model.ItemKey;

/**
 * A claim that is to get its content.
 *
 * @param source its key in the backup
 * @param target its key in the cluster
 * @param record of its content
 * @param device whether it is a block device
 * @param way whose volume it is that is filled
 */
record FillTask(
    ItemKey source, ItemKey target, VolumeInfo.PodVolume record, boolean device, Way way) {

  enum Way {
    /** This restore made the claim. */
    NEW,
    /** The volume that was there is emptied first. */
    OVERWRITE,
    /** The claim gets another volume. */
    REPLACE
  }

  /** Claims with the same one are filled through one pod: the pod that used them, or the claim. */
  ItemKey group() {
    return record.podName().isEmpty() ? source : pod();
  }

  /** The pod of the backup that used it; without a name if none did. */
  ItemKey pod() {
    return new ItemKey(Kinds.PODS, record.podNamespace(), record.podName());
  }

  String text() {
    return target.namespace() + "/" + target.name();
  }
}
