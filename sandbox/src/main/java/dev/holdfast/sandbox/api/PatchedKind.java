package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.schema.BuiltInSchemas;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.status.GoValues;
import java.util.List;

/** Whether a JSON or merge patch left an object with its apiVersion and kind. */
final class PatchedKind {

  private PatchedKind() {}

  /**
   * @throws ApiError if not, in the words of a server that reads the patched text anew
   */
  static void check(ServedType type, String name, ObjectNode patched) {
    for (String field : List.of("apiVersion", "kind")) {
      JsonNode value = patched.path(field);
      if (!value.isTextual() && !value.isNull() && !value.isMissingNode()) {
        throw ApiError.undecodable(
            type,
            "couldn't get version/kind; json parse error: json: cannot unmarshal "
                + GoValues.jsonType(value)
                + " into Go struct field ."
                + field
                + " of type string");
      }
    }
    String version = patched.path("apiVersion").asText("");
    String kind = patched.path("kind").asText("");
    if (version.equals(type.apiVersion()) && kind.equals(type.kind())) {
      return;
    }
    if (type.custom()) {
      custom(type, name, version, kind, patched);
    } else {
      builtIn(type, name, version, kind);
    }
  }

  private static void builtIn(ServedType type, String name, String version, String kind) {
    if (version.isEmpty()) {
      throw Identity.nameless(name);
    }
    if (version.indexOf('/') != version.lastIndexOf('/')) {
      throw ApiError.undecodable(type, "unexpected GroupVersion string: " + version);
    }
    if (kind.isEmpty() && version.equals(type.apiVersion())) {
      return; // the path says which
    }
    String shown = kind.isEmpty() ? type.kind() : kind;
    int slash = version.indexOf('/');
    String group = version.substring(0, Math.max(slash, 0));
    if (BuiltInSchemas.shared().find(group, version.substring(slash + 1), shown) == null) {
      throw ApiError.undecodable(
          type,
          "no kind \""
              + shown
              + "\" is registered for version \""
              + version
              + "\" in scheme \"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30\"");
    }
    throw ApiError.undecodable(
        type,
        "converting ("
            + version.substring(slash + 1)
            + "."
            + shown
            + ") to ("
            + (type.group().isEmpty() ? "core" : type.group().replaceAll("\\..*", ""))
            + "."
            + type.kind()
            + "): unknown conversion");
  }

  private static void custom(
      ServedType type, String name, String version, String kind, ObjectNode patched) {
    if (kind.isEmpty()) {
      throw ApiError.undecodable(type, "Object 'Kind' is missing in '" + patched + "'");
    }
    if (version.isEmpty()) {
      ObjectNode details = Json.MAPPER.createObjectNode();
      String missing = "Object 'apiVersion' is missing in 'object has no apiVersion field'";
      details.putArray("causes").addObject().put("message", missing);
      throw ApiError.of(500, "InternalError", "Internal error occurred: " + missing, details);
    }
    boolean moved = !version.equals(type.apiVersion());
    String group = moved ? version.replaceAll("/?[^/]*$", "") : type.group();
    throw ApiError.invalid(
        group,
        kind,
        name,
        List.of(
            new ApiError.Cause(
                "FieldValueInvalid",
                "Invalid value: "
                    + Json.string(moved ? version : kind)
                    + ": must be "
                    + (moved ? type.apiVersion() : type.kind()),
                moved ? "apiVersion" : "kind")));
  }
}
