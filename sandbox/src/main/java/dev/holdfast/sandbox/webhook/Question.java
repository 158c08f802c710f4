package dev.holdfast.sandbox.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.admission.Write;
import dev.holdfast.sandbox.rbac.Caller;
import dev.holdfast.sandbox.schema.ServedType;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a webhook is asked.
 *
 * @param operation CREATE, UPDATE or DELETE
 * @param object null for a deletion
 * @param old null for a creation
 */
record Question(
    Write write, String operation, @Nullable ObjectNode object, @Nullable ObjectNode old) {

  private JsonNode newest() {
    return object != null ? object : old != null ? old : Json.MAPPER.missingNode();
  }

  String name() {
    return newest().path("metadata").path("name").asText();
  }

  /**
   * The document that is sent.
   *
   * @param version the version of the type in which the webhook wants to see the object
   */
  ObjectNode review(String version) {
    ServedType type = write.type();
    ObjectNode review = Json.MAPPER.createObjectNode();
    review.put("kind", "AdmissionReview").put("apiVersion", "admission.k8s.io/v1");
    ObjectNode request = review.putObject("request");
    request.put("uid", UUID.randomUUID().toString());
    kind(request.putObject("kind"), type, version);
    resource(request.putObject("resource"), type, version);
    if (!write.subresource().isEmpty()) {
      request.put("subResource", write.subresource());
    }
    kind(request.putObject("requestKind"), type, type.version());
    resource(request.putObject("requestResource"), type, type.version());
    if (!write.subresource().isEmpty()) {
      request.put("requestSubResource", write.subresource());
    }
    request.put("name", name());
    if (!write.namespace().isEmpty()) {
      request.put("namespace", write.namespace());
    } else if (type.resource().equals("namespaces") && type.group().isEmpty()) {
      request.put("namespace", name());
    }
    request.put("operation", operation);
    user(request.putObject("userInfo"));
    request.set("object", in(object, type, version));
    request.set("oldObject", in(old, type, version));
    request.put("dryRun", write.dryRun());
    request.set("options", options());
    return review;
  }

  private static void kind(ObjectNode into, ServedType type, String version) {
    into.put("group", type.group()).put("version", version).put("kind", type.kind());
  }

  private static void resource(ObjectNode into, ServedType type, String version) {
    into.put("group", type.group()).put("version", version).put("resource", type.resource());
  }

  private void user(ObjectNode into) {
    Caller caller = write.caller();
    into.put("username", caller.user());
    if (!caller.uid().isEmpty()) {
      into.put("uid", caller.uid());
    }
    caller.groups().forEach(into.putArray("groups")::add);
    if (!caller.extra().isEmpty()) {
      into.set("extra", Json.tree(caller.extra()));
    }
  }

  private static JsonNode in(@Nullable ObjectNode object, ServedType type, String version) {
    if (object == null) {
      return Json.MAPPER.nullNode();
    }
    String group = type.group();
    return object.deepCopy().put("apiVersion", group.isEmpty() ? version : group + "/" + version);
  }

  private ObjectNode options() {
    ObjectNode options = Json.MAPPER.createObjectNode();
    options.put(
        "kind",
        Character.toUpperCase(operation.charAt(0))
            + operation.substring(1).toLowerCase(java.util.Locale.ROOT)
            + "Options");
    options.put("apiVersion", "meta.k8s.io/v1");
    if (!operation.equals("DELETE")) {
      options.put("fieldManager", write.manager());
    }
    if (write.dryRun()) {
      options.putArray("dryRun").add("All");
    }
    return options;
  }
}
