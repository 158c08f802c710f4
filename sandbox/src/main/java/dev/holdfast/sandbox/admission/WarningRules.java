package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.schema.CustomTypes;
import dev.holdfast.sandbox.status.Violations;
import org.jspecify.annotations.Nullable;

/** What the API accepts but warns of. */
final class WarningRules implements Rules {

  @Override
  public void validate(
      Write write, Violations violations, ObjectNode object, @Nullable ObjectNode old) {
    if (!violations.isEmpty()) {
      return; // what is refused is not warned of
    }
    JsonNode spec = object.path("spec");
    pods(write, object, old);
    switch (write.type().qualified()) {
      case "services" -> {
        boolean used =
            !spec.path("type").asText().equals("ExternalName")
                && !spec.path("clusterIP").asText().equals("None");
        if (used && !spec.path("externalIPs").isEmpty() && write.subresource().isEmpty()) {
          write
              .warnings()
              .add(
                  "spec.externalIPs is deprecated and may no longer be implemented in some"
                      + " clusters");
        }
      }
      case "csidrivers.storage.k8s.io" -> {
        if (!spec.path("tokenRequests").isEmpty() && !spec.has("serviceAccountTokenInSecrets")) {
          write
              .warnings()
              .add(
                  "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set"
                      + " to true to prevent possible logging of tokens in volume attributes");
        }
      }
      case "customresourcedefinitions.apiextensions.k8s.io" -> definition(write, spec);
      case "mutatingwebhookconfigurations.admissionregistration.k8s.io",
          "validatingwebhookconfigurations.admissionregistration.k8s.io" ->
          webhooks(write, object);
      case "validatingadmissionpolicies.admissionregistration.k8s.io",
          "mutatingadmissionpolicies.admissionregistration.k8s.io" ->
          write
              .warnings()
              .add(
                  "the sandbox does not evaluate admission policies: nothing is refused or changed"
                      + " by this one");
      default -> {
        finalizers(write, object, old);
        int count = write.type().expressions();
        if (count > 0 && !write.subresource().equals("finalize")) {
          write
              .warnings()
              .add(
                  "the sandbox did not evaluate the "
                      + count
                      + " validation expressions (x-kubernetes-validations) of "
                      + write.type().qualified());
        }
      }
    }
  }

  /** Of pods when they are made, of templates of pods whenever their object's spec changes. */
  private static void pods(Write write, JsonNode object, @Nullable JsonNode old) {
    String at =
        switch (write.type().qualified()) {
          case "pods" -> old == null ? "/spec" : "";
          case "podtemplates" -> "/template/spec";
          case "cronjobs.batch" -> "/spec/jobTemplate/spec/template/spec";
          case "deployments.apps",
              "statefulsets.apps",
              "daemonsets.apps",
              "replicasets.apps",
              "jobs.batch",
              "replicationcontrollers" ->
              "/spec/template/spec";
          default -> "";
        };
    boolean changed = old == null || !object.path("spec").equals(old.path("spec"));
    if (!at.isEmpty() && changed && write.subresource().isEmpty()) {
      write.warnings().addAll(PodWarnings.of(object.at(at), at.substring(1).replace('/', '.')));
    }
  }

  private static void finalizers(Write write, ObjectNode object, @Nullable ObjectNode old) {
    String present = old == null ? "" : old.at("/metadata/finalizers").toString();
    for (JsonNode each : object.path("metadata").path("finalizers")) {
      String name = each.asText();
      boolean plain = !name.contains("/") && !MetadataRules.FINALIZERS.contains(name);
      if (write.type().custom() && plain && !present.contains(each.toString())) {
        write
            .warnings()
            .add(
                "metadata.finalizers: \""
                    + name
                    + "\": prefer a domain-qualified finalizer name to avoid accidental conflicts"
                    + " with other finalizer writers");
      }
    }
  }

  private static void definition(Write write, JsonNode spec) {
    if (!write.subresource().isEmpty()) {
      return;
    }
    int i = 0;
    for (JsonNode version : spec.path("versions")) {
      int count = CustomTypes.expressions(version);
      if (count > 0) {
        write
            .warnings()
            .add(
                "spec.versions["
                    + i
                    + "].schema: the sandbox does not evaluate the "
                    + count
                    + " validation expressions (x-kubernetes-validations): what they would refuse"
                    + " is accepted");
      }
      i++;
    }
  }

  private static void webhooks(Write write, JsonNode object) {
    int i = 0;
    for (JsonNode webhook : object.path("webhooks")) {
      if (!webhook.path("matchConditions").isEmpty()) {
        write
            .warnings()
            .add(
                "webhooks["
                    + i
                    + "].matchConditions: the sandbox does not evaluate them: the webhook is asked"
                    + " whatever they say");
      }
      i++;
    }
  }
}
