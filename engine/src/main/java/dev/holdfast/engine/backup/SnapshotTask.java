package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.model.ItemKey;
import org.jspecify.annotations.Nullable;

/**
 * A claim of which a CSI snapshot is to be taken.
 *
 * @param object the claim
 * @param driver of its volume
 * @param snapshotClass empty for the cluster's default
 * @param local whether the snapshot is kept where it is; else its content goes into the repository
 * @param group claims of a namespace with the same are snapshotted together; empty for none
 * @param user the pod that uses the claim; null if none does
 * @param files whether {@code user} mounts the whole volume, so that its files can be saved instead
 * @param affinity node affinity of its volume; missing if every node reaches it
 * @param volume name of the PersistentVolume
 */
record SnapshotTask(
    ItemKey claim,
    ObjectNode object,
    String driver,
    String snapshotClass,
    boolean local,
    String group,
    @Nullable VolumeTask user,
    boolean files,
    JsonNode affinity,
    String volume,
    VolumeInfo.@Nullable PersistentVolume volumeInfo) {

  /** For messages. */
  String text() {
    return "claim " + claim.namespace() + "/" + claim.name();
  }
}
