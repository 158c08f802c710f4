package dev.holdfast.sandbox.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Between an object as a tree and its stored form. */
public final class Codec {

  private static final int METADATA_START = "{\"metadata\":{".length();

  private Codec() {}

  /**
   * @param given with metadata.name set
   */
  public static Stored store(GroupResource type, ObjectNode given) {
    ObjectNode object =
        EventForms.isNewer(given.path("apiVersion").asText()) ? EventForms.older(given) : given;
    ObjectNode metadata = ((ObjectNode) object.path("metadata")).deepCopy();
    metadata.remove("resourceVersion");
    ObjectNode ordered = Json.MAPPER.createObjectNode();
    ordered.set("metadata", metadata);
    object
        .properties()
        .forEach(field -> {
          switch (field.getKey()) {
            case "apiVersion", "kind", "metadata" -> {}
            default -> ordered.set(field.getKey(), field.getValue());
          }
        });
    byte[] bytes = Json.bytes(ordered);
    return new Stored(
        type,
        metadata.path("namespace").asText(),
        metadata.path("name").asText(),
        metadata.path("uid").asText(),
        object.path("metadata").path("resourceVersion").asLong(),
        labels(metadata),
        owners(metadata),
        metadata.hasNonNull("deletionTimestamp"),
        Arrays.copyOfRange(bytes, METADATA_START, bytes.length));
  }

  private static Map<String, String> labels(JsonNode metadata) {
    JsonNode labels = metadata.path("labels");
    if (labels.isEmpty()) {
      return Map.of();
    }
    Map<String, String> result = HashMap.newHashMap(labels.size());
    labels.properties().forEach(label -> result.put(label.getKey(), label.getValue().asText()));
    return Map.copyOf(result);
  }

  private static List<String> owners(JsonNode metadata) {
    JsonNode owners = metadata.path("ownerReferences");
    if (owners.isEmpty()) {
      return List.of();
    }
    List<String> result = new ArrayList<>();
    owners.forEach(owner -> result.add(owner.path("uid").asText()));
    return List.copyOf(result);
  }

  /** A fresh tree, which the caller may change. */
  public static ObjectNode read(Stored stored, String apiVersion, String kind) {
    if (EventForms.isNewer(apiVersion)) {
      return EventForms.newer(read(stored, "v1", kind));
    }
    return Json.object(stored.write(apiVersion, kind), "a stored object");
  }
}
