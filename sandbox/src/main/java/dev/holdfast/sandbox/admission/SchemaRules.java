package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.schema.Schema;
import dev.holdfast.sandbox.status.Violations;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * What a CustomResourceDefinition's schema demands of a value: types, bounds, patterns, required
 * fields, enumerations, formats, unique list keys, {@link Combinators}.
 */
final class SchemaRules implements Rules {

  @Override
  public void validate(
      Write write, Violations violations, ObjectNode object, @Nullable ObjectNode old) {
    Schema schema = write.type().schema();
    if (!write.type().custom() || schema == null || schema.structure() == null) {
      return;
    }
    boolean statusOnly = write.subresource().equals("status");
    for (Schema.Field field : schema.structure().fields()) {
      String name = field.name();
      if (List.of("apiVersion", "kind", "metadata").contains(name)
          || statusOnly && !name.equals("status")
          || !statusOnly && name.equals("status") && write.type().has("status")) {
        continue;
      }
      JsonNode value = object.get(name);
      if (value != null) {
        check(violations, field.schema(), value, name);
      } else if (field.required()) {
        violations.required(name, "");
      }
    }
    if (!statusOnly) {
      scale(write, violations, object);
    }
  }

  /** What the scale subresource reads must be readable. */
  private static void scale(Write write, Violations violations, ObjectNode object) {
    JsonNode definition = write.type().definition();
    String path =
        definition == null ? "" : definition.at("/subresources/scale/specReplicasPath").asText();
    JsonNode replicas = object.at(path.replace('.', '/'));
    if (path.isEmpty() || replicas.isMissingNode()) {
      return;
    }
    if (!replicas.isIntegralNumber()) {
      violations.invalid(
          path,
          0,
          path
              + " accessor error: "
              + (replicas.isTextual() ? replicas.asText() : replicas)
              + " is of the type "
              + goType(replicas)
              + ", expected int64");
    } else if (replicas.asLong() < 0) {
      violations.invalid(path, replicas, "should be a non-negative integer");
    }
  }

  private static String goType(JsonNode value) {
    return switch (value.getNodeType()) {
      case STRING -> "string";
      case BOOLEAN -> "bool";
      case NUMBER -> "float64";
      case ARRAY -> "[]interface {}";
      case OBJECT -> "map[string]interface {}";
      default -> "<nil>";
    };
  }

  static void check(Violations violations, Schema schema, JsonNode value, String at) {
    JsonNode rules = schema.rules();
    if (value.isNull()) {
      if (!rules.path("nullable").asBoolean() && rules.isObject()) {
        wrongType(violations, schema, value, at);
      }
      return;
    }
    if (!rightType(schema, value)) {
      wrongType(violations, schema, value, at);
      enumeration(violations, rules, value, at);
      return;
    }
    enumeration(violations, rules, value, at);
    if (value.isNumber()) {
      number(violations, rules, value, at);
    } else if (value.isTextual()) {
      text(violations, rules, value.asText(), at);
    } else if (value.isArray()) {
      list(violations, schema, value, at);
    } else if (value.isObject()) {
      object(violations, schema, value, at);
    }
    Combinators.check(violations, rules, value, at);
  }

  private static boolean rightType(Schema schema, JsonNode value) {
    return switch (schema.kind()) {
      case OBJECT -> value.isObject() || !schema.rules().path("type").asText().equals("object");
      case MAP -> value.isObject();
      case LIST -> value.isArray();
      case STRING, BYTES, TIME, QUANTITY -> value.isTextual();
      case INTEGER, LONG ->
          value.isIntegralNumber()
              || value.isNumber() && value.decimalValue().stripTrailingZeros().scale() <= 0;
      case NUMBER -> value.isNumber();
      case BOOLEAN -> value.isBoolean();
      case INT_OR_STRING -> value.isTextual() || value.isIntegralNumber();
      case ANY -> true;
    };
  }

  private static void wrongType(Violations violations, Schema schema, JsonNode value, String at) {
    String wanted =
        schema.kind() == Schema.Kind.INT_OR_STRING
            ? "integer,string"
            : schema.rules().path("type").asText();
    violations.wrongType(at, value, wanted.isEmpty() ? "object" : wanted, typeName(value));
  }

  private static String typeName(JsonNode value) {
    return switch (value.getNodeType()) {
      case STRING -> "string";
      case BOOLEAN -> "boolean";
      case ARRAY -> "array";
      case OBJECT -> "object";
      case NUMBER -> value.isIntegralNumber() ? "integer" : "number";
      default -> "null";
    };
  }

  private static void enumeration(
      Violations violations, JsonNode rules, JsonNode value, String at) {
    JsonNode allowed = rules.path("enum");
    if (allowed.isArray() && allowed.valueStream().noneMatch(each -> same(each, value))) {
      violations.notAmong(
          at,
          value,
          allowed
              .valueStream()
              .map(each -> each.isTextual() ? each.asText() : each.toString())
              .toList());
    }
  }

  private static boolean same(JsonNode a, JsonNode b) {
    return a.isNumber() && b.isNumber()
        ? a.decimalValue().compareTo(b.decimalValue()) == 0
        : a.equals(b);
  }

  private static void number(Violations violations, JsonNode rules, JsonNode value, String at) {
    JsonNode least = rules.path("minimum");
    JsonNode most = rules.path("maximum");
    if (least.isNumber()) {
      int order = value.decimalValue().compareTo(least.decimalValue());
      boolean exclusive = rules.path("exclusiveMinimum").asBoolean();
      if (order < 0 || order == 0 && exclusive) {
        violations.invalid(
            at,
            value,
            at
                + " in body should be greater than "
                + (exclusive ? "" : "or equal to ")
                + least.asText());
      }
    }
    if (most.isNumber()) {
      int order = value.decimalValue().compareTo(most.decimalValue());
      boolean exclusive = rules.path("exclusiveMaximum").asBoolean();
      if (order > 0 || order == 0 && exclusive) {
        violations.invalid(
            at,
            value,
            at
                + " in body should be less than "
                + (exclusive ? "" : "or equal to ")
                + most.asText());
      }
    }
    JsonNode multiple = rules.path("multipleOf");
    if (multiple.isNumber()
        && value.decimalValue().remainder(multiple.decimalValue()).signum() != 0) {
      violations.invalid(at, value, at + " in body should be a multiple of " + multiple.asText());
    }
  }

  private static void text(Violations violations, JsonNode rules, String value, String at) {
    int length = value.codePointCount(0, value.length());
    String format = rules.path("format").asText();
    if (!Formats.fits(format, value)) {
      violations.add(
          "FieldValueTypeInvalid",
          "Invalid value: %1$s: %2$s in body must be of type %3$s: %1$s"
              .formatted(dev.holdfast.model.Json.string(value), at, format),
          at);
    }
    if (rules.path("maxLength").isNumber() && length > rules.path("maxLength").asLong()) {
      violations.add(
          "FieldValueTooLong",
          "Too long: may not be more than " + rules.path("maxLength").asLong() + " bytes",
          at);
    }
    if (length < rules.path("minLength").asLong()) {
      violations.invalid(
          at,
          value,
          at + " in body should be at least " + rules.path("minLength").asLong() + " chars long");
    }
    String pattern = rules.path("pattern").asText();
    if (!pattern.isEmpty() && !matches(pattern, value)) {
      violations.invalid(at, value, at + " in body should match '" + pattern + "'");
    }
  }

  private static boolean matches(String pattern, String value) {
    try {
      return Pattern.compile(pattern).matcher(value).find();
    } catch (PatternSyntaxException e) {
      return true; // written for another dialect
    }
  }

  private static void list(Violations violations, Schema schema, JsonNode value, String at) {
    JsonNode rules = schema.rules();
    if (rules.path("maxItems").isNumber() && value.size() > rules.path("maxItems").asLong()) {
      violations.tooMany(at, value.size(), rules.path("maxItems").asLong());
    }
    if (value.size() < rules.path("minItems").asLong()) {
      violations.invalid(
          at,
          value.size(),
          at + " in body should have at least " + rules.path("minItems").asLong() + " items");
    }
    Set<List<JsonNode>> seen = new HashSet<>();
    for (int i = 0; i < value.size(); i++) {
      JsonNode item = value.get(i);
      check(violations, schema.element(), item, at + "[" + i + "]");
      List<JsonNode> key = new ArrayList<>();
      schema.keys().forEach(name -> key.add(item.path(name)));
      if (schema.set()) {
        key.add(item);
      }
      if (!key.isEmpty() && !seen.add(key)) {
        violations.duplicate(at + "[" + i + "]", schema.set() ? item : keyObject(schema, item));
      }
    }
  }

  private static ObjectNode keyObject(Schema schema, JsonNode item) {
    ObjectNode key = dev.holdfast.model.Json.MAPPER.createObjectNode();
    schema.keys().forEach(name -> key.set(name, item.get(name)));
    return key;
  }

  private static void object(Violations violations, Schema schema, JsonNode value, String at) {
    JsonNode rules = schema.rules();
    if (rules.path("x-kubernetes-embedded-resource").asBoolean()) {
      for (String field : List.of("apiVersion", "kind")) {
        if (value.path(field).asText().isEmpty()) {
          violations.required(at + "." + field, "");
        }
      }
    }
    for (JsonNode each : rules.path("required")) {
      boolean declared =
          schema.structure() != null && schema.structure().field(each.asText()) != null;
      if (!declared && !value.has(each.asText())) {
        violations.required(at + "." + each.asText(), "");
      }
    }
    if (rules.path("maxProperties").isNumber()
        && value.size() > rules.path("maxProperties").asLong()) {
      violations.tooMany(at, value.size(), rules.path("maxProperties").asLong());
    }
    if (schema.structure() != null) {
      for (Schema.Field field : schema.structure().fields()) {
        JsonNode child = value.get(field.name());
        if (child != null) {
          if (field.schema().rules().isObject()) {
            check(violations, field.schema(), child, at + "." + field.name());
          }
        } else if (field.required()) {
          violations.required(at + "." + field.name(), "");
        }
      }
    }
    if (schema.items() != null) {
      for (var entry : value.properties()) {
        boolean declared =
            schema.structure() != null && schema.structure().field(entry.getKey()) != null;
        if (!declared) {
          check(violations, schema.element(), entry.getValue(), at + "." + entry.getKey());
        }
      }
    }
  }
}
