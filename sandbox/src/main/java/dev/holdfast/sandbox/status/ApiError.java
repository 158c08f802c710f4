package dev.holdfast.sandbox.status;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.schema.ServedType;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** An answer that is an error, as the {@code Status} object that a real API server sends. */
public final class ApiError extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final int code;
  private final transient ObjectNode status;
  private final String undecodable;
  private final String unconvertible;

  /** One thing that is wrong with one field. */
  public record Cause(String reason, String message, String field) {}

  private ApiError(int code, String reason, String message, @Nullable ObjectNode details) {
    this(code, reason, message, details, "", "");
  }

  private ApiError(
      int code,
      String reason,
      String message,
      @Nullable ObjectNode details,
      String undecodable,
      String unconvertible) {
    super(message, null, false, false);
    this.code = code;
    this.undecodable = undecodable;
    this.unconvertible = unconvertible;
    status = Json.MAPPER.createObjectNode();
    status.put("kind", "Status").put("apiVersion", "v1");
    status.putObject("metadata");
    status.put("status", "Failure").put("message", message);
    if (!reason.isEmpty()) {
      status.put("reason", reason);
    }
    if (details != null) {
      status.set("details", details);
    }
    status.put("code", code);
  }

  public int code() {
    return code;
  }

  public ObjectNode status() {
    return status;
  }

  /** What the decoder says of the object; empty if that is not what is wrong. */
  public String undecodable() {
    return undecodable;
  }

  /** The same of an object that came from a strategic merge patch. */
  public String unconvertible() {
    return unconvertible;
  }

  public byte[] body() {
    return Json.bytes(status);
  }

  private static ObjectNode details(String name, String group, String kind) {
    ObjectNode details = Json.MAPPER.createObjectNode();
    if (!name.isEmpty()) {
      details.put("name", name);
    }
    if (!group.isEmpty()) {
      details.put("group", group);
    }
    if (!kind.isEmpty()) {
      details.put("kind", kind);
    }
    return details;
  }

  public static ApiError badRequest(String message) {
    return new ApiError(400, "BadRequest", message, null);
  }

  public static ApiError undecodable(ServedType type, String why) {
    return undecodable(type, why, why);
  }

  /**
   * The object cannot be decoded as one of its type.
   *
   * @param converted what is said instead where it came from a strategic merge patch
   */
  public static ApiError undecodable(ServedType type, String why, String converted) {
    return new ApiError(
        400,
        "BadRequest",
        type.kind()
            + " in version \""
            + type.version()
            + "\" cannot be handled as a "
            + type.kind()
            + ": "
            + why,
        null,
        why,
        converted);
  }

  public static ApiError unauthorized() {
    return new ApiError(401, "Unauthorized", "Unauthorized", null);
  }

  public static ApiError forbidden(String group, String resource, String name, String message) {
    return new ApiError(403, "Forbidden", message, details(name, group, resource));
  }

  /** Forbidden by admission: {@code pods "x" is forbidden: why}. */
  public static ApiError notAllowed(ServedType type, String name, String why) {
    return forbidden(
        type.group(),
        type.resource(),
        name,
        type.qualified() + " \"" + name + "\" is forbidden: " + why);
  }

  public static ApiError notFound(String group, String resource, String name) {
    String qualified = group.isEmpty() ? resource : resource + "." + group;
    return new ApiError(
        404, "NotFound", qualified + " \"" + name + "\" not found", details(name, group, resource));
  }

  public static ApiError namespaceTerminating(ServedType type, String name, String namespace) {
    ApiError error =
        notAllowed(
            type,
            name,
            "unable to create new content in namespace "
                + namespace
                + " because it is being terminated");
    error
        .status
        .withObject("/details")
        .withArray("causes")
        .addObject()
        .put("reason", "NamespaceTerminating")
        .put("message", "namespace " + namespace + " is being terminated")
        .put("field", "metadata.namespace");
    return error;
  }

  /** No such path or type. */
  public static ApiError noSuchPath() {
    return new ApiError(
        404,
        "NotFound",
        "the server could not find the requested resource",
        Json.MAPPER.createObjectNode());
  }

  public static ApiError methodNotAllowed() {
    return new ApiError(
        405,
        "MethodNotAllowed",
        "the server does not allow this method on the requested resource",
        Json.MAPPER.createObjectNode());
  }

  public static ApiError alreadyExists(ServedType type, String name) {
    return new ApiError(
        409,
        "AlreadyExists",
        type.qualified() + " \"" + name + "\" already exists",
        details(name, type.group(), type.resource()));
  }

  public static ApiError conflict(ServedType type, String name, String why) {
    return new ApiError(
        409,
        "Conflict",
        "Operation cannot be fulfilled on " + type.qualified() + " \"" + name + "\": " + why,
        details(name, type.group(), type.resource()));
  }

  /** The object changed since it was read. */
  public static ApiError stale(ServedType type, String name) {
    return conflict(
        type,
        name,
        "the object has been modified; please apply your changes to the latest version and try"
            + " again");
  }

  public static ApiError gone(String message) {
    return new ApiError(410, "Expired", message, null);
  }

  public static ApiError tooLarge(long limit) {
    return new ApiError(
        413, "RequestEntityTooLarge", "Request entity too large: limit is " + limit, null);
  }

  public static ApiError unsupportedMediaType(String message) {
    return new ApiError(415, "UnsupportedMediaType", message, Json.MAPPER.createObjectNode());
  }

  /** A body of a type that nobody reads. */
  public static ApiError unsupportedContent(String message) {
    return new ApiError(415, "UnsupportedMediaType", message, null);
  }

  public static ApiError notAcceptable(String message) {
    return new ApiError(406, "NotAcceptable", message, Json.MAPPER.createObjectNode());
  }

  public static ApiError invalid(String group, String kind, String name, List<Cause> causes) {
    ObjectNode details = details(name, group, kind);
    var list = details.putArray("causes");
    for (Cause cause : causes) {
      list.addObject()
          .put("reason", cause.reason())
          .put("message", cause.message())
          .put("field", cause.field());
    }
    String qualified = group.isEmpty() ? kind : kind + "." + group;
    String all =
        causes.stream()
            .map(cause -> cause.field() + ": " + cause.message())
            .collect(Collectors.joining(", "));
    return new ApiError(
        422,
        "Invalid",
        qualified + " \"" + name + "\" is invalid: " + (causes.size() == 1 ? all : "[" + all + "]"),
        details);
  }

  public static ApiError tooManyRequests(int retryAfterSeconds) {
    ObjectNode details = Json.MAPPER.createObjectNode();
    details.put("retryAfterSeconds", retryAfterSeconds);
    return new ApiError(
        429, "TooManyRequests", "too many requests, please try again later", details);
  }

  public static ApiError internal(String message) {
    ObjectNode details = Json.MAPPER.createObjectNode();
    details.putArray("causes").addObject().put("message", message);
    return new ApiError(500, "InternalError", "Internal error occurred: " + message, details);
  }

  /** Any other error. */
  public static ApiError of(int code, String reason, String message, @Nullable ObjectNode details) {
    return new ApiError(code, reason, message, details);
  }
}
