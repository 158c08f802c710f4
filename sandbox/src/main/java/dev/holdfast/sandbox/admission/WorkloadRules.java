package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.status.Violations;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Deployments, StatefulSets, DaemonSets, ReplicaSets, Jobs and CronJobs. */
final class WorkloadRules implements Rules {

  private static final Set<String> STATEFUL_SET_MUTABLE =
      Set.of(
          "replicas",
          "ordinals",
          "template",
          "updateStrategy",
          "revisionHistoryLimit",
          "persistentVolumeClaimRetentionPolicy",
          "minReadySeconds");

  @Override
  public void prepareCreate(Write write, ObjectNode object) {
    if (write.type().kind().equals("Job")) {
      JobSelector.generate(object);
    }
  }

  @Override
  public void validate(
      Write write, Violations violations, ObjectNode object, @Nullable ObjectNode old) {
    if (!write.subresource().isEmpty() && !write.subresource().equals("scale")) {
      return;
    }
    JsonNode spec = object.path("spec");
    String kind = write.type().kind();
    switch (kind) {
      case "Job" -> job(violations, spec, old == null ? null : old.path("spec"));
      case "CronJob" -> cronJob(violations, spec);
      default -> workload(violations, kind, spec, old == null ? null : old.path("spec"));
    }
  }

  private static void workload(
      Violations violations, String kind, JsonNode spec, @Nullable JsonNode old) {
    if (spec.path("replicas").asLong() < 0) {
      violations.invalid(
          "spec.replicas", spec.path("replicas"), "must be greater than or equal to 0");
    }
    JsonNode selector = spec.path("selector");
    if (!selector.isObject()) {
      violations.required("spec.selector", "");
    } else if (selector.path("matchLabels").isEmpty()
        && selector.path("matchExpressions").isEmpty()) {
      violations.invalid(
          "spec.selector",
          selector,
          "empty selector is invalid for " + kind.toLowerCase(java.util.Locale.ROOT));
    } else {
      MetadataRules.labels(violations, selector.path("matchLabels"), "spec.selector.matchLabels");
      template(violations, spec, selector);
    }
    Set<String> claims = new HashSet<>();
    spec.path("volumeClaimTemplates")
        .forEach(claim -> claims.add(claim.path("metadata").path("name").asText()));
    MetadataRules.labels(
        violations, spec.path("template").path("metadata").path("labels"), "spec.template.labels");
    PodSpecs.validate(violations, spec.path("template").path("spec"), "spec.template.spec", claims);
    String restart = spec.path("template").path("spec").path("restartPolicy").asText();
    if (!restart.isEmpty() && !restart.equals("Always")) {
      violations.notSupported("spec.template.spec.restartPolicy", restart, List.of("Always"));
    }
    if (old != null) {
      immutable(violations, kind, spec, old);
    }
  }

  private static void template(Violations violations, JsonNode spec, JsonNode selector) {
    JsonNode labels = spec.path("template").path("metadata").path("labels");
    Map<String, String> values = new HashMap<>();
    labels.properties().forEach(label -> values.put(label.getKey(), label.getValue().asText()));
    boolean matches =
        Json.read(Json.bytes(selector), dev.holdfast.model.LabelSelector.class, "a selector")
            .matches(values);
    if (!matches) {
      violations.invalid(
          "spec.template.metadata.labels", labels, "`selector` does not match template `labels`");
    }
  }

  private static void immutable(Violations violations, String kind, JsonNode spec, JsonNode old) {
    if (kind.equals("StatefulSet")) {
      ObjectNode a = spec.deepCopy();
      ObjectNode b = old.deepCopy();
      if (!a.remove(STATEFUL_SET_MUTABLE).equals(b.remove(STATEFUL_SET_MUTABLE))) {
        violations.forbidden(
            "spec",
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template',"
                + " 'updateStrategy', 'revisionHistoryLimit',"
                + " 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden");
      }
    } else if (!spec.path("selector").equals(old.path("selector"))) {
      violations.invalid("spec.selector", spec.path("selector"), "field is immutable");
    }
  }

  private static void job(Violations violations, JsonNode spec, @Nullable JsonNode old) {
    restartPolicy(violations, spec.path("template").path("spec"), "spec.template.spec");
    PodSpecs.validate(violations, spec.path("template").path("spec"), "spec.template.spec");
    if (old == null) {
      return;
    }
    boolean indexed = spec.path("completionMode").asText().equals("Indexed");
    if (!indexed && !spec.path("completions").equals(old.path("completions"))) {
      violations.invalid("spec.completions", spec.path("completions"), "field is immutable");
    }
    for (String field : List.of("selector", "template", "completionMode")) {
      boolean suspended = field.equals("template") && old.path("suspend").asBoolean();
      if (!suspended && !spec.path(field).equals(old.path(field))) {
        violations.invalid("spec." + field, spec.path(field), "field is immutable");
      }
    }
  }

  private static void restartPolicy(Violations violations, JsonNode pod, String at) {
    String restart = pod.path("restartPolicy").asText();
    if (restart.equals("Always")) {
      violations.required(at + ".restartPolicy", "valid values: \"OnFailure\", \"Never\"");
    }
  }

  private static void cronJob(Violations violations, JsonNode spec) {
    String schedule = spec.path("schedule").asText();
    if (schedule.isEmpty()) {
      violations.required("spec.schedule", "");
    } else {
      String wrong = CronSchedules.wrong(schedule);
      if (!wrong.isEmpty()) {
        violations.invalid("spec.schedule", schedule, wrong);
      }
    }
    String pod = "spec.jobTemplate.spec.template.spec";
    JsonNode template = spec.path("jobTemplate").path("spec").path("template").path("spec");
    restartPolicy(violations, template, pod);
    PodSpecs.validate(violations, template, pod);
  }
}
