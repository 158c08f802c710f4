package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.store.Codec;
import dev.holdfast.sandbox.store.Stored;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a type keeps what its scale subresource shows, as JSON pointers.
 *
 * @param selector empty if the type has none
 */
record ScalePaths(String spec, String status, String selector) {

  static ScalePaths of(ServedType type) {
    JsonNode definition = type.definition();
    if (definition == null) {
      return new ScalePaths("/spec/replicas", "/status/replicas", "/spec/selector");
    }
    JsonNode scale = definition.path("subresources").path("scale");
    return new ScalePaths(
        pointer(scale.path("specReplicasPath").asText()),
        pointer(scale.path("statusReplicasPath").asText()),
        pointer(scale.path("labelSelectorPath").asText()));
  }

  /** {@code .spec.replicas} → {@code /spec/replicas}. */
  private static String pointer(String path) {
    return path.replace('.', '/');
  }

  ObjectNode scale(ServedType type, Stored stored) {
    ObjectNode object = Codec.read(stored, type.apiVersion(), type.kind());
    ObjectNode scale = Json.MAPPER.createObjectNode();
    scale.put("kind", "Scale").put("apiVersion", "autoscaling/v1");
    ObjectNode metadata = scale.putObject("metadata");
    for (String field :
        List.of("name", "namespace", "uid", "resourceVersion", "creationTimestamp")) {
      JsonNode value = object.path("metadata").get(field);
      if (value != null) {
        metadata.set(field, value);
      }
    }
    ObjectNode wanted = scale.putObject("spec");
    long replicas = object.at(spec).asLong();
    if (replicas != 0) {
      wanted.put("replicas", replicas);
    }
    ObjectNode actual = scale.putObject("status");
    actual.put("replicas", object.at(status).asLong());
    String text = selector.isEmpty() ? "" : selectorText(object.at(selector));
    if (!text.isEmpty()) {
      actual.put("selector", text);
    }
    return scale;
  }

  private static String selectorText(JsonNode node) {
    if (!node.isObject()) {
      return node.asText();
    }
    List<String> parts = new ArrayList<>();
    JsonNode labels = node.has("matchLabels") ? node.path("matchLabels") : node;
    labels
        .properties()
        .forEach(label -> {
          if (label.getValue().isTextual()) {
            parts.add(label.getKey() + "=" + label.getValue().asText());
          }
        });
    for (JsonNode each : node.path("matchExpressions")) {
      String values =
          String.join(",", each.path("values").valueStream().map(JsonNode::asText).toList());
      parts.add(
          switch (each.path("operator").asText()) {
            case "In" -> each.path("key").asText() + " in (" + values + ")";
            case "NotIn" -> each.path("key").asText() + " notin (" + values + ")";
            case "DoesNotExist" -> "!" + each.path("key").asText();
            default -> each.path("key").asText();
          });
    }
    return String.join(",", parts);
  }

  void set(ObjectNode object, long replicas) {
    int slash = spec.lastIndexOf('/');
    object.withObject(spec.substring(0, slash)).put(spec.substring(slash + 1), replicas);
  }
}
