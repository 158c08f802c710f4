package dev.holdfast.sandbox.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/**
 * Events have two forms: {@code v1}, in which they are stored, and {@code events.k8s.io/v1}, which
 * calls some fields otherwise.
 */
public final class EventForms {

  private static final String NEWER = "events.k8s.io/v1";

  /** Name in the older form → name in the newer one. */
  private static final Map<String, String> NAMES =
      Map.of(
          "involvedObject", "regarding",
          "message", "note",
          "source", "deprecatedSource",
          "firstTimestamp", "deprecatedFirstTimestamp",
          "lastTimestamp", "deprecatedLastTimestamp",
          "count", "deprecatedCount",
          "reportingComponent", "reportingController");

  private EventForms() {}

  public static boolean isNewer(String apiVersion) {
    return apiVersion.equals(NEWER);
  }

  static ObjectNode newer(ObjectNode event) {
    NAMES.forEach((older, newer) -> rename(event, older, newer));
    return event.put("apiVersion", NEWER);
  }

  static ObjectNode older(ObjectNode given) {
    ObjectNode event = given.deepCopy();
    NAMES.forEach((older, newer) -> rename(event, newer, older));
    return event.put("apiVersion", "v1");
  }

  private static void rename(ObjectNode event, String from, String to) {
    JsonNode value = event.remove(from);
    if (value != null) {
      event.set(to, value);
    }
  }
}
