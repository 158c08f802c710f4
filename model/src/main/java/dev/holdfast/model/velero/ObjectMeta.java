package dev.holdfast.model.velero;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** meta/v1 ObjectMeta, as far as it matters here. Times are RFC 3339, UTC, whole seconds. */
public record ObjectMeta(
    @Nullable String name,
    @Nullable String generateName,
    @Nullable String namespace,
    @Nullable String uid,
    @Nullable String resourceVersion,
    @Nullable Long generation,
    @Nullable String creationTimestamp,
    @Nullable String deletionTimestamp,
    @Nullable Map<String, String> labels,
    @Nullable Map<String, String> annotations,
    @Nullable List<String> finalizers,
    @Nullable List<JsonNode> ownerReferences,
    @Nullable List<JsonNode> managedFields) {

  public static ObjectMeta named(String namespace, String name) {
    return new ObjectMeta(
        name, null, namespace, null, null, null, null, null, null, null, null, null, null);
  }

  public ObjectMeta with(
      @Nullable Map<String, String> labels, @Nullable Map<String, String> annotations) {
    return new ObjectMeta(
        name,
        generateName,
        namespace,
        uid,
        resourceVersion,
        generation,
        creationTimestamp,
        deletionTimestamp,
        labels,
        annotations,
        finalizers,
        ownerReferences,
        managedFields);
  }

  public ObjectMeta identified(String uid, Instant created) {
    return new ObjectMeta(
        name,
        generateName,
        namespace,
        uid,
        resourceVersion,
        generation,
        Times.text(created),
        deletionTimestamp,
        labels,
        annotations,
        finalizers,
        ownerReferences,
        managedFields);
  }

  /** Never null. */
  public Map<String, String> labelsOrEmpty() {
    return labels == null ? Map.of() : labels;
  }

  /** Never null. */
  public Map<String, String> annotationsOrEmpty() {
    return annotations == null ? Map.of() : annotations;
  }
}
