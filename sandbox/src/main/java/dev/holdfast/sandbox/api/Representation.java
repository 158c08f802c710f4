package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.store.Codec;
import dev.holdfast.sandbox.store.Stored;
import java.util.List;
import java.util.Locale;

/** The form that a client accepts: whole objects, their metadata alone, or a table for people. */
enum Representation {
  WHOLE,
  METADATA,
  TABLE;

  private static final String META = "meta.k8s.io/v1";

  static Representation of(Request request) {
    String accept = request.header("accept");
    if (accept == null || accept.isBlank()) {
      return WHOLE;
    }
    for (String part : accept.split(",", -1)) {
      String type = part.strip().toLowerCase(Locale.ROOT);
      if (type.startsWith("application/json") && type.contains("as=")) {
        if (type.contains("v=v1beta1")) {
          continue;
        }
        return type.contains("as=table") ? TABLE : METADATA;
      }
      if (type.startsWith("application/json")
          || type.startsWith("*/*")
          || type.startsWith("application/*")) {
        return WHOLE;
      }
    }
    throw ApiError.notAcceptable(
        "only the following media types are accepted: application/json,"
            + " application/json;stream=watch");
  }

  /** One object. */
  JsonNode one(Request request, ServedType type, Stored stored) {
    return switch (this) {
      case WHOLE -> Codec.read(stored, type.apiVersion(), type.kind());
      case METADATA -> partial(type, stored);
      case TABLE -> table(request, type, String.valueOf(stored.version()), List.of(stored), true);
    };
  }

  /** A list; the metadata is the list's. */
  JsonNode list(Request request, ServedType type, ObjectNode metadata, List<Stored> items) {
    if (this == TABLE) {
      ObjectNode table =
          table(request, type, metadata.path("resourceVersion").asText(), items, true);
      table.set("metadata", metadata);
      return table;
    }
    ObjectNode list = Json.MAPPER.createObjectNode();
    list.put("kind", "PartialObjectMetadataList").put("apiVersion", META);
    list.set("metadata", metadata);
    ArrayNode array = list.putArray("items");
    items.forEach(item -> array.add(partial(type, item)));
    return list;
  }

  /** The object of one watch event. */
  JsonNode event(Request request, ServedType type, Stored stored, boolean first) {
    return this == TABLE
        ? table(request, type, String.valueOf(stored.version()), List.of(stored), first)
        : one(request, type, stored);
  }

  private static ObjectNode partial(ServedType type, Stored stored) {
    ObjectNode partial = Json.MAPPER.createObjectNode();
    partial.put("kind", "PartialObjectMetadata").put("apiVersion", META);
    ObjectNode metadata =
        Codec.read(stored, type.apiVersion(), type.kind()).withObject("/metadata");
    if (type.resource().equals("daemonsets")
        && metadata.get("annotations") instanceof ObjectNode annotations) {
      annotations.remove("deprecated.daemonset.template.generation"); // a field inside the server
      if (annotations.isEmpty()) {
        metadata.remove("annotations");
      }
    }
    partial.set("metadata", metadata);
    return partial;
  }

  private static ObjectNode table(
      Request request, ServedType type, String version, List<Stored> items, boolean headers) {
    List<Columns.Column> columns = Columns.of(type);
    ObjectNode table = Json.MAPPER.createObjectNode();
    table.put("kind", "Table").put("apiVersion", META);
    table.putObject("metadata").put("resourceVersion", version);
    if (headers) {
      ArrayNode definitions = table.putArray("columnDefinitions");
      for (Columns.Column column : columns) {
        definitions
            .addObject()
            .put("name", column.name())
            .put("type", column.type())
            .put("format", column.format())
            .put("description", column.description())
            .put("priority", column.priority());
      }
    } else {
      table.putNull("columnDefinitions");
    }
    if (items.isEmpty() && columns.getLast().name().equals("Created At")) {
      table.putNull("rows");
      return table;
    }
    ArrayNode rows = table.putArray("rows");
    String include = request.parameter("includeObject");
    for (Stored item : items) {
      ObjectNode object = Codec.read(item, type.apiVersion(), type.kind());
      ObjectNode row = rows.addObject();
      ArrayNode cells = row.putArray("cells");
      columns.forEach(
          column -> cells.add(Json.MAPPER.<JsonNode>valueToTree(column.value().apply(object))));
      switch (include) {
        case "Object" -> row.set("object", object);
        case "None" -> {}
        default -> row.set("object", partial(type, item));
      }
    }
    return table;
  }
}
