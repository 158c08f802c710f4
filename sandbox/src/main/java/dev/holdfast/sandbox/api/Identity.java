package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.admission.Write;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.store.Stored;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/** Whether an object is the one that its request's path means: name, namespace, uid, version. */
final class Identity {

  /** As Kubernetes: no vowels and nothing that looks like one. */
  private static final String SUFFIX = "bcdfghjklmnpqrstvwxz2456789";

  /** Built-in types of which PUT creates what is not there. */
  private static final Set<String> CREATED_BY_PUT =
      Set.of(
          "services",
          "endpoints",
          "events",
          "events.events.k8s.io",
          "limitranges",
          "leases.coordination.k8s.io",
          "runtimeclasses.node.k8s.io",
          "roles.rbac.authorization.k8s.io",
          "rolebindings.rbac.authorization.k8s.io",
          "clusterroles.rbac.authorization.k8s.io",
          "clusterrolebindings.rbac.authorization.k8s.io");

  /** Built-in types that are not updated without naming the version that is meant. */
  private static final Set<String> VERSION_REQUIRED =
      Set.of(
          "leases.coordination.k8s.io",
          "runtimeclasses.node.k8s.io",
          "poddisruptionbudgets.policy",
          "csidrivers.storage.k8s.io",
          "csinodes.storage.k8s.io",
          "csistoragecapacities.storage.k8s.io",
          "volumeattachments.storage.k8s.io",
          "customresourcedefinitions.apiextensions.k8s.io",
          "apiservices.apiregistration.k8s.io",
          "mutatingwebhookconfigurations.admissionregistration.k8s.io",
          "validatingwebhookconfigurations.admissionregistration.k8s.io",
          "mutatingadmissionpolicies.admissionregistration.k8s.io",
          "mutatingadmissionpolicybindings.admissionregistration.k8s.io",
          "validatingadmissionpolicies.admissionregistration.k8s.io",
          "validatingadmissionpolicybindings.admissionregistration.k8s.io");

  private Identity() {}

  static boolean createdByPut(ServedType type) {
    return CREATED_BY_PUT.contains(type.qualified());
  }

  /** Gives a new object its namespace and, if only a prefix is given, its name. */
  static void complete(ServedType type, String namespace, ObjectNode metadata) {
    String given = metadata.path("namespace").asText();
    if (!given.isEmpty() && !given.equals(namespace)) {
      throw ApiError.badRequest(
          type.namespaced()
              ? "the namespace of the provided object does not match the namespace sent on the"
                  + " request"
              : "namespace may not be set for cluster-scoped objects");
    }
    if (type.namespaced()) {
      metadata.put("namespace", namespace);
    } else {
      metadata.remove("namespace");
    }
    String prefix = metadata.path("generateName").asText();
    if (metadata.path("name").asText().isEmpty() && !prefix.isEmpty()) {
      metadata.put("name", prefix.substring(0, Math.min(prefix.length(), 58)) + suffix());
    }
    if (metadata.path("name").asText().isEmpty()) {
      throw ApiError.invalid(
          type.group(),
          type.kind(),
          "",
          List.of(
              new ApiError.Cause(
                  "FieldValueRequired",
                  "Required value: name or generateName is required",
                  "metadata.name")));
    }
  }

  private static String suffix() {
    StringBuilder suffix = new StringBuilder();
    for (int i = 0; i < 5; i++) {
      suffix.append(SUFFIX.charAt(ThreadLocalRandom.current().nextInt(SUFFIX.length())));
    }
    return suffix.toString();
  }

  /** The body's name and namespace must be the path's. */
  static void checkPath(Write write, String name, ObjectNode object) {
    ObjectNode metadata = object.withObject("/metadata");
    String given = metadata.path("name").asText();
    if (given.isEmpty()) {
      throw nameless(name);
    }
    if (!given.equals(name)) {
      throw ApiError.badRequest(
          "the name of the object ("
              + given
              + ") does not match the name on the URL ("
              + name
              + ")");
    }
    String namespace = metadata.path("namespace").asText();
    if (!namespace.isEmpty() && !namespace.equals(write.namespace())) {
      throw ApiError.badRequest(
          "the namespace of the provided object does not match the namespace sent on the request");
    }
  }

  /** The body does not say which object it means. */
  static ApiError nameless(String name) {
    return ApiError.badRequest(
        "the name of the object ("
            + name
            + " based on URL) was undeterminable: name must be provided");
  }

  /** A uid or version in the body must be the present object's. */
  static void checkPresent(Write write, String name, Stored present, ObjectNode next) {
    ServedType type = write.type();
    ObjectNode metadata = next.withObject("/metadata");
    String uid = metadata.path("uid").asText();
    if (!uid.isEmpty() && !uid.equals(present.uid())) {
      throw ApiError.conflict(
          type,
          name,
          "Precondition failed: UID in precondition: "
              + uid
              + ", UID in object meta: "
              + present.uid());
    }
    String version = metadata.path("resourceVersion").asText();
    if (!version.matches("\\d*")) {
      throw ApiError.of(
          500, "", "strconv.ParseUint: parsing " + Json.string(version) + ": invalid syntax", null);
    }
    if (!version.isEmpty() && !version.equals(String.valueOf(present.version()))) {
      throw ApiError.stale(type, name);
    }
    if (version.isEmpty() && (type.custom() || VERSION_REQUIRED.contains(type.qualified()))) {
      throw ApiError.invalid(
          type.group(),
          type.resource(),
          name,
          List.of(
              new ApiError.Cause(
                  "FieldValueInvalid",
                  "Invalid value: 0: must be specified for an update",
                  "metadata.resourceVersion")));
    }
  }
}
