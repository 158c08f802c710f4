package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.model.ItemKey;
import java.util.HashMap;
import java.util.Map;

/** Small questions to items. */
final class Items {

  private Items() {}

  static ItemKey key(Cluster.Item item) {
    return new ItemKey(item.type().groupResource(), item.namespace(), item.name());
  }

  static Map<String, String> labels(JsonNode object) {
    return strings(object.path("metadata").path("labels"));
  }

  static Map<String, String> annotations(JsonNode object) {
    return strings(object.path("metadata").path("annotations"));
  }

  private static Map<String, String> strings(JsonNode node) {
    Map<String, String> values = new HashMap<>();
    node.properties().forEach(entry -> values.put(entry.getKey(), entry.getValue().asText()));
    return values;
  }
}
