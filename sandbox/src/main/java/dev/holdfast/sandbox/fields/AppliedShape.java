package dev.holdfast.sandbox.fields;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.schema.Schema;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.status.GoValues;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Whether what is applied has the shape of its type: declared fields only, values of their types,
 * list elements that can be told apart. If not, a real server answers 500.
 */
public final class AppliedShape {

  private final List<String> wrong = new ArrayList<>();

  private AppliedShape() {}

  /**
   * @throws ApiError 500 if it has not
   */
  public static void check(ServedType type, Schema schema, ObjectNode config) {
    AppliedShape shape = new AppliedShape();
    shape.visit(schema, config, "");
    if (shape.wrong.isEmpty()) {
      return;
    }
    String all =
        shape.wrong.size() == 1
            ? shape.wrong.getFirst()
            : "errors:\n  " + String.join("\n  ", shape.wrong);
    JsonNode metadata = config.path("metadata");
    throw ApiError.of(
        500,
        "",
        "failed to create typed patch object ("
            + metadata.path("namespace").asText()
            + "/"
            + metadata.path("name").asText()
            + "; "
            + type.group()
            + "/"
            + type.version()
            + ", Kind="
            + type.kind()
            + "): "
            + all,
        null);
  }

  private void visit(Schema schema, JsonNode value, String path) {
    if (value.isNull()) {
      return;
    }
    switch (schema.kind()) {
      case OBJECT, MAP -> {
        if (value instanceof ObjectNode object) {
          fields(schema, object, path);
        } else {
          add(path, "expected map, got " + shown(value));
        }
      }
      case LIST -> {
        if (value.isArray()) {
          items(schema, value, path);
        } else {
          add(path, "expected list, got " + shown(value));
        }
      }
      case STRING, BYTES -> {
        if (!value.isTextual()) {
          add(path, "expected string, got " + detailed(value));
        }
      }
      case INTEGER, LONG, NUMBER -> {
        if (!value.isNumber()) {
          add(path, "expected numeric (int or float), got " + GoValues.type(value));
        }
      }
      case BOOLEAN -> {
        if (!value.isBoolean()) {
          add(path, "expected boolean, got " + shown(value));
        }
      }
      case QUANTITY -> {
        if (value.isContainerNode()) {
          add(path, "expected any scalar, got " + shown(value));
        }
      }
      case ANY, TIME, INT_OR_STRING -> {} // their decoders find what is wrong
    }
  }

  private void fields(Schema schema, ObjectNode object, String path) {
    for (var entry : object.properties()) {
      String at = path + "." + entry.getKey();
      Schema child = schema.child(entry.getKey());
      if (child == null) {
        if (schema.structure() == null) {
          continue; // nothing is declared: anything goes
        }
        add(at, "field not declared in schema");
        return; // a real server looks no further, either
      }
      visit(child, entry.getValue(), at);
    }
  }

  private void items(Schema list, JsonNode items, String path) {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < items.size(); i++) {
      JsonNode item = items.get(i);
      String at = path + "[" + i + "]";
      if (FieldWalk.associative(list)) {
        String cannot = cannotBeToldApart(list, item);
        if (!cannot.isEmpty()) {
          add(path, "element " + i + ": " + cannot);
          return;
        }
        String element = FieldWalk.element(list, item);
        String shown = FieldSet.text(List.of(element));
        at = path + shown;
        if (!seen.add(element)) {
          add(path, "duplicate entries for key " + shown);
        }
      }
      visit(list.element(), item, at);
    }
  }

  /** Why an element has no name of its own; empty if it has. */
  private static String cannotBeToldApart(Schema list, JsonNode item) {
    if (list.set()) {
      return switch (item.getNodeType()) {
        case OBJECT -> "associative list without keys has an element that's a map type";
        case ARRAY -> "not supported: associative list with lists as elements";
        case NULL -> "associative list without keys has an element that's an explicit null";
        default -> "";
      };
    }
    if (item.isNull()) {
      return "associative list with keys may not have a null element";
    }
    if (!item.isObject()) {
      return "associative list with keys may not have non-map elements";
    }
    if (FieldWalk.element(list, item).equals("k:{}")) {
      String keys = String.join("\" \"", list.keys());
      return "associative list with keys has an element that omits all key fields [\""
          + keys
          + "\"] (and doesn't have default values for any key fields)";
    }
    return "";
  }

  private static String shown(JsonNode value) {
    return "&{" + GoValues.text(value) + "}";
  }

  private static String detailed(JsonNode value) {
    return "&value.valueUnstructured{Value:" + literal(value) + "}";
  }

  /** As Go writes a value in source. */
  private static String literal(JsonNode value) {
    return switch (value.getNodeType()) {
      case OBJECT -> {
        List<String> fields = new ArrayList<>();
        value
            .properties()
            .forEach(e -> fields.add(Json.string(e.getKey()) + ":" + element(e.getValue())));
        yield "map[string]interface {}{" + String.join(", ", fields) + "}";
      }
      case ARRAY ->
          "[]interface {}{"
              + String.join(", ", value.valueStream().map(AppliedShape::element).toList())
              + "}";
      default -> value.isTextual() ? Json.string(value.asText()) : value.asText();
    };
  }

  private static String element(JsonNode value) {
    return value.isNull() ? "interface {}(nil)" : literal(value);
  }

  private void add(String path, String what) {
    wrong.add(path + ": " + what);
  }
}
