package dev.holdfast.sandbox.fields;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.schema.Schema;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which fields an object has, and which differ between two. */
final class FieldWalk {

  private FieldWalk() {}

  /** How a list's elements are told apart. */
  static boolean associative(Schema schema) {
    return schema.kind() == Schema.Kind.LIST && (schema.set() || !schema.keys().isEmpty());
  }

  /** Whether the parts of such a value have owners of their own. */
  private static boolean granular(Schema schema, JsonNode value) {
    if (schema.atomic()) {
      return false;
    }
    return switch (schema.kind()) {
      case OBJECT, MAP, ANY -> value.isObject();
      case LIST -> associative(schema) && value.isArray();
      default -> false;
    };
  }

  static Schema child(Schema schema, String field) {
    Schema found = schema.child(field);
    return found == null ? Schema.ANYTHING : found;
  }

  private static boolean declared(Schema schema, String field) {
    return schema.structure() != null && schema.structure().field(field) != null;
  }

  /** The path element of a list's element. */
  static String element(Schema list, JsonNode item) {
    if (list.set()) {
      return "v:" + Json.string(item);
    }
    ObjectNode keys = Json.MAPPER.createObjectNode();
    for (String key : list.keys().stream().sorted().toList()) {
      JsonNode value = item.get(key);
      if (value == null) {
        value = defaultOf(list, key);
      }
      if (value != null) {
        keys.set(key, value);
      }
    }
    return "k:" + Json.string(keys);
  }

  private static @Nullable JsonNode defaultOf(Schema list, String key) {
    Schema.Structure structure = list.element().structure();
    Schema.Field field = structure == null ? null : structure.field(key);
    if (field == null || field.defaultValue() != null) {
      return field == null ? null : field.defaultValue();
    }
    boolean plain = field.presence() == Schema.Presence.ALWAYS; // described with its zero value
    return switch (field.schema().kind()) {
      case STRING -> plain ? Json.MAPPER.getNodeFactory().textNode("") : null;
      case INTEGER -> plain ? Json.MAPPER.getNodeFactory().numberNode(0) : null;
      default -> null;
    };
  }

  /** All fields that the value sets, as one who applies it owns them. */
  static FieldSet fields(Schema schema, JsonNode value) {
    FieldSet set = new FieldSet();
    collect(schema, value, set);
    return set;
  }

  private static void collect(Schema schema, JsonNode value, FieldSet into) {
    if (!granular(schema, value)) {
      into.add();
      return;
    }
    if (value.isArray()) {
      for (JsonNode item : value) {
        FieldSet child = into.at(element(schema, item)).add();
        if (!schema.set()) {
          collect(schema.element(), item, child);
        }
      }
      return;
    }
    for (var entry : value.properties()) {
      String name = entry.getKey();
      JsonNode each = entry.getValue();
      FieldSet child = into.at("f:" + name);
      collect(child(schema, name), each, child);
      if (each.isNull() || each.isObject() && each.isEmpty() || !declared(schema, name)) {
        child.add();
      }
    }
  }

  /** What changed from one object to another. */
  static final class Comparison {
    final FieldSet changed = new FieldSet();
    final FieldSet removed = new FieldSet();
  }

  static Comparison compare(Schema schema, JsonNode before, JsonNode after) {
    Comparison result = new Comparison();
    compare(schema, before, after, result.changed, result.removed);
    return result;
  }

  private static void compare(
      Schema schema,
      @Nullable JsonNode before,
      @Nullable JsonNode after,
      FieldSet changed,
      FieldSet removed) {
    if (before == null) {
      if (after != null) {
        whole(schema, after, changed);
      }
      return;
    }
    if (after == null) {
      whole(schema, before, removed);
      return;
    }
    if (before.equals(after)) {
      return;
    }
    boolean parts =
        (granular(schema, before) || before.isNull())
            && (granular(schema, after) || after.isNull())
            && !(before.isEmpty() && after.isEmpty());
    if (!parts) {
      changed.add();
    } else if (before.isArray() || after.isArray()) {
      items(schema, before, after, changed, removed);
    } else {
      Set<String> names = new LinkedHashSet<>();
      before.fieldNames().forEachRemaining(names::add);
      after.fieldNames().forEachRemaining(names::add);
      for (String name : names) {
        compare(
            child(schema, name),
            before.get(name),
            after.get(name),
            changed.at("f:" + name),
            removed.at("f:" + name));
      }
    }
  }

  private static void items(
      Schema schema, JsonNode before, JsonNode after, FieldSet changed, FieldSet removed) {
    Map<String, JsonNode> old = byElement(schema, before);
    Map<String, JsonNode> now = byElement(schema, after);
    Set<String> elements = new LinkedHashSet<>(old.keySet());
    elements.addAll(now.keySet());
    for (String element : elements) {
      compare(
          schema.element(),
          old.get(element),
          now.get(element),
          changed.at(element),
          removed.at(element));
    }
  }

  static Map<String, JsonNode> byElement(Schema list, JsonNode items) {
    Map<String, JsonNode> result = new LinkedHashMap<>();
    items.forEach(item -> result.putIfAbsent(element(list, item), item));
    return result;
  }

  /** The value with everything in it. */
  private static void whole(Schema schema, JsonNode value, FieldSet into) {
    into.add();
    if (granular(schema, value)) {
      if (value.isArray()) {
        for (JsonNode item : value) {
          whole(
              schema.set() ? Schema.ANYTHING : schema.element(),
              item,
              into.at(element(schema, item)));
        }
      } else {
        value
            .properties()
            .forEach(entry ->
                whole(
                    child(schema, entry.getKey()),
                    entry.getValue(),
                    into.at("f:" + entry.getKey())));
      }
    }
  }
}
