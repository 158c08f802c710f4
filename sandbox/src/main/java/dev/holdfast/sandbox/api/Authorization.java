package dev.holdfast.sandbox.api;

import dev.holdfast.sandbox.rbac.Attributes;
import dev.holdfast.sandbox.rbac.Authorizer;
import dev.holdfast.sandbox.rbac.Caller;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.status.ApiError;
import java.util.Locale;

/** Whether a request may be made at all. */
final class Authorization {

  private final Authorizer authorizer;

  Authorization(Authorizer authorizer) {
    this.authorizer = authorizer;
  }

  /** For a path that is no resource's. */
  void path(Request request, Caller caller) {
    Attributes wanted = Attributes.path(request.method().toLowerCase(Locale.ROOT), request.path());
    if (!authorizer.allows(caller, wanted)) {
      throw ApiError.of(
          403,
          "Forbidden",
          "forbidden: " + wanted.refusal(caller),
          dev.holdfast.model.Json.MAPPER.createObjectNode());
    }
  }

  void resource(Request request, Target target, Caller caller) {
    ServedType type = target.type();
    String namespace =
        type.resource().equals("namespaces") && type.group().isEmpty()
            ? target.name()
            : target.namespace();
    Attributes wanted =
        Attributes.of(verb(request, target), type, target.subresource(), namespace, target.name());
    if (!authorizer.allows(caller, wanted)) {
      throw refusal(type, target.name(), wanted, caller);
    }
  }

  /** Asks for one more right, for requests that do two things. */
  void also(Caller caller, Target target, String verb) {
    Attributes wanted = Attributes.of(verb, target.type(), "", target.namespace(), target.name());
    if (!authorizer.allows(caller, wanted)) {
      throw refusal(target.type(), target.name(), wanted, caller);
    }
  }

  /** A WebSocket comes as a GET, but what it does needs {@code create}, from 1.35 on. */
  void upgrade(Target target, Caller caller) {
    Attributes wanted =
        Attributes.of(
            "create", target.type(), target.subresource(), target.namespace(), target.name());
    if (!authorizer.allows(caller, wanted)) {
      throw refusal(target.type(), target.name(), wanted, caller);
    }
  }

  private static ApiError refusal(ServedType type, String name, Attributes wanted, Caller caller) {
    return ApiError.forbidden(
        type.group(),
        type.resource(),
        name,
        type.qualified()
            + (name.isEmpty() ? "" : " \"" + name + "\"")
            + " is forbidden: "
            + wanted.refusal(caller));
  }

  static String verb(Request request, Target target) {
    boolean one = !target.name().isEmpty();
    return switch (request.method()) {
      case "GET", "HEAD" ->
          target.watch() || !one && request.flag("watch") ? "watch" : one ? "get" : "list";
      case "POST" -> "create";
      case "PUT" -> "update";
      case "PATCH" -> "patch";
      case "DELETE" -> one ? "delete" : "deletecollection";
      default -> request.method().toLowerCase(Locale.ROOT);
    };
  }
}
