package dev.holdfast.sandbox.fields;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.schema.Schema;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The annotation in which {@code kubectl apply} without {@code --server-side} keeps what it
 * applied. Where kubectl goes over to server-side apply, the server takes over what the annotation
 * names, and keeps the annotation true, so that a person can go back.
 */
public final class LastApplied {

  private static final String ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration";

  /** The field manager for which this is done. */
  private static final String KUBECTL = "kubectl";

  private LastApplied() {}

  /**
   * The conflicts that stand: not those over fields that are still as kubectl last applied them.
   */
  public static List<ManagedFields.Conflict> left(
      Schema schema,
      @Nullable ObjectNode live,
      String manager,
      List<ManagedFields.Conflict> conflicts) {
    JsonNode applied = live == null || !manager.equals(KUBECTL) ? null : read(live);
    if (applied == null || live == null) {
      return conflicts;
    }
    FieldWalk.Comparison drift = FieldWalk.compare(schema, live, applied);
    FieldSet allowed = FieldWalk.fields(schema, applied).minus(drift.changed);
    List<String> paths = allowed.paths().stream().map(FieldSet::text).toList();
    return conflicts.stream().filter(conflict -> !paths.contains(conflict.path())).toList();
  }

  /** Writes into the object what kubectl applied now, if it has the annotation. */
  public static void update(
      @Nullable ObjectNode live, String manager, ObjectNode config, ObjectNode object) {
    if (live == null || !manager.equals(KUBECTL) || read(live) == null) {
      return;
    }
    ObjectNode applied = config.deepCopy();
    ObjectNode metadata = applied.withObject("/metadata");
    metadata.remove("managedFields");
    if (metadata.path("annotations") instanceof ObjectNode annotations) {
      annotations.remove(ANNOTATION);
      if (annotations.isEmpty()) {
        metadata.remove("annotations");
      }
    }
    object.withObject("/metadata/annotations").put(ANNOTATION, sorted(applied) + "\n");
  }

  private static @Nullable JsonNode read(ObjectNode object) {
    String text = object.at("/metadata/annotations").path(ANNOTATION).asText();
    try {
      return text.isEmpty() ? null : Json.MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      return null; // somebody else wrote it: it says nothing
    }
  }

  private static JsonNode sorted(JsonNode value) {
    if (value.isObject()) {
      Map<String, JsonNode> fields = new TreeMap<>();
      value.properties().forEach(e -> fields.put(e.getKey(), sorted(e.getValue())));
      return Json.MAPPER.createObjectNode().setAll(fields);
    }
    if (value.isArray()) {
      ArrayNode items = Json.MAPPER.createArrayNode();
      value.forEach(item -> items.add(sorted(item)));
      return items;
    }
    return value;
  }
}
