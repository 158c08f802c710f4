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
    List<String> script = script(old, now);
    int first = 0;
    while (first < script.size() && script.get(first).startsWith(" ")) {
      first++;
    }
    int last = script.size();
    while (last > first && script.get(last - 1).startsWith(" ")) {
      last--;
    }
    int from = Math.max(0, first - CONTEXT);
    List<String> shown = script.subList(from, Math.min(script.size(), last + CONTEXT));
    long removed = shown.stream().filter(line -> !line.startsWith("+")).count();
    long added = shown.stream().filter(line -> !line.startsWith("-")).count();
    int start = from + 1;
    return "@@ -%1$d,%2$d +%1$d,%3$d @@\n".formatted(start, removed, added)
        + String.join("\n", shown)
        + "\n";
  }

  /** The lines of both with as many in common as can be, what is gone before what came. */
  private static List<String> script(List<String> old, List<String> now) {
    int[][] common = new int[old.size() + 1][now.size() + 1];
    for (int i = old.size() - 1; i >= 0; i--) {
      for (int j = now.size() - 1; j >= 0; j--) {
        common[i][j] =
            old.get(i).equals(now.get(j))
                ? common[i + 1][j + 1] + 1
                : Math.max(common[i + 1][j], common[i][j + 1]);
      }
    }
    List<String> script = new ArrayList<>();
    int i = 0;
    int j = 0;
    while (i < old.size() || j < now.size()) {
      if (i < old.size() && j < now.size() && old.get(i).equals(now.get(j))) {
        script.add(" " + old.get(i));
        i++;
        j++;
      } else if (j == now.size() || i < old.size() && common[i + 1][j] >= common[i][j + 1]) {
        script.add("-" + old.get(i++));
      } else {
        script.add("+" + now.get(j++));
      }
    }
    return script;
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
