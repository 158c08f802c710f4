package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.patch.MergeRules;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.status.GoValues;
import java.util.stream.Stream;

/** Whether a strategic merge patch can be merged at all. If not, a real server answers 500. */
final class StrategicShape {

  private StrategicShape() {}

  /**
   * @throws ApiError 500 if a list's elements are of different types or lack their key
   */
  static void check(JsonNode present, ObjectNode patch, MergeRules rules) {
    for (var field : patch.properties()) {
      String name = field.getKey();
      JsonNode before = present.path(name);
      JsonNode after = field.getValue();
      if (before.isObject() && after instanceof ObjectNode changes) {
        check(before, changes, rules.inside(name));
      } else if (before.isArray() && after.isArray() && !after.isEmpty()) {
        list(before, after, name, rules);
      }
    }
  }

  private static void list(JsonNode before, JsonNode after, String name, MergeRules rules) {
    String key = rules.key(name);
    if (key == null && !rules.isSet(name)) {
      return; // replaced as it is
    }
    boolean alike =
        Stream.concat(before.valueStream(), after.valueStream())
                .map(JsonNode::getNodeType)
                .distinct()
                .count()
            == 1;
    if (!alike) {
      JsonNode both = JsonNodeFactory.instance.arrayNode().add(before).add(after);
      throw ApiError.of(
          500, "", "list element types are not identical: " + GoValues.text(both), null);
    }
    if (key == null) {
      return;
    }
    for (JsonNode element : after) {
      if (!(element instanceof ObjectNode changes)) {
        continue;
      }
      if (!changes.has(key)) {
        throw ApiError.of(
            500,
            "",
            "map: " + GoValues.text(changes) + " does not contain declared merge key: " + key,
            null);
      }
      for (JsonNode present : before) {
        if (present.path(key).equals(changes.get(key))) {
          check(present, changes, rules.elements(name));
          break;
        }
      }
    }
  }
}
