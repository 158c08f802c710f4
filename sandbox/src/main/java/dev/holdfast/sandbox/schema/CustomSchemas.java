package dev.holdfast.sandbox.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** From the {@code openAPIV3Schema} of a CustomResourceDefinition's version to {@link Schema}. */
public final class CustomSchemas {

  private CustomSchemas() {}

  /**
   * The schema of the whole object, with the API's own apiVersion, kind and metadata.
   *
   * @param openApi missing if the version has no schema: then anything goes
   */
  public static Schema root(JsonNode openApi) {
    Schema own = schema(openApi.isObject() ? openApi : preserving());
    Schema.Structure structure = new Schema.Structure("");
    if (own.structure() != null) {
      own.structure().fields().forEach(structure::add);
    }
    structure.add(plain("apiVersion", Schema.scalar(Schema.Kind.STRING)));
    structure.add(plain("kind", Schema.scalar(Schema.Kind.STRING)));
    structure.add(plain("metadata", BuiltInSchemas.shared().metadata()));
    return new Schema(
        Schema.Kind.OBJECT,
        structure,
        own.items(),
        List.of(),
        false,
        false,
        "",
        false,
        false,
        own.preserveUnknown(),
        own.rules());
  }

  /** A schema within allOf, anyOf, oneOf or not: what it does not mention may be there. */
  public static Schema part(JsonNode openApi) {
    return schema(openApi);
  }

  private static JsonNode preserving() {
    return JsonNodeFactory.instance
        .objectNode()
        .put("type", "object")
        .put("x-kubernetes-preserve-unknown-fields", true);
  }

  private static Schema.Field plain(String name, Schema schema) {
    return new Schema.Field(
        name, schema, Schema.Presence.POINTER, false, null, List.of(), List.of());
  }

  private static Schema schema(JsonNode node) {
    boolean preserve = node.path("x-kubernetes-preserve-unknown-fields").asBoolean();
    Schema.Kind kind = kind(node, preserve);
    Schema.Structure structure = null;
    Schema items = null;
    if (kind == Schema.Kind.OBJECT || kind == Schema.Kind.ANY) {
      structure = structure(node);
      items = additional(node);
      if (kind == Schema.Kind.OBJECT && node.path("properties").isEmpty() && items != null) {
        kind = Schema.Kind.MAP;
        structure = null;
      }
    } else if (kind == Schema.Kind.LIST) {
      items = node.path("items").isObject() ? schema(node.path("items")) : Schema.ANYTHING;
    }
    String list = node.path("x-kubernetes-list-type").asText();
    List<String> keys =
        list.equals("map")
            ? node.path("x-kubernetes-list-map-keys").valueStream().map(JsonNode::asText).toList()
            : List.of();
    return new Schema(
        kind,
        structure,
        items,
        keys,
        list.equals("set"),
        node.path("x-kubernetes-map-type").asText().equals("atomic"),
        "",
        false,
        false,
        preserve || kind == Schema.Kind.ANY,
        node);
  }

  private static Schema.Kind kind(JsonNode node, boolean preserve) {
    if (node.path("x-kubernetes-int-or-string").asBoolean()) {
      return Schema.Kind.INT_OR_STRING;
    }
    return switch (node.path("type").asText()) {
      case "object" -> Schema.Kind.OBJECT;
      case "array" -> Schema.Kind.LIST;
      case "string" -> Schema.Kind.STRING;
      case "integer" -> Schema.Kind.INTEGER;
      case "number" -> Schema.Kind.NUMBER;
      case "boolean" -> Schema.Kind.BOOLEAN;
      default -> preserve ? Schema.Kind.ANY : Schema.Kind.OBJECT;
    };
  }

  private static Schema.Structure structure(JsonNode node) {
    Schema.Structure structure = new Schema.Structure("");
    Set<String> required = new HashSet<>();
    node.path("required").forEach(name -> required.add(name.asText()));
    if (node.path("x-kubernetes-embedded-resource").asBoolean()) {
      structure.add(plain("apiVersion", Schema.scalar(Schema.Kind.STRING)));
      structure.add(plain("kind", Schema.scalar(Schema.Kind.STRING)));
      structure.add(plain("metadata", BuiltInSchemas.shared().metadata()));
    }
    node.path("properties")
        .properties()
        .forEach(property ->
            structure.add(
                new Schema.Field(
                    property.getKey(),
                    schema(property.getValue()),
                    Schema.Presence.POINTER,
                    required.contains(property.getKey()),
                    property.getValue().get("default"),
                    List.of(),
                    List.of())));
    return structure;
  }

  private static @org.jspecify.annotations.Nullable Schema additional(JsonNode node) {
    JsonNode additional = node.path("additionalProperties");
    if (additional.isObject()) {
      return schema(additional);
    }
    return additional.asBoolean() ? Schema.ANYTHING : null;
  }
}
