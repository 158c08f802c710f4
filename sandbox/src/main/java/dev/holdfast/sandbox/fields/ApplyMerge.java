package dev.holdfast.sandbox.fields;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.schema.Schema;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The merge of server-side apply, and the removal of what its manager no longer wants. */
final class ApplyMerge {

  private ApplyMerge() {}

  static JsonNode merge(Schema schema, @Nullable JsonNode live, JsonNode config) {
    if (live == null || schema.atomic()) {
      return config.deepCopy();
    }
    if (config.isNull() && isMerged(schema)) {
      return live.deepCopy(); // nothing was wanted of it
    }
    if (live instanceof ObjectNode present && config instanceof ObjectNode wanted) {
      ObjectNode result = present.deepCopy();
      wanted
          .properties()
          .forEach(entry ->
              result.set(
                  entry.getKey(),
                  merge(
                      FieldWalk.child(schema, entry.getKey()),
                      present.get(entry.getKey()),
                      entry.getValue())));
      return result;
    }
    if (live instanceof ArrayNode present
        && config instanceof ArrayNode wanted
        && FieldWalk.associative(schema)) {
      Map<String, JsonNode> items = new LinkedHashMap<>(FieldWalk.byElement(schema, present));
      FieldWalk.byElement(schema, wanted)
          .forEach((element, item) ->
              items.put(element, merge(schema.element(), items.get(element), item)));
      ArrayNode result = present.arrayNode();
      items.values().forEach(result::add);
      return result;
    }
    return config.deepCopy();
  }

  private static boolean isMerged(Schema schema) {
    return switch (schema.kind()) {
      case OBJECT, MAP -> true;
      case LIST -> FieldWalk.associative(schema);
      default -> false;
    };
  }

  /**
   * Takes fields out of an object, in place: those dropped that nobody owns, directly or by
   * something below them.
   */
  static void remove(
      Schema schema, JsonNode value, FieldSet dropped, FieldSet wanted, FieldSet others) {
    dropped
        .children()
        .forEach((element, below) -> {
          FieldSet stillWanted = wanted.children().getOrDefault(element, new FieldSet());
          FieldSet elsewhere = others.children().getOrDefault(element, new FieldSet());
          boolean owned = !stillWanted.isEmpty() || !elsewhere.isEmpty();
          if (value instanceof ObjectNode object && element.startsWith("f:")) {
            String name = element.substring(2);
            JsonNode child = object.get(name);
            if (child == null) {
              return;
            }
            if (below.member() && !owned) {
              object.remove(name);
            } else {
              remove(FieldWalk.child(schema, name), child, below, stillWanted, elsewhere);
              if (child.isEmpty() && child.isContainerNode() && !owned) {
                object.remove(name);
              }
            }
          } else if (value instanceof ArrayNode list) {
            removeItem(schema, list, element, below, stillWanted, elsewhere, owned);
          }
        });
  }

  private static void removeItem(
      Schema schema,
      ArrayNode list,
      String element,
      FieldSet below,
      FieldSet wanted,
      FieldSet others,
      boolean owned) {
    for (int i = 0; i < list.size(); i++) {
      if (FieldWalk.element(schema, list.get(i)).equals(element)) {
        if (below.member() && !owned) {
          list.remove(i);
        } else {
          remove(schema.element(), list.get(i), below, wanted, others);
        }
        return;
      }
    }
  }
}
