package dev.holdfast.model.velero;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.model.GoDuration;
import dev.holdfast.model.LabelSelector;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A Backup (velero.md 3.1). {@code velero-backup.json} is this document. */
public record Backup(
    @Nullable String apiVersion,
    @Nullable String kind,
    ObjectMeta metadata,
    @Nullable Spec spec,
    @Nullable Status status) {

  public static final String API_VERSION = "velero.io/v1";
  public static final String KIND = "Backup";

  /** What to back up. Absent lists mean everything; the tri-states mean "auto" when absent. */
  public record Spec(
      @Nullable ObjectMeta metadata,
      @Nullable List<String> includedNamespaces,
      @Nullable List<String> excludedNamespaces,
      @Nullable List<String> includedResources,
      @Nullable List<String> excludedResources,
      @Nullable List<String> includedClusterScopedResources,
      @Nullable List<String> excludedClusterScopedResources,
      @Nullable List<String> includedNamespaceScopedResources,
      @Nullable List<String> excludedNamespaceScopedResources,
      @Nullable LabelSelector labelSelector,
      @Nullable List<LabelSelector> orLabelSelectors,
      @Nullable Boolean snapshotVolumes,
      @Nullable GoDuration ttl,
      @Nullable Boolean includeClusterResources,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable JsonNode hooks,
      @Nullable String storageLocation,
      @Nullable List<String> volumeSnapshotLocations,
      @Nullable Boolean defaultVolumesToRestic,
      @Nullable Boolean defaultVolumesToFsBackup,
      @Nullable Map<String, String> orderedResources,
      @Nullable GoDuration csiSnapshotTimeout,
      @Nullable GoDuration itemOperationTimeout,
      @Nullable JsonNode resourcePolicy,
      @Nullable Boolean snapshotMoveData,
      @Nullable String datamover,
      @Nullable JsonNode uploaderConfig,
      @Nullable String volumeGroupSnapshotLabelKey,
      @Nullable String backupType) {

    public static Spec empty() {
      return new Spec(
          null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
          null, null, null, null, null, null, null, null, null, null, null, null, null);
    }
  }

  /** What became of it. Counts are absent when zero, as Go leaves them out. */
  public record Status(
      @Nullable Integer version,
      @Nullable String formatVersion,
      @Nullable String expiration,
      @Nullable String phase,
      @Nullable Integer queuePosition,
      @Nullable List<String> validationErrors,
      @Nullable String startTimestamp,
      @Nullable String completionTimestamp,
      @Nullable Integer volumeSnapshotsAttempted,
      @Nullable Integer volumeSnapshotsCompleted,
      @Nullable String failureReason,
      @Nullable Integer warnings,
      @Nullable Integer errors,
      @Nullable Progress progress,
      @Nullable Integer csiVolumeSnapshotsAttempted,
      @Nullable Integer csiVolumeSnapshotsCompleted,
      @Nullable Integer backupItemOperationsAttempted,
      @Nullable Integer backupItemOperationsCompleted,
      @Nullable Integer backupItemOperationsFailed,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable JsonNode hookStatus) {}

  /** Items, not bytes. */
  public record Progress(@Nullable Integer totalItems, @Nullable Integer itemsBackedUp) {}
}
