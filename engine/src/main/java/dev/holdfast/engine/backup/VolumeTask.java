package dev.holdfast.engine.backup;

import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.model.ItemKey;
import org.jspecify.annotations.Nullable;

/**
 * A volume whose files, or a device whose content, is to be saved through a container that has it.
 *
 * @param volume its name in the pod
 * @param path where the container mounts it
 * @param whole whether a running container mounts the whole of it
 * @param device whether it is a block device
 * @param onNode where its node has it mounted, below the kubelet's directory; empty if unknown
 * @param claim the claim's name, or null for a volume that lives in its pod
 * @param claimUid the claim's uid; empty without one
 * @param exclusive whether no other pod may mount it (ReadWriteOncePod)
 * @param persistentVolume its name; null without a claim
 */
record VolumeTask(
    ItemKey pod,
    String podUid,
    String node,
    String volume,
    String container,
    String path,
    boolean whole,
    boolean device,
    String onNode,
    @Nullable String claim,
    String claimUid,
    boolean exclusive,
    @Nullable String persistentVolume,
    VolumeInfo.@Nullable PersistentVolume persistentVolumeInfo) {

  /** The name of the file that a device is saved as: its claim's; empty for a file system. */
  String deviceFile() {
    return device && claim != null ? claim : "";
  }

  /** For messages: {@code volume data (claim data-db-0) of pod shop/db-0}. */
  String text() {
    return "volume "
        + volume
        + (claim == null ? "" : " (claim " + claim + ")")
        + " of pod "
        + pod.namespace()
        + "/"
        + pod.name();
  }
}
