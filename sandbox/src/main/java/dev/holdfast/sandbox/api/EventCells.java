package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import java.util.stream.Stream;

/** What {@code kubectl get events} shows, of both forms of an Event. */
final class EventCells {

  private EventCells() {}

  static JsonNode involved(JsonNode event) {
    return event.has("regarding") ? event.path("regarding") : event.path("involvedObject");
  }

  static String object(JsonNode event) {
    String kind = involved(event).path("kind").asText().toLowerCase(Locale.ROOT);
    String name = involved(event).path("name").asText();
    return name.isEmpty() ? kind : kind + "/" + name;
  }

  static String message(JsonNode event) {
    return first(event, "/message", "/note").strip();
  }

  static String source(JsonNode event) {
    JsonNode source =
        event.has("deprecatedSource") ? event.path("deprecatedSource") : event.path("source");
    String component =
        BuiltInCells.or(
            source.path("component").asText(),
            first(event, "/reportingController", "/reportingComponent"));
    String host =
        BuiltInCells.or(source.path("host").asText(), event.path("reportingInstance").asText());
    return host.isEmpty() ? component : component + ", " + host;
  }

  static long count(JsonNode event) {
    JsonNode series = event.at("/series/count");
    long count = event.path("count").asLong(event.path("deprecatedCount").asLong());
    return series.isNumber() ? series.asLong() : Math.max(count, 1);
  }

  static String firstSeen(JsonNode event) {
    return Ages.since(
        first(event, "/firstTimestamp", "/deprecatedFirstTimestamp", "/eventTime"), "<unknown>");
  }

  static String lastSeen(JsonNode event) {
    String last =
        first(event, "/series/lastObservedTime", "/lastTimestamp", "/deprecatedLastTimestamp");
    return last.isEmpty() ? firstSeen(event) : Ages.since(last, "<unknown>");
  }

  private static String first(JsonNode event, String... pointers) {
    return Stream.of(pointers)
        .map(pointer -> event.at(pointer).asText())
        .filter(text -> !text.isEmpty() && !text.equals("null"))
        .findFirst()
        .orElse("");
  }
}
