package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.schema.BuiltInSchemas;
import dev.holdfast.sandbox.schema.Schema;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.schema.TypeTable;
import dev.holdfast.sandbox.status.ApiError;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * {@code /openapi/v3}: the shapes of all types, for {@code kubectl explain} and for validation by
 * clients. There are no paths but those of collections and objects.
 */
final class OpenApi {

  static final String REF = "#/components/schemas/";

  /** A type whose apiVersion, kind and metadata are described as everybody's. */
  private static final String LIKE_ALL = "core.v1.ConfigMap";

  private final Set<String> done = new HashSet<>();
  private final Deque<String> wanted = new ArrayDeque<>();
  private final ObjectNode schemas;
  private final Descriptions words = Descriptions.shared();

  private OpenApi(ObjectNode schemas) {
    this.schemas = schemas;
  }

  static Response answer(Request request, List<String> path, TypeTable types) {
    if (path.size() == 2 && path.get(1).equals("v2")) {
      return OpenApiV2.answer(request, types);
    }
    if (path.size() < 2 || !path.get(1).equals("v3")) {
      throw ApiError.noSuchPath();
    }
    if (path.size() == 2) {
      return Response.json(200, index(types));
    }
    boolean core = path.get(2).equals("api");
    if (path.size() != (core ? 4 : 5)) {
      throw ApiError.noSuchPath();
    }
    String group = core ? "" : path.get(3);
    String version = path.getLast();
    if (!types.serves(group, version)) {
      throw ApiError.noSuchPath();
    }
    return Response.json(200, document(group, version, types));
  }

  private static ObjectNode index(TypeTable types) {
    ObjectNode index = Json.MAPPER.createObjectNode();
    ObjectNode paths = index.putObject("paths");
    types
        .groups()
        .forEach((group, versions) -> {
          for (String version : versions) {
            String path = group.isEmpty() ? "api/" + version : "apis/" + group + "/" + version;
            paths.putObject(path).put("serverRelativeURL", "/openapi/v3/" + path);
          }
        });
    return index;
  }

  private static ObjectNode document(String group, String version, TypeTable types) {
    ObjectNode document = Json.MAPPER.createObjectNode();
    document.put("openapi", "3.0.0");
    document.putObject("info").put("title", "Kubernetes").put("version", "v1.36.2");
    ObjectNode paths = document.putObject("paths");
    ObjectNode schemas = document.putObject("components").putObject("schemas");
    OpenApi open = new OpenApi(schemas);
    for (ServedType type : types.types(group, version)) {
      String name = open.root(type);
      ObjectNode collection = paths.putObject(path(type));
      operation(collection, "get", "list", type, name);
      operation(collection, "post", "post", type, name);
      ObjectNode one = paths.putObject(path(type) + "/{name}");
      operation(one, "get", "get", type, name);
      operation(one, "patch", "patch", type, name);
    }
    open.finish();
    return document;
  }

  /** The schemas of all types in all versions, by name. */
  static ObjectNode allSchemas(TypeTable types) {
    ObjectNode schemas = Json.MAPPER.createObjectNode();
    OpenApi open = new OpenApi(schemas);
    types
        .groups()
        .forEach((group, versions) ->
            versions.forEach(version -> types.types(group, version).forEach(open::root)));
    open.finish();
    return schemas;
  }

  private static String path(ServedType type) {
    String root =
        type.group().isEmpty() ? "/api/v1" : "/apis/" + type.group() + "/" + type.version();
    return root + (type.namespaced() ? "/namespaces/{namespace}/" : "/") + type.resource();
  }

  private static void operation(
      ObjectNode operations, String method, String action, ServedType type, String name) {
    ObjectNode operation = operations.putObject(method);
    operation.put("x-kubernetes-action", action);
    if (!action.equals("list") && !action.equals("get")) {
      // Clients look here for what the server can do.
      ArrayNode parameters = operation.putArray("parameters");
      for (String parameter : List.of("dryRun", "fieldManager", "fieldValidation")) {
        parameters
            .addObject()
            .put("name", parameter)
            .put("in", "query")
            .putObject("schema")
            .put("type", "string");
      }
    }
    kind(operation.putObject("x-kubernetes-group-version-kind"), type);
    ObjectNode ok = operation.putObject("responses").putObject("200");
    ok.put("description", "OK")
        .putObject("content")
        .putObject("application/json")
        .putObject("schema")
        .put("$ref", REF + name);
  }

  private static void kind(ObjectNode node, ServedType type) {
    node.put("group", type.group()).put("kind", type.kind()).put("version", type.version());
  }

  /** Describes a type; the name of its schema. */
  private String root(ServedType type) {
    Schema schema = type.schema();
    if (!type.custom() && schema != null && schema.structure() != null) {
      String name = fullName(schema.typeName());
      describe(schema.typeName());
      kind(
          ((ObjectNode) schemas.path(name)).putArray("x-kubernetes-group-version-kind").addObject(),
          type);
      return name;
    }
    String name = reversed(type.group()) + "." + type.version() + "." + type.kind();
    ObjectNode own =
        type.definition() != null
                && type.definition().at("/schema/openAPIV3Schema") instanceof ObjectNode given
            ? given.deepCopy()
            : Json.MAPPER.createObjectNode().put("type", "object");
    ObjectNode properties = own.withObject("/properties");
    for (String field : List.of("apiVersion", "kind")) {
      describe(properties.putObject(field), words.of(LIKE_ALL, field).text());
      properties.withObject("/" + field).put("type", "string");
    }
    ObjectNode metadata = properties.putObject("metadata");
    describe(metadata, words.of(LIKE_ALL, "metadata").text());
    metadata.putArray("allOf").addObject().put("$ref", REF + fullName("meta.v1.ObjectMeta"));
    describe("meta.v1.ObjectMeta");
    kind(own.putArray("x-kubernetes-group-version-kind").addObject(), type);
    schemas.set(name, own);
    return name;
  }

  private static String reversed(String group) {
    return String.join(".", List.of(group.split("\\.")).reversed());
  }

  private void finish() {
    while (!wanted.isEmpty()) {
      describe(wanted.removeFirst());
    }
  }

  private void describe(String name) {
    Schema.Structure structure = BuiltInSchemas.shared().named(name);
    if (structure == null || !done.add(name)) {
      return;
    }
    ObjectNode node = schemas.putObject(fullName(name));
    describe(node, words.of(name));
    node.put("type", "object");
    ArrayNode required = Json.MAPPER.createArrayNode();
    ObjectNode properties = node.putObject("properties");
    for (Schema.Field field : structure.fields()) {
      Descriptions.Field said = words.of(name, field.name());
      ObjectNode property = schema(field.schema(), said.scalar());
      describe(property, said.text());
      if (field.defaultValue() != null) {
        property.set("default", field.defaultValue());
      }
      if (!field.allowed().isEmpty()) {
        field.allowed().forEach(property.putArray("enum")::add);
      }
      properties.set(field.name(), property);
      if (field.required()) {
        required.add(field.name());
      }
    }
    if (!required.isEmpty()) {
      node.set("required", required);
    }
  }

  private static void describe(ObjectNode node, String words) {
    if (!words.isEmpty()) {
      node.put("description", words);
    }
  }

  /**
   * @param scalar the full name of the innermost scalar; empty if it has none
   */
  private ObjectNode schema(Schema schema, String scalar) {
    ObjectNode node = Json.MAPPER.createObjectNode();
    ObjectNode named = words.scalar(scalar);
    boolean holds = schema.kind() == Schema.Kind.LIST || schema.kind() == Schema.Kind.MAP;
    if (named != null && !holds) {
      schemas.set(scalar, named);
      node.putArray("allOf").addObject().put("$ref", REF + scalar);
      return node;
    }
    switch (schema.kind()) {
      case OBJECT -> {
        wanted.add(schema.typeName());
        node.putArray("allOf").addObject().put("$ref", REF + fullName(schema.typeName()));
      }
      case MAP ->
          node.put("type", "object").set("additionalProperties", schema(schema.element(), scalar));
      case LIST -> list(schema, scalar, node);
      case STRING, QUANTITY -> node.put("type", "string");
      case BYTES -> node.put("type", "string").put("format", "byte");
      case TIME -> node.put("type", "string").put("format", "date-time");
      case INTEGER -> node.put("type", "integer").put("format", "int32");
      case LONG -> node.put("type", "integer").put("format", "int64");
      case NUMBER -> node.put("type", "number");
      case BOOLEAN -> node.put("type", "boolean");
      case INT_OR_STRING -> node.put("format", "int-or-string").put("type", "string");
      case ANY -> node.put("type", "object");
    }
    return node;
  }

  private void list(Schema schema, String scalar, ObjectNode node) {
    node.put("type", "array").set("items", schema(schema.element(), scalar));
    if (schema.set()) {
      node.put("x-kubernetes-list-type", "set");
    } else if (schema.keys().isEmpty()) {
      node.put("x-kubernetes-list-type", "atomic");
    } else {
      node.put("x-kubernetes-list-type", "map");
      schema.keys().forEach(node.putArray("x-kubernetes-list-map-keys")::add);
    }
    if (!schema.mergeKey().isEmpty()) {
      node.put("x-kubernetes-patch-merge-key", schema.mergeKey());
    }
    if (!schema.mergeKey().isEmpty() || schema.mergeScalars()) {
      node.put("x-kubernetes-patch-strategy", "merge");
    }
  }

  /** {@code core.v1.Pod} → {@code io.k8s.api.core.v1.Pod}. */
  private static String fullName(String name) {
    int dot = name.indexOf('.');
    return switch (name.substring(0, dot)) {
      case "meta" -> "io.k8s.apimachinery.pkg.apis." + name;
      case "apiextensions" -> "io.k8s.apiextensions-apiserver.pkg.apis." + name;
      case "apiregistration" -> "io.k8s.kube-aggregator.pkg.apis." + name;
      default -> "io.k8s.api." + name;
    };
  }
}
