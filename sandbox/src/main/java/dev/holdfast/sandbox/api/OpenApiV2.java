package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.schema.TypeTable;
import dev.holdfast.sandbox.status.ApiError;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/**
 * {@code /openapi/v2}: the same shapes in the older form, without paths. {@code kubectl} still
 * reads it where a file holds a List, and wants it in protobuf (gnostic's {@code
 * openapi.v2.Document}); who asks for JSON gets that.
 */
final class OpenApiV2 {

  private static final String PROTOBUF = "application/com.github.proto-openapi.spec.v2";

  private OpenApiV2() {}

  static Response answer(Request request, TypeTable types) {
    String accept = request.header("accept");
    for (String part : (accept == null ? "*/*" : accept).split(",", -1)) {
      String type = part.strip().toLowerCase(Locale.ROOT);
      if (type.startsWith(PROTOBUF)) {
        return Response.text(200, PROTOBUF + ".v1.0+protobuf", protobuf(types));
      }
      if (type.startsWith("application/json") || type.contains("*")) {
        return Response.json(200, document(types));
      }
    }
    throw ApiError.notAcceptable("only application/json and " + PROTOBUF + ".v1.0+protobuf");
  }

  private static ObjectNode document(TypeTable types) {
    ObjectNode document = Json.MAPPER.createObjectNode();
    document.put("swagger", "2.0");
    document.putObject("info").put("title", "Kubernetes").put("version", "1.36");
    document.putObject("paths");
    ObjectNode definitions = document.putObject("definitions");
    OpenApi.allSchemas(types)
        .properties()
        .forEach(each -> definitions.set(each.getKey(), downgrade(each.getValue())));
    return document;
  }

  /** A schema of version 3 in version 2: other references, no composition around them. */
  private static JsonNode downgrade(JsonNode schema) {
    if (!schema.isObject()) {
      return schema;
    }
    ObjectNode result = Json.MAPPER.createObjectNode();
    for (var field : schema.properties()) {
      switch (field.getKey()) {
        case "$ref" -> result.put("$ref", reference(field.getValue()));
        case "allOf" -> {
          JsonNode only = field.getValue().path(0).path("$ref");
          if (!only.isMissingNode()) {
            result.put("$ref", reference(only));
          }
        }
        case "properties" -> {
          ObjectNode properties = result.putObject("properties");
          field
              .getValue()
              .properties()
              .forEach(e -> properties.set(e.getKey(), downgrade(e.getValue())));
        }
        case "items", "additionalProperties" ->
            result.set(field.getKey(), downgrade(field.getValue()));
        case "default", "anyOf", "oneOf", "not", "nullable" -> {}
        default -> result.set(field.getKey(), field.getValue());
      }
    }
    return result;
  }

  private static String reference(JsonNode reference) {
    return reference.asText().replace(OpenApi.REF, "#/definitions/");
  }

  private static byte[] protobuf(TypeTable types) {
    Message document = new Message();
    document.text(1, "2.0");
    document.message(2, new Message().text(1, "Kubernetes").text(2, "1.36"));
    document.message(8, new Message());
    document.message(9, named(document(types).path("definitions")));
    return document.bytes();
  }

  /** Definitions and Properties: a repeated NamedSchema. */
  private static Message named(JsonNode schemas) {
    Message all = new Message();
    schemas
        .properties()
        .forEach(e ->
            all.message(1, new Message().text(1, e.getKey()).message(2, schema(e.getValue()))));
    return all;
  }

  private static Message schema(JsonNode schema) {
    Message message = new Message();
    for (var field : schema.properties()) {
      JsonNode value = field.getValue();
      switch (field.getKey()) {
        case "$ref" -> message.text(1, value.asText());
        case "format" -> message.text(2, value.asText());
        case "description" -> message.text(4, value.asText());
        case "required" -> value.forEach(name -> message.text(19, name.asText()));
        case "additionalProperties" -> {
          if (value.isObject()) {
            message.message(21, new Message().message(1, schema(value)));
          }
        }
        case "type" -> message.message(22, new Message().text(1, value.asText()));
        case "items" -> message.message(23, new Message().message(1, schema(value)));
        case "properties" -> message.message(25, named(value));
        default -> {
          if (field.getKey().startsWith("x-")) {
            message.message(
                31,
                new Message()
                    .text(1, field.getKey())
                    .message(2, new Message().text(2, value.toString())));
          }
        }
      }
    }
    return message;
  }

  /** A protobuf message being written; all that is needed here is length-delimited. */
  private static final class Message {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Message text(int field, String text) {
      return put(field, text.getBytes(StandardCharsets.UTF_8));
    }

    Message message(int field, Message message) {
      return put(field, message.bytes());
    }

    byte[] bytes() {
      return out.toByteArray();
    }

    private Message put(int field, byte[] bytes) {
      for (int number : List.of(field << 3 | 2, bytes.length)) {
        int rest = number;
        while (rest > 0x7f) {
          out.write(rest & 0x7f | 0x80);
          rest >>>= 7;
        }
        out.write(rest);
      }
      out.writeBytes(bytes);
      return this;
    }
  }
}
