package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;

/** The conditions of a status; the time of one changes only with its value. */
final class Conditions {

  private Conditions() {}

  /**
   * Sets conditions, in place.
   *
   * @param reason of those that are false
   * @param message of those that are false; empty for none
   */
  static void set(ObjectNode status, Map<String, Boolean> wanted, String reason, String message) {
    wanted.forEach(
        (type, value) -> set(status, type, value, value ? "" : reason, value ? "" : message));
  }

  static void set(ObjectNode status, String type, boolean value, String reason, String message) {
    ArrayNode conditions = status.withArray("conditions");
    ObjectNode condition = find(conditions, type);
    if (condition == null) {
      condition = conditions.addObject().put("type", type);
    }
    String text = value ? "True" : "False";
    if (!condition.path("status").asText().equals(text)) {
      condition.put("status", text);
      condition.put("lastTransitionTime", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    }
    put(condition, "reason", reason);
    put(condition, "message", message);
  }

  private static void put(ObjectNode condition, String field, String value) {
    if (value.isEmpty()) {
      condition.remove(field);
    } else {
      condition.put(field, value);
    }
  }

  private static @org.jspecify.annotations.Nullable ObjectNode find(
      ArrayNode conditions, String type) {
    for (JsonNode each : conditions) {
      if (each.path("type").asText().equals(type) && each instanceof ObjectNode found) {
        return found;
      }
    }
    return null;
  }

  /** Whether a condition is there and true. */
  static boolean holds(JsonNode object, String type) {
    for (JsonNode each : object.at("/status/conditions")) {
      if (each.path("type").asText().equals(type)) {
        return each.path("status").asText().equals("True");
      }
    }
    return false;
  }
}
