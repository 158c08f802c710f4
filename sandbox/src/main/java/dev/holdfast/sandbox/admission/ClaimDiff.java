package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.model.Json;
import java.util.ArrayList;
import java.util.List;

/** Two claim specs compared line by line, as the API shows it when a claim's spec is changed. */
final class ClaimDiff {

  private static final int CONTEXT = 3;

  /** The fields of the server's own form of the spec, in its order. */
  private static final List<String> FIELDS =
      List.of(
          "accessModes",
          "selector",
          "resources",
          "volumeName",
          "storageClassName",
          "volumeMode",
          "dataSource",
          "dataSourceRef",
          "volumeAttributesClassName");

  private ClaimDiff() {}

  static String of(JsonNode before, JsonNode after) {
    List<String> old = lines(before);
    List<String> now = lines(after);
    int same = 0;
    while (same < Math.min(old.size(), now.size()) && old.get(same).equals(now.get(same))) {
      same++;
    }
    int tail = 0;
    while (tail < Math.min(old.size(), now.size()) - same
        && old.get(old.size() - 1 - tail).equals(now.get(now.size() - 1 - tail))) {
      tail++;
    }
    int from = Math.max(0, same - CONTEXT);
    int after3 = Math.min(tail, CONTEXT);
    int oldEnd = old.size() - tail + after3;
    int nowEnd = now.size() - tail + after3;
    StringBuilder diff = new StringBuilder();
    diff.append("@@ -").append(from + 1).append(',').append(oldEnd - from);
    diff.append(" +").append(from + 1).append(',').append(nowEnd - from).append(" @@\n");
    old.subList(from, same).forEach(line -> diff.append(' ').append(line).append('\n'));
    old.subList(same, old.size() - tail)
        .forEach(line -> diff.append('-').append(line).append('\n'));
    now.subList(same, now.size() - tail)
        .forEach(line -> diff.append('+').append(line).append('\n'));
    old.subList(old.size() - tail, oldEnd)
        .forEach(line -> diff.append(' ').append(line).append('\n'));
    return diff.toString();
  }

  private static List<String> lines(JsonNode spec) {
    List<String> lines = new ArrayList<>();
    lines.add("{");
    for (int i = 0; i < FIELDS.size(); i++) {
      String name = FIELDS.get(i);
      String goName = Character.toUpperCase(name.charAt(0)) + name.substring(1);
      append(lines, 1, "\"" + goName + "\": ", value(name, spec), i < FIELDS.size() - 1 ? "," : "");
    }
    lines.add("}");
    return lines;
  }

  private static JsonNode value(String name, JsonNode spec) {
    JsonNode value = spec.get(name);
    if (name.equals("resources")) {
      var resources = Json.MAPPER.createObjectNode();
      resources.set("Limits", spec.path("resources").get("limits"));
      resources.set("Requests", spec.path("resources").get("requests"));
      return resources;
    }
    if (value == null) {
      return name.equals("volumeName")
          ? Json.MAPPER.getNodeFactory().textNode("")
          : Json.MAPPER.nullNode();
    }
    return value;
  }

  private static void append(
      List<String> lines, int depth, String prefix, JsonNode value, String end) {
    String indent = " ".repeat(depth);
    if (value.isObject() && !value.isEmpty()) {
      lines.add(indent + prefix + "{");
      int left = value.size();
      for (var entry : value.properties()) {
        left--;
        append(
            lines,
            depth + 1,
            "\"" + entry.getKey() + "\": ",
            entry.getValue(),
            left > 0 ? "," : "");
      }
      lines.add(indent + "}" + end);
    } else if (value.isArray() && !value.isEmpty()) {
      lines.add(indent + prefix + "[");
      for (int i = 0; i < value.size(); i++) {
        append(lines, depth + 1, "", value.get(i), i < value.size() - 1 ? "," : "");
      }
      lines.add(indent + "]" + end);
    } else {
      lines.add(indent + prefix + Json.string(value) + end);
    }
  }
}
