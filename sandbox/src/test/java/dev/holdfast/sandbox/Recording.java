package dev.holdfast.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.holdfast.model.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * The rules by which recorded answers of a real API server are compared: values that a server makes
 * up are {@code *}, which equals any value that is there.
 */
final class Recording {

  private static final Set<String> VOLATILE =
      Set.of(
          "uid",
          "resourceVersion",
          "creationTimestamp",
          "deletionTimestamp",
          "time",
          "lastTransitionTime",
          "lastUpdateTime",
          "lastHeartbeatTime",
          "continue",
          "token",
          "expirationTimestamp",
          "renewTime",
          "lastPhaseTransitionTime",
          "storageVersionHash");

  private static final List<Pattern> PATTERNS =
      List.of(
          Pattern.compile("()[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
          Pattern.compile("(kube-api-access-)[a-z0-9]{5}"),
          Pattern.compile("(\\bgen-)[a-z0-9]{5}\\b"),
          Pattern.compile("(resource ?[vV]ersion:? ?\"?)\\d+"),
          Pattern.compile("(\\b10\\.43\\.)\\d+\\.\\d+\\b"),
          Pattern.compile("(ResourceVersion in (?:record|the precondition) \\()\\d+"),
          Pattern.compile(
              "(Invalid value: )\"\\{(?:[^\"\\\\]++|\\\\.)*+\""), // Go's order of fields
          Pattern.compile("(large resource version: |current: )\\d+"));

  private static final Pattern CAUSES = Pattern.compile("(?s)(: \\[)(.*)(])$");

  private Recording() {}

  static String text(String text) {
    String result = text;
    for (Pattern pattern : PATTERNS) {
      result = pattern.matcher(result).replaceAll("$1*");
    }
    return CAUSES.matcher(result).replaceAll(Recording::sorted);
  }

  private static String sorted(MatchResult match) {
    String[] parts = match.group(2).split(", ", -1);
    Arrays.sort(parts);
    return java.util.regex.Matcher.quoteReplacement(
        match.group(1) + String.join(", ", parts) + match.group(3));
  }

  static JsonNode normal(JsonNode value, String key) {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    if (value.isObject()) {
      TreeMap<String, JsonNode> sorted = new TreeMap<>();
      value
          .properties()
          .forEach(e -> sorted.put(text(e.getKey()), normal(e.getValue(), e.getKey())));
      return nodes.objectNode().setAll(sorted);
    }
    if (value.isArray()) {
      List<JsonNode> items = new ArrayList<>();
      for (JsonNode item : value) {
        // A habit of the recorded build, which puts this into each pod.
        if (!item.at("/configMap/name").asText().equals("openshift-service-ca.crt")) {
          items.add(normal(item, key));
        }
      }
      if (key.equals("causes")) {
        items.sort(Comparator.comparing(Json::string));
        items = items.stream().distinct().toList(); // some are said twice
      }
      ArrayNode result = nodes.arrayNode();
      items.forEach(result::add);
      return result;
    }
    if (VOLATILE.contains(key) && !empty(value)) {
      return nodes.textNode("*");
    }
    if (key.equals("nodePort")
        && value.isIntegralNumber()
        && (value.asInt() < 30000 || value.asInt() > 30099)) {
      return value.asInt() == 0 ? value : nodes.textNode("*");
    }
    return value.isTextual() ? nodes.textNode(text(value.asText())) : value;
  }

  private static boolean empty(JsonNode value) {
    return value.isNull()
        || value.isTextual() && value.asText().isEmpty()
        || value.isNumber() && value.asLong() == 0;
  }

  /** A value at a dotted path, as the recordings name them; null if there is none. */
  static JsonNode at(JsonNode value, String path) {
    JsonNode node = value;
    for (String part : path.split("\\.")) {
      JsonNode next =
          node.isArray()
              ? part.matches("\\d+") ? node.get(Integer.parseInt(part)) : null
              : node.get(part);
      if (next == null) {
        return JsonNodeFactory.instance.nullNode();
      }
      node = next;
    }
    return node;
  }

  static List<String> differences(JsonNode want, JsonNode have, String path) {
    if (want.isTextual() && want.asText().equals("*") && !have.isNull()) {
      return List.of();
    }
    List<String> result = new ArrayList<>();
    if (want.isObject() && have.isObject()) {
      Set<String> names = new TreeSet<>();
      want.fieldNames().forEachRemaining(names::add);
      have.fieldNames().forEachRemaining(names::add);
      JsonNode none = JsonNodeFactory.instance.nullNode();
      for (String name : names) {
        result.addAll(
            differences(
                want.has(name) ? want.get(name) : none,
                have.has(name) ? have.get(name) : none,
                path + "." + name));
      }
      return result;
    }
    if (want.isArray() && have.isArray() && want.size() == have.size()) {
      for (int i = 0; i < want.size(); i++) {
        result.addAll(differences(want.get(i), have.get(i), path + "[" + i + "]"));
      }
      return result;
    }
    if (!want.equals(have)) {
      result.add(path + ": want " + want + " have " + have);
    }
    return result;
  }
}
