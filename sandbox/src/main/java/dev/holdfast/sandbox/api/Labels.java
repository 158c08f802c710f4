package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Labels and label selectors as a person writes them. */
final class Labels {

  private Labels() {}

  static String text(JsonNode labels) {
    Map<String, String> sorted = new TreeMap<>();
    labels
        .properties()
        .forEach(e -> sorted.put(e.getKey(), e.getKey() + "=" + e.getValue().asText()));
    return sorted.isEmpty() ? "<none>" : String.join(",", sorted.values());
  }

  static String selector(JsonNode selector) {
    Map<String, String> sorted = new TreeMap<>();
    selector
        .path("matchLabels")
        .properties()
        .forEach(e -> sorted.put(e.getKey(), e.getKey() + "=" + e.getValue().asText()));
    for (JsonNode each : selector.path("matchExpressions")) {
      String key = each.path("key").asText();
      String values =
          each.path("values")
              .valueStream()
              .map(JsonNode::asText)
              .sorted()
              .collect(Collectors.joining(","));
      String text =
          switch (each.path("operator").asText()) {
            case "In" -> key + " in (" + values + ")";
            case "NotIn" -> key + " notin (" + values + ")";
            case "DoesNotExist" -> "!" + key;
            default -> key;
          };
      sorted.merge(key, text, (a, b) -> a + "," + b);
    }
    return sorted.isEmpty() ? "<none>" : String.join(",", sorted.values());
  }
}
