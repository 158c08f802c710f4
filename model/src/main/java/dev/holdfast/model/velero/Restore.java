package dev.holdfast.model.velero;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.model.GoDuration;
import dev.holdfast.model.LabelSelector;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A Restore (velero.md 3.2). */
public record Restore(
    @Nullable String apiVersion,
    @Nullable String kind,
    ObjectMeta metadata,
    @Nullable Spec spec,
    @Nullable Status status) {

  public static final String API_VERSION = "velero.io/v1";
  public static final String KIND = "Restore";

  /** What to restore. Absent lists mean everything in the backup. */
  public record Spec(
      @Nullable String backupName,
      @Nullable String scheduleName,
      @Nullable List<String> includedNamespaces,
      @Nullable List<String> excludedNamespaces,
      @Nullable List<String> includedResources,
      @Nullable List<String> excludedResources,
      @Nullable Map<String, String> namespaceMapping,
      @Nullable LabelSelector labelSelector,
      @Nullable List<LabelSelector> orLabelSelectors,
      @Nullable Boolean restorePVs,
      Status.@Nullable Types restoreStatus,
      @Nullable Boolean preserveNodePorts,
      @Nullable Boolean includeClusterResources,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable JsonNode hooks,
      @Nullable String existingResourcePolicy,
      @Nullable GoDuration itemOperationTimeout,
      @Nullable Reference resourceModifier,
      @Nullable JsonNode uploaderConfig,
      @Nullable JsonNode resourcePolicy,
      @Nullable Boolean skipDefaultResourceModifier) {

    public static Spec empty() {
      return new Spec(
          null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
          null, null, null, null, null);
    }
  }

  /** A typed local reference: a ConfigMap in the Restore's namespace. */
  public record Reference(
      @Nullable String apiGroup, @Nullable String kind, @Nullable String name) {}

  /** What became of it. */
  public record Status(
      @Nullable String phase,
      @Nullable List<String> validationErrors,
      @Nullable Integer warnings,
      @Nullable Integer errors,
      @Nullable String failureReason,
      @Nullable String startTimestamp,
      @Nullable String completionTimestamp,
      @Nullable Progress progress,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable JsonNode hookStatus) {

    /** Included and excluded types ({@code restoreStatus}). */
    public record Types(
        @Nullable List<String> includedResources, @Nullable List<String> excludedResources) {}
  }

  /** Items, not bytes. */
  public record Progress(@Nullable Integer totalItems, @Nullable Integer itemsRestored) {}
}
