package dev.holdfast.engine.restore.action;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** What defines and extends the API: CRDs, APIServices, admission webhooks. */
final class DefinitionAction {

  private DefinitionAction() {}

  /**
   * In v1, unknown fields are kept by the schema, no longer by {@code preserveUnknownFields}. A
   * definition from the days of v1beta1 may have no schema at all, which v1 refuses: it gets the
   * one that says the same.
   */
  static void definition(Draft draft) {
    ObjectNode spec = Fields.object(draft.item, "spec");
    if (spec == null
        || !Fields.text(draft.item, "apiVersion").equals("apiextensions.k8s.io/v1")
        || !spec.path("preserveUnknownFields").asBoolean()) {
      return;
    }
    spec.remove("preserveUnknownFields");
    for (ObjectNode version : Fields.objects(spec, "versions")) {
      ObjectNode schema = Fields.object(version, "schema", "openAPIV3Schema");
      if (schema == null) {
        schema = version.withObject("/schema/openAPIV3Schema").put("type", "object");
      }
      schema.put("x-kubernetes-preserve-unknown-fields", true);
    }
  }

  static void apiService(Draft draft) {
    if (Fields.at(draft.item, "metadata", "labels")
        .has("kube-aggregator.kubernetes.io/automanaged")) {
      draft.skip("the API server makes this APIService by itself");
    }
  }

  /** v1 accepts only webhooks that promise no side effects, at least in a dry run. */
  static void webhooks(Draft draft) {
    if (!Fields.text(draft.item, "apiVersion").equals("admissionregistration.k8s.io/v1")) {
      return;
    }
    for (ObjectNode webhook : Fields.objects(draft.item, "webhooks")) {
      String effects = Fields.text(webhook, "sideEffects");
      if (!effects.equals("None") && !effects.equals("NoneOnDryRun")) {
        webhook.put("sideEffects", "None");
      }
    }
  }
}
