package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.schema.Types;
import java.util.List;
import java.util.Set;

/** metadata.generation: which types have it, and what counts as a change. */
final class Generations {

  private static final Set<String> BUILT_IN =
      Set.of(
          "deployments.apps",
          "statefulsets.apps",
          "daemonsets.apps",
          "replicasets.apps",
          "replicationcontrollers",
          "pods",
          "podtemplates",
          "jobs.batch",
          "cronjobs.batch",
          "ingresses.networking.k8s.io",
          "ingresses.extensions",
          "ingressclasses.networking.k8s.io",
          "networkpolicies.networking.k8s.io",
          "poddisruptionbudgets.policy",
          "customresourcedefinitions.apiextensions.k8s.io",
          "flowschemas.flowcontrol.apiserver.k8s.io",
          "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io",
          "validatingwebhookconfigurations.admissionregistration.k8s.io",
          "mutatingwebhookconfigurations.admissionregistration.k8s.io",
          "validatingadmissionpolicies.admissionregistration.k8s.io",
          "validatingadmissionpolicybindings.admissionregistration.k8s.io",
          "priorityclasses.scheduling.k8s.io",
          "endpointslices.discovery.k8s.io");

  private static final List<String> NOT_COUNTED =
      List.of("metadata", "status", "apiVersion", "kind");

  private Generations() {}

  static boolean counted(ServedType type) {
    return type.custom() || type.schema() == null || BUILT_IN.contains(type.qualified());
  }

  /**
   * Raises the generation if something other than metadata and status changed; of a Deployment,
   * annotations count, too.
   */
  static void count(ServedType type, ObjectNode old, ObjectNode next) {
    JsonNode before = old.path("metadata").path("generation");
    ObjectNode metadata = next.withObject("/metadata");
    if (before.isMissingNode()) {
      metadata.remove("generation");
      return;
    }
    List<String> aside =
        type.custom() && !type.has("status")
            ? List.of("metadata", "apiVersion", "kind")
            : NOT_COUNTED;
    boolean changed = !without(old, aside).equals(without(next, aside));
    if (type.is(Types.DEPLOYMENTS)) {
      changed |= !old.at("/metadata/annotations").equals(next.at("/metadata/annotations"));
    }
    if (type.resource().equals("endpointslices")) {
      changed |= !old.at("/metadata/labels").equals(next.at("/metadata/labels"));
    }
    if (changed) {
      metadata.put("generation", before.asLong() + 1);
    } else {
      metadata.set("generation", before);
    }
  }

  private static ObjectNode without(ObjectNode object, List<String> fields) {
    ObjectNode copy = object.objectNode();
    copy.setAll(object);
    return copy.without(fields);
  }
}
