package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.admission.Write;
import java.util.List;

/** What a request cannot change is carried over from the present object. */
final class Carry {

  private static final List<String> METADATA =
      List.of(
          "namespace",
          "uid",
          "resourceVersion",
          "creationTimestamp",
          "deletionTimestamp",
          "deletionGracePeriodSeconds",
          "selfLink",
          "generation");

  private Carry() {}

  static void over(Write write, ObjectNode old, ObjectNode next) {
    ObjectNode metadata = next.withObject("/metadata");
    JsonNode was = old.path("metadata");
    METADATA.forEach(field -> copy(was, metadata, field));
    if (was.has("generateName")) {
      copy(was, metadata, "generateName");
    }
    switch (write.subresource()) {
      case "status" -> status(write, old, next);
      case "finalize" -> finalizers(old, next);
      default -> {
        if (write.type().has("status")) {
          copy(old, next, "status");
        }
        if (write.type().qualified().equals("namespaces")) {
          copy(old, next, "spec");
        }
      }
    }
  }

  /** Only status changes, and of metadata what the type lets a status update change. */
  private static void status(Write write, ObjectNode old, ObjectNode next) {
    JsonNode status = next.get("status");
    JsonNode managed = next.path("metadata").get("managedFields");
    JsonNode metadata = next.get("metadata");
    next.removeAll();
    next.setAll(old.deepCopy());
    if (write.type().custom()) {
      if (managed != null) {
        next.withObject("/metadata").set("managedFields", managed);
      }
    } else {
      next.set("metadata", metadata);
    }
    if (status == null) {
      next.remove("status");
    } else {
      next.set("status", status);
    }
  }

  private static void finalizers(ObjectNode old, ObjectNode next) {
    JsonNode finalizers = next.path("spec").path("finalizers").deepCopy();
    next.removeAll();
    next.setAll(old.deepCopy());
    next.withObject("/spec").set("finalizers", finalizers);
    if (finalizers.isEmpty()) {
      next.withObject("/spec").remove("finalizers");
    }
  }

  static void copy(JsonNode from, ObjectNode to, String field) {
    JsonNode value = from.get(field);
    if (value == null) {
      to.remove(field);
    } else {
      to.set(field, value);
    }
  }
}
