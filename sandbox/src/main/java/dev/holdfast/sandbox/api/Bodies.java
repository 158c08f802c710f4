package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.schema.BuiltInSchemas;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.status.GoValues;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Reads request bodies. Of a field given twice the last counts, as with the API server. */
final class Bodies {

  private static final ObjectMapper JSON =
      JsonMapper.builder(
              com.fasterxml.jackson.core.JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(1000)
                          .maxStringLength(8 << 20)
                          .build())
                  .build())
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final class Yaml {
    static final ObjectMapper MAPPER = new ObjectMapper(new YAMLFactory());
  }

  private Bodies() {}

  /** An object of the type, in JSON or YAML as the content type says. */
  static ObjectNode object(Request request, ServedType type) {
    JsonNode node =
        switch (request.contentType()) {
          case "application/json", "" -> json(request.body(), type);
          case "application/yaml" -> yaml(request.body(), type);
          case "application/vnd.kubernetes.protobuf" -> protobuf(request.body(), type);
          default ->
              throw ApiError.unsupportedContent(
                  "the body of the request was in an unknown format - accepted media types include:"
                      + " application/json, application/yaml,"
                      + " application/vnd.kubernetes.protobuf");
        };
    return checked(node, type);
  }

  /** The YAML or JSON of a server-side apply. */
  static ObjectNode applied(Request request, ServedType type) {
    ObjectNode object = ofType(yaml(request.body(), type), type);
    if (object.path("apiVersion").asText().isEmpty() || object.path("kind").asText().isEmpty()) {
      throw ApiError.badRequest(
          "error decoding YAML: Object 'Kind' is missing in '" + object + "'");
    }
    return object;
  }

  private static JsonNode json(byte[] body, ServedType type) {
    int first = first(body);
    if (first < 0) {
      throw unrecognized(type, body, "unexpected end of JSON input");
    }
    if ("{[\"-0123456789tfn".indexOf(body[first]) < 0) {
      throw unrecognized(
          type,
          body,
          "invalid character '" + (char) body[first] + "' looking for beginning of value");
    }
    try {
      return JSON.readTree(body);
    } catch (JsonProcessingException e) {
      throw unrecognized(type, body, goMessage(e));
    } catch (IOException e) {
      throw unrecognized(type, body, String.valueOf(e.getMessage()));
    }
  }

  /** What Go's decoder says of the commonest mistake; else what ours says. */
  private static String goMessage(JsonProcessingException e) {
    return e.getOriginalMessage().startsWith("Unexpected end-of-input")
        ? "unexpected end of JSON input"
        : e.getOriginalMessage();
  }

  private static JsonNode protobuf(byte[] body, ServedType type) {
    if (type.custom() || type.schema() == null) {
      throw ApiError.unsupportedContent(
          "the body of the request was in an unknown format - accepted media types include:"
              + " application/json, application/yaml");
    }
    try {
      return Protobuf.decode(body, type.schema());
    } catch (IllegalArgumentException e) {
      throw ApiError.badRequest("the protobuf body cannot be read: " + e.getMessage());
    }
  }

  private static JsonNode yaml(byte[] body, ServedType type) {
    int start = first(body);
    if (start >= 0 && body[start] == '{') {
      return json(body, type);
    }
    try {
      return Yaml.MAPPER.readTree(body);
    } catch (IOException e) {
      throw ApiError.badRequest("error decoding YAML: " + e.getMessage());
    }
  }

  private static ApiError unrecognized(ServedType type, byte[] body, String why) {
    return ApiError.badRequest(
        "the object provided is unrecognized (must be of type "
            + type.kind()
            + "): couldn't get version/kind; json parse error: "
            + why
            + " ("
            + shown(body)
            + ")");
  }

  /** A body as messages show it: what looks like an object as it is, else in hexadecimal. */
  private static String shown(byte[] body) {
    int first = first(body);
    if (first < 0) {
      return "<empty>";
    }
    String text =
        body[first] == '{'
            ? new String(body, StandardCharsets.UTF_8)
            : HexFormat.of().formatHex(body);
    return text.length() <= 1024 ? text : text.substring(0, 1024) + "...";
  }

  /** Where the first byte stands that is no white space; -1 if there is none. */
  private static int first(byte[] body) {
    for (int i = 0; i < body.length; i++) {
      if (body[i] > ' ' || body[i] < 0) {
        return i;
      }
    }
    return -1;
  }

  private static ObjectNode checked(JsonNode node, ServedType type) {
    ObjectNode object = ofType(node, type);
    JsonNode metadata = object.path("metadata");
    if (!metadata.isObject() && !metadata.isNull() && !metadata.isMissingNode()) {
      throw ApiError.undecodable(
          type,
          "json: cannot unmarshal "
              + GoValues.jsonType(metadata)
              + (type.custom()
                  ? " into Go value of type v1.ObjectMeta"
                  : " into Go struct field " + type.kind() + ".metadata of type v1.ObjectMeta"));
    }
    if (metadata.isNull()) {
      object.remove("metadata");
    }
    return object;
  }

  private static ObjectNode ofType(JsonNode node, ServedType type) {
    if (!(node instanceof ObjectNode object)) {
      throw unrecognized(
          type,
          Json.bytes(node),
          "json: cannot unmarshal "
              + node.getNodeType().name().toLowerCase(java.util.Locale.ROOT)
              + " into Go value of type struct { APIVersion string"
              + " \"json:\\\"apiVersion,omitempty\\\"\"; Kind string"
              + " \"json:\\\"kind,omitempty\\\"\" }");
    }
    String apiVersion = object.path("apiVersion").asText();
    String kind = object.path("kind").asText();
    if (!kind.isEmpty() && !kind.equals(type.kind())
        || !apiVersion.isEmpty() && !apiVersion.equals(type.apiVersion())) {
      throw mismatch(type, apiVersion, kind);
    }
    return object;
  }

  private static ApiError mismatch(ServedType type, String apiVersion, String kind) {
    if (!kind.isEmpty() && !kind.equals(type.kind())) {
      return ApiError.badRequest(
          kind
              + " in version \""
              + apiVersion.substring(apiVersion.indexOf('/') + 1)
              + "\" cannot be handled as a "
              + type.kind()
              + ": converting (v1."
              + kind
              + ") to (core."
              + type.kind()
              + "): unknown conversion");
    }
    if (type.custom()) {
      return ApiError.badRequest(
          "the API version in the data ("
              + apiVersion
              + ") does not match the expected API version ("
              + type.apiVersion()
              + ")");
    }
    return ApiError.badRequest(
        kind
            + " in version \""
            + apiVersion.substring(apiVersion.indexOf('/') + 1)
            + "\" cannot be handled as a "
            + type.kind()
            + ": no kind \""
            + kind
            + "\" is registered for version \""
            + apiVersion
            + "\" in scheme \"pkg/api/legacyscheme/scheme.go:30\"");
  }

  /** Any JSON document. */
  static JsonNode patch(Request request) {
    try {
      return JSON.readTree(request.body());
    } catch (IOException e) {
      throw ApiError.badRequest(
          "error decoding patch: "
              + (e instanceof JsonProcessingException json ? goMessage(json) : e.getMessage()));
    }
  }

  /** The options in a DELETE's body; empty if there are none. */
  static ObjectNode deleteOptions(Request request) {
    return part(request, "meta.v1.DeleteOptions");
  }

  /**
   * A body that is not an object of the path's type.
   *
   * @param type the name of its structure in the table of the built-in types
   */
  static ObjectNode part(Request request, String type) {
    if (request.body().length == 0) {
      return Json.MAPPER.createObjectNode();
    }
    try {
      if (request.contentType().equals("application/vnd.kubernetes.protobuf")) {
        return Protobuf.decode(request.body(), BuiltInSchemas.shared().structure(type));
      }
      if (JSON.readTree(request.body()) instanceof ObjectNode options) {
        return options;
      }
    } catch (IOException | IllegalArgumentException e) {
      // answered below
    }
    throw ApiError.badRequest(
        "couldn't get version/kind; json parse error: the body is no "
            + type.substring(type.lastIndexOf('.') + 1));
  }
}
