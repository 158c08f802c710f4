package dev.holdfast.sandbox.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.store.Codec;
import dev.holdfast.sandbox.store.Stored;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What a namespace that ends says of what is still in it. */
final class NamespaceConditions {

  private final Map<String, Integer> resources = new TreeMap<>();
  private final Map<String, Integer> finalizers = new TreeMap<>();

  /** Notes an object that is still there. */
  void add(ServedType type, Stored object) {
    resources.merge(type.resource() + "." + type.group(), 1, Integer::sum);
    Codec.read(object, type.apiVersion(), type.kind())
        .path("metadata")
        .path("finalizers")
        .forEach(finalizer -> finalizers.merge(finalizer.asText(), 1, Integer::sum));
  }

  /** Sets them in place; a condition that does not change keeps its time. */
  void into(ObjectNode namespace) {
    ObjectNode status = namespace.withObject("/status");
    JsonNode before = status.path("conditions").deepCopy();
    ArrayNode conditions = status.putArray("conditions");
    add(
        conditions,
        before,
        "NamespaceDeletionDiscoveryFailure",
        false,
        "ResourcesDiscovered",
        "All resources successfully discovered");
    add(
        conditions,
        before,
        "NamespaceDeletionGroupVersionParsingFailure",
        false,
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed");
    add(
        conditions,
        before,
        "NamespaceDeletionContentFailure",
        false,
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization");
    add(
        conditions,
        before,
        "NamespaceContentRemaining",
        !resources.isEmpty(),
        resources.isEmpty() ? "ContentRemoved" : "SomeResourcesRemain",
        resources.isEmpty()
            ? "All content successfully removed"
            : "Some resources are remaining: " + counted(resources, " has "));
    add(
        conditions,
        before,
        "NamespaceFinalizersRemaining",
        !finalizers.isEmpty(),
        finalizers.isEmpty() ? "ContentHasNoFinalizers" : "SomeFinalizersRemain",
        finalizers.isEmpty()
            ? "All content-preserving finalizers finished"
            : "Some content in the namespace has finalizers remaining: "
                + counted(finalizers, " in "));
  }

  private static String counted(Map<String, Integer> counts, String word) {
    return counts.entrySet().stream()
        .map(each -> each.getKey() + word + each.getValue() + " resource instances")
        .collect(Collectors.joining(", "));
  }

  private static void add(
      ArrayNode conditions,
      JsonNode before,
      String type,
      boolean holds,
      String reason,
      String message) {
    String status = holds ? "True" : "False";
    String time = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    for (JsonNode each : before) {
      if (each.path("type").asText().equals(type) && each.path("status").asText().equals(status)) {
        time = each.path("lastTransitionTime").asText();
      }
    }
    conditions
        .addObject()
        .put("lastTransitionTime", time)
        .put("message", message)
        .put("reason", reason)
        .put("status", status)
        .put("type", type);
  }
}
