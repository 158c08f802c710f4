package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.schema.Schema;
import dev.holdfast.sandbox.schema.Schema.Presence;
import dev.holdfast.sandbox.status.GoValues;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/**
 * Gives an object of a built-in type the form that a decoding and encoding by the API server gives
 * it: unknown fields out, empty ones out unless the type always has them, quantities canonical.
 */
public final class Decoder {

  /** A value of the wrong type. */
  public static final class WrongType extends Exception {
    private static final long serialVersionUID = 1L;

    private final String converted;

    WrongType(String message) {
      this(message, message);
    }

    WrongType(String message, String converted) {
      super(message);
      this.converted = converted;
    }

    /** What is said of the same value when it comes from a strategic merge patch. */
    public String converted() {
      return converted;
    }
  }

  private final List<String> unknown = new ArrayList<>();

  /** The structure whose field is being read, as Go calls it. */
  private String goType = "";

  /** A decoded object, and the paths of the fields that were dropped because nobody knows them. */
  public record Decoded(ObjectNode object, List<String> unknown) {}

  public static Decoded decode(Schema schema, ObjectNode object) throws WrongType {
    Decoder decoder = new Decoder();
    ObjectNode result = decoder.object(schema, object, "");
    return new Decoded(result, decoder.unknown);
  }

  private ObjectNode object(Schema schema, ObjectNode value, String path) throws WrongType {
    Schema.Structure structure = schema.structure();
    if (structure == null) {
      return value;
    }
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    String outer = goType;
    goType = schema.typeName().substring(schema.typeName().lastIndexOf('.') + 1);
    for (var entry : value.properties()) {
      String step = Embedded.in(goType, entry.getKey()) + entry.getKey();
      String at = path.isEmpty() ? step : path + "." + step;
      Schema.Field field = structure.field(entry.getKey());
      if (field == null) {
        unknown.add(Embedded.leave(at));
        continue;
      }
      if (entry.getValue().isNull()) {
        continue;
      }
      JsonNode decoded = value(field.schema(), entry.getValue(), at);
      if (field.presence() == Presence.OMIT_EMPTY && isEmpty(decoded)
          || decoded.isArray() && decoded.isEmpty() && field.presence() == Presence.ALWAYS) {
        continue; // what is always there comes back as null: protobuf knows no empty list
      }
      result.set(entry.getKey(), decoded);
    }
    for (Schema.Field field : structure.fields()) {
      if (field.presence() == Presence.ALWAYS && !result.has(field.name())) {
        result.set(field.name(), zero(field.schema()));
      }
    }
    goType = outer;
    return result;
  }

  private static boolean isEmpty(JsonNode value) {
    return switch (value.getNodeType()) {
      case OBJECT, ARRAY -> value.isEmpty();
      case STRING -> value.asText().isEmpty();
      case NUMBER -> value.decimalValue().signum() == 0;
      case BOOLEAN -> !value.asBoolean();
      default -> value.isNull();
    };
  }

  private JsonNode zero(Schema schema) throws WrongType {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    return switch (schema.kind()) {
      case OBJECT -> object(schema, nodes.objectNode(), "");
      case STRING -> nodes.textNode("");
      case QUANTITY -> nodes.textNode("0");
      case INTEGER, LONG, NUMBER, INT_OR_STRING -> nodes.numberNode(0);
      case BOOLEAN -> nodes.booleanNode(false);
      default -> nodes.nullNode();
    };
  }

  private JsonNode value(Schema schema, JsonNode value, String path) throws WrongType {
    return switch (schema.kind()) {
      case OBJECT -> {
        if (!(value instanceof ObjectNode object)) {
          throw wrong(schema, value, path);
        }
        yield object(schema, object, path);
      }
      case MAP -> map(schema, value, path);
      case LIST -> list(schema, value, path);
      case STRING -> {
        check(value.isTextual(), schema, value, path);
        yield value;
      }
      case BYTES -> bytes(schema, value, path);
      case TIME -> time(schema, value, path);
      case INTEGER -> {
        check(value.canConvertToInt() && value.isIntegralNumber(), schema, value, path);
        yield value;
      }
      case LONG -> {
        check(value.canConvertToLong() && value.isIntegralNumber(), schema, value, path);
        yield value;
      }
      case NUMBER -> {
        check(value.isNumber(), schema, value, path);
        yield value;
      }
      case BOOLEAN -> {
        check(value.isBoolean(), schema, value, path);
        yield value;
      }
      case INT_OR_STRING -> {
        check(
            value.isTextual() || value.isIntegralNumber() && value.canConvertToInt(),
            schema,
            value,
            path);
        yield value;
      }
      case QUANTITY -> quantity(value, path);
      case ANY -> value;
    };
  }

  private JsonNode map(Schema schema, JsonNode value, String path) throws WrongType {
    check(value.isObject(), schema, value, path);
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    for (var entry : value.properties()) {
      JsonNode each = entry.getValue();
      result.set(
          entry.getKey(),
          each.isNull() ? zero(schema.element()) : value(schema.element(), each, path));
    }
    return result;
  }

  private JsonNode list(Schema schema, JsonNode value, String path) throws WrongType {
    check(value.isArray(), schema, value, path);
    ArrayNode result = JsonNodeFactory.instance.arrayNode(value.size());
    for (int i = 0; i < value.size(); i++) {
      JsonNode each = value.get(i);
      result.add(
          each.isNull()
              ? zero(schema.element())
              : value(schema.element(), each, path + "[" + i + "]"));
    }
    return result;
  }

  private JsonNode time(Schema schema, JsonNode value, String path) throws WrongType {
    check(value.isTextual(), schema, value, path);
    String text = value.asText();
    try {
      var _ = OffsetDateTime.parse(text);
      return value;
    } catch (DateTimeParseException e) {
      throw new WrongType(
          "parsing time "
              + Json.string(text)
              + " as \"2006-01-02T15:04:05Z07:00\": cannot parse "
              + Json.string(text)
              + " as \"2006\"");
    }
  }

  private JsonNode bytes(Schema schema, JsonNode value, String path) throws WrongType {
    check(value.isTextual(), schema, value, path);
    try {
      Base64.getDecoder().decode(value.asText());
    } catch (IllegalArgumentException e) {
      throw new WrongType("illegal base64 data at input byte " + badByte(value.asText()));
    }
    return value;
  }

  /** Where Go's decoder gives up: the first character that is none of base64, or the last group. */
  private static int badByte(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean valid =
          c >= 'a' && c <= 'z'
              || c >= 'A' && c <= 'Z'
              || c >= '0' && c <= '9'
              || c == '+'
              || c == '/'
              || c == '=' && i >= text.length() - 2;
      if (!valid) {
        return i;
      }
    }
    return text.length() / 4 * 4;
  }

  private static JsonNode quantity(JsonNode value, String path) throws WrongType {
    String text = value.asText();
    return Quantities.canonical(text)
        .map(JsonNodeFactory.instance::textNode)
        .orElseThrow(() ->
            new WrongType(
                "quantities must match the regular expression"
                    + " '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"));
  }

  private void check(boolean right, Schema schema, JsonNode value, String path) throws WrongType {
    if (!right) {
      throw wrong(schema, value, path);
    }
  }

  private WrongType wrong(Schema schema, JsonNode value, String path) {
    String field = Embedded.name(path.replaceAll("\\[\\d+]", ""));
    return new WrongType(
        "json: cannot unmarshal "
            + goValue(schema, value)
            + " into Go struct field "
            + goType
            + "."
            + field
            + " of type "
            + goName(schema),
        unconverted(schema, value));
  }

  private static String unconverted(Schema schema, JsonNode value) {
    String type = GoValues.type(value);
    String kind = value.isArray() ? "slice" : value.isObject() ? "map" : type;
    return switch (schema.kind()) {
      case OBJECT -> "cannot restore struct from: " + kind;
      case MAP -> "cannot restore map from " + kind;
      case LIST, BYTES -> "cannot restore slice from " + kind;
      case TIME, QUANTITY, INT_OR_STRING, ANY ->
          "json: cannot unmarshal "
              + goValue(schema, value)
              + " into Go value of type "
              + goName(schema);
      default -> {
        boolean simple = !value.isContainerNode();
        boolean convertible =
            simple
                && (value.isNumber() && schema.kind() != Schema.Kind.BOOLEAN
                    || value.isTextual() && schema.kind() == Schema.Kind.STRING);
        yield convertible
            ? "cannot convert " + type + " to " + goName(schema)
            : "unrecognized type: " + goName(schema);
      }
    };
  }

  /** A number that does not fit is named; else only what kind of value it is. */
  private static String goValue(Schema schema, JsonNode value) {
    boolean integer = schema.kind() == Schema.Kind.INTEGER || schema.kind() == Schema.Kind.LONG;
    return value.isNumber() && integer
        ? "number " + value.asText()
        : value.getNodeType().name().toLowerCase(Locale.ROOT).replace("boolean", "bool");
  }

  private static String goName(Schema schema) {
    return switch (schema.kind()) {
      case OBJECT -> {
        String name = schema.typeName();
        int dot = name.lastIndexOf('.', name.lastIndexOf('.') - 1);
        yield name.substring(dot + 1);
      }
      case MAP -> "map[string]" + goName(schema.element());
      case LIST -> "[]" + goName(schema.element());
      case BYTES -> "[]uint8";
      case INTEGER, INT_OR_STRING -> "int32";
      case LONG -> "int64";
      case NUMBER -> "float64";
      case BOOLEAN -> "bool";
      default -> "string";
    };
  }
}
