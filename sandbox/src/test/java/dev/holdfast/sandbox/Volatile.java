package dev.holdfast.sandbox;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/** What differs between two servers from one moment to the next, or is Go's way to show values. */
final class Volatile {

  /** A node port that the server chose, in a table's text. */
  private static final Pattern NODE_PORT = Pattern.compile("(\\b\\d+:|nodePort:)3\\d{4}(?=[/ ])");

  private static final Pattern AGE = Pattern.compile("\\d+s");

  /** Go tells what is nil from what is empty. */
  private static final Pattern EMPTY =
      Pattern.compile("(Invalid value: |\"Requests\": )(null|\\[]|\\{})(?=[:\n])");

  private static final Pattern SCHEME = Pattern.compile("in scheme \"[^\"]*\"");

  private Volatile() {}

  /** The answer without it. */
  static JsonNode leave(JsonNode value) throws IOException {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    if (value instanceof ObjectNode object) {
      ObjectNode result = nodes.objectNode();
      for (var field : object.properties()) {
        JsonNode each = leave(field.getValue());
        switch (field.getKey()) {
          case "managedFields" -> each = sorted(each);
          case "annotations" ->
              ((ObjectNode) each).remove("service.beta.openshift.io/inject-cabundle");
          default -> {}
        }
        boolean emptied = field.getKey().equals("annotations") && each.isEmpty();
        if (!emptied) {
          result.set(field.getKey(), each);
        }
      }
      return result;
    }
    if (value.isArray()) {
      ArrayNode result = nodes.arrayNode();
      for (JsonNode each : value) {
        if (!foreign(each)) {
          result.add(leave(each));
        }
      }
      return result;
    }
    return value.isTextual() ? nodes.textNode(text(value.asText())) : value;
  }

  /** What a controller of the real one's build puts into each namespace, and then changes. */
  private static boolean foreign(JsonNode item) {
    JsonNode metadata =
        item.path("object").has("metadata") ? item.at("/object/metadata") : item.path("metadata");
    return metadata.path("name").asText().equals("openshift-service-ca.crt");
  }

  /** The order is by time, and the servers' clocks tick apart. */
  private static ArrayNode sorted(JsonNode entries) {
    List<JsonNode> list = new ArrayList<>();
    entries.forEach(list::add);
    list.sort(Comparator.comparing(entry -> entry.path("manager") + "" + entry.path("operation")));
    return JsonNodeFactory.instance.arrayNode().addAll(list);
  }

  private static String text(String text) throws IOException {
    if (AGE.matcher(text).matches()) {
      return "*s";
    }
    String result = NODE_PORT.matcher(text).replaceAll("$1*");
    result = SCHEME.matcher(result).replaceAll("in scheme");
    return EMPTY.matcher(structures(result)).replaceAll("$1{}");
  }

  /** Structures are shown as Go's internal types here and as the API's there. */
  private static String structures(String text) throws IOException {
    StringBuilder result = new StringBuilder();
    int at = 0;
    while (true) {
      int next = text.indexOf("value: {\"", at);
      if (next < 0) {
        return result.append(text.substring(at)).toString();
      }
      int start = next + "value: ".length();
      result.append(text, at, start).append("{*}");
      try (JsonParser parser = Json.MAPPER.createParser(text.substring(start))) {
        parser.nextToken();
        parser.skipChildren();
        at = start + (int) parser.currentLocation().getCharOffset();
      }
    }
  }
}
