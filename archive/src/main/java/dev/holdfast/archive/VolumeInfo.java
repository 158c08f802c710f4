package dev.holdfast.archive;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.type.TypeReference;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What became of one volume: an entry of {@code N-volumeinfo.json.gz} (velero.md 1.3). At most one
 * of the four {@code …Info}s of a method is set.
 *
 * @param backupMethod {@code NativeSnapshot}, {@code PodVolumeBackup}, {@code CSISnapshot}; empty
 *     if skipped
 * @param startTimestamp RFC 3339, UTC, whole seconds
 * @param result {@code succeeded} or {@code failed}
 */
@JsonPropertyOrder({
  "pvcName",
  "pvcNamespace",
  "pvName",
  "backupMethod",
  "snapshotDataMoved",
  "preserveLocalSnapshot",
  "skipped",
  "skippedReason",
  "startTimestamp",
  "completionTimestamp",
  "result"
})
public record VolumeInfo(
    @Nullable String pvcName,
    @Nullable String pvcNamespace,
    @Nullable String pvName,
    @Nullable String backupMethod,
    boolean snapshotDataMoved,
    boolean preserveLocalSnapshot,
    boolean skipped,
    @Nullable String skippedReason,
    @Nullable String startTimestamp,
    @Nullable String completionTimestamp,
    @Nullable String result,
    @Nullable CsiSnapshot csiSnapshotInfo,
    @Nullable DataMovement snapshotDataMovementInfo,
    @Nullable NativeSnapshot nativeSnapshotInfo,
    @Nullable PodVolume pvbInfo,
    @Nullable PersistentVolume pvInfo) {

  /** A volume that was left out, with the reason. */
  public static VolumeInfo skipped(
      @Nullable String pvc,
      @Nullable String namespace,
      @Nullable String pv,
      String reason,
      @Nullable PersistentVolume pvInfo) {
    return new VolumeInfo(
        pvc, namespace, pv, null, false, false, true, reason, null, null, null, null, null, null,
        null, pvInfo);
  }

  /**
   * @param size bytes
   */
  public record CsiSnapshot(
      String snapshotHandle,
      long size,
      String driver,
      String vscName,
      @Nullable String operationID,
      @JsonProperty("ReadyToUse") @Nullable Boolean readyToUse,
      @Nullable String volumeGroupSnapshotHandle) {}

  /**
   * @param snapshotHandle the repository's snapshot id
   * @param size bytes
   */
  public record DataMovement(
      String dataMover,
      String uploaderType,
      @Nullable String retainedSnapshot,
      @Nullable String snapshotHandle,
      @Nullable String operationID,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) long size,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) long incrementalSize,
      @JsonProperty("Phase") @Nullable String phase) {}

  /** A snapshot by the provider's own means. */
  public record NativeSnapshot(
      String snapshotHandle,
      String volumeType,
      String volumeAZ,
      String iops,
      @JsonProperty("Phase") @Nullable String phase) {}

  /**
   * @param snapshotHandle the repository's snapshot id
   * @param size bytes
   */
  public record PodVolume(
      @Nullable String snapshotHandle,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) long size,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) long incrementalSize,
      String uploaderType,
      String volumeName,
      String podName,
      String podNamespace,
      @Nullable String nodeName,
      @JsonProperty("Phase") @Nullable String phase) {}

  /** What a restore puts back on a volume that is provisioned anew. */
  public record PersistentVolume(
      @Nullable String reclaimPolicy,
      @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable Map<String, String> labels) {}

  /**
   * The records with what only our manifest says: snapshots of claims that no pod used, and of
   * block devices, which a record of Velero's cannot hold. The former have no pod's name, and none
   * has a node's.
   *
   * @param manifest null if there is none
   */
  public static List<VolumeInfo> with(List<VolumeInfo> records, @Nullable Manifest manifest) {
    Map<List<String>, Manifest.Volume> ours = new HashMap<>();
    List<Manifest.Volume> saved = manifest == null ? null : manifest.volumes();
    for (Manifest.Volume volume : saved == null ? List.<Manifest.Volume>of() : saved) {
      if (volume.pvc() != null) {
        ours.put(List.of(volume.namespace(), volume.pvc()), volume);
      }
    }
    return records.stream().map(record -> record.saved(ours)).toList();
  }

  private VolumeInfo saved(Map<List<String>, Manifest.Volume> ours) {
    Manifest.Volume saved =
        skipped && pvcName != null && pvcNamespace != null
            ? ours.get(List.of(pvcNamespace, pvcName))
            : null;
    if (saved == null) {
      return this;
    }
    PodVolume own =
        new PodVolume(
            saved.snapshot(),
            saved.bytes(),
            0,
            "restic",
            Objects.requireNonNullElse(saved.volume(), ""),
            Objects.requireNonNullElse(saved.pod(), ""),
            saved.namespace(),
            null,
            "Completed");
    return new VolumeInfo(
        pvcName,
        pvcNamespace,
        pvName,
        "PodVolumeBackup",
        false,
        false,
        false,
        null,
        startTimestamp,
        completionTimestamp,
        "succeeded",
        null,
        null,
        null,
        own,
        pvInfo);
  }

  /** The gzipped file. */
  public static byte[] toBytes(List<VolumeInfo> volumes) {
    return Gzip.compress(GoJson.line(volumes));
  }

  /**
   * @throws Failure.Corrupt naming {@code what}
   */
  public static List<VolumeInfo> read(byte[] gzip, String what) {
    try {
      List<VolumeInfo> volumes =
          Json.MAPPER.readValue(Gzip.decompress(gzip, what), new TypeReference<>() {});
      return volumes == null ? List.of() : List.copyOf(volumes);
    } catch (IOException | NullPointerException e) {
      throw new Failure.Corrupt(what + " is not a list of volumes", null, e);
    }
  }
}
