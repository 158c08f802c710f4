package dev.holdfast.sandbox.api;

import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.status.ApiError;
import java.util.Map;
import java.util.Set;

/** Which fields of a type a field selector may name. */
final class FieldLabels {

  private static final Set<String> METADATA = Set.of("metadata.name", "metadata.namespace");

  private static final Map<String, Set<String>> MORE =
      Map.ofEntries(
          Map.entry(
              "pods",
              Set.of(
                  "spec.nodeName",
                  "spec.restartPolicy",
                  "spec.schedulerName",
                  "spec.serviceAccountName",
                  "spec.hostNetwork",
                  "status.phase",
                  "status.podIP",
                  "status.podIPs",
                  "status.nominatedNodeName")),
          Map.entry(
              "events",
              Set.of(
                  "type",
                  "involvedObject.kind",
                  "involvedObject.namespace",
                  "involvedObject.name",
                  "involvedObject.uid",
                  "involvedObject.apiVersion",
                  "involvedObject.resourceVersion",
                  "involvedObject.fieldPath",
                  "reason",
                  "reportingComponent",
                  "source")),
          Map.entry(
              "events.events.k8s.io",
              Set.of(
                  "type",
                  "reason",
                  "regarding.kind",
                  "regarding.namespace",
                  "regarding.name",
                  "regarding.uid",
                  "regarding.apiVersion",
                  "regarding.resourceVersion",
                  "regarding.fieldPath",
                  "reportingController")),
          Map.entry("namespaces", Set.of("status.phase")),
          Map.entry("nodes", Set.of("spec.unschedulable")),
          Map.entry("replicationcontrollers", Set.of("status.replicas")),
          Map.entry("secrets", Set.of("type")),
          Map.entry("services", Set.of("spec.clusterIP", "spec.type")),
          Map.entry("jobs.batch", Set.of("status.successful")),
          Map.entry("certificatesigningrequests.certificates.k8s.io", Set.of("spec.signerName")),
          Map.entry("resourceslices.resource.k8s.io", Set.of("spec.nodeName", "spec.driver")));

  private FieldLabels() {}

  /**
   * @throws ApiError 400 if the type has no such label
   */
  static void check(ServedType type, String field) {
    if (METADATA.contains(field) || type.schema() == null || ofDefinition(type, field)) {
      return;
    }
    Set<String> more = MORE.get(type.qualified());
    if (more != null && more.contains(field)) {
      return;
    }
    throw ApiError.badRequest(
        type.qualified().equals("jobs.batch")
            ? "field label \"" + field + "\" not supported for Job"
            : more != null || type.custom()
                ? "field label not supported: " + field
                : "\""
                    + field
                    + "\" is not a known field selector: only \"metadata.name\","
                    + " \"metadata.namespace\"");
  }

  private static boolean ofDefinition(ServedType type, String field) {
    return type.definition() != null
        && type.definition()
            .path("selectableFields")
            .valueStream()
            .anyMatch(each -> each.path("jsonPath").asText().equals("." + field));
  }
}
