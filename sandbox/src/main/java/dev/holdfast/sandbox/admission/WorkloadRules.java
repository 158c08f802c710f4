package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.status.Violations;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What makes pods of a template: Deployments, Jobs and the others, PodTemplates too. */
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

  private static final String IMMUTABLE = "field is immutable";
  private static final String UNSELECTED = "`selector` does not match template `labels`";

  @Override
  public void prepareCreate(Write write, ObjectNode object) {
    switch (write.type().kind()) {
      case "Job" -> JobSelector.generate(object);
      case "DaemonSet" -> templates(object, 1);
      default -> {}
    }
  }

  @Override
  public void prepareUpdate(Write write, ObjectNode old, ObjectNode object) {
    JsonNode labels = object.at("/spec/template/metadata/labels");
    if (write.type().kind().equals("Job")
        && object.at("/metadata/labels").isEmpty()
        && !labels.isEmpty()) {
      object.withObject("/metadata").set("labels", labels.deepCopy());
    }
    if (write.type().kind().equals("DaemonSet")) {
      boolean same = old.at("/spec/template").equals(object.at("/spec/template"));
      long count = old.at("/metadata/annotations/" + Defaults.TEMPLATE_GENERATION).asLong();
      templates(object, same ? count : count + 1);
    }
  }

  private static void templates(ObjectNode set, long count) {
    set.withObject("/metadata/annotations")
        .put(Defaults.TEMPLATE_GENERATION, String.valueOf(count));
  }

  @Override
  public void validate(
      Write write, Violations violations, ObjectNode object, @Nullable ObjectNode old) {
    if (!write.subresource().isEmpty() && !write.subresource().equals("scale")) {
      return;
    }
    JsonNode spec = object.path("spec");
    JsonNode before = old == null ? null : old.path("spec");
    String kind = write.type().kind();
    switch (kind) {
      case "Job" -> job(violations, spec, before);
      case "CronJob" -> cronJob(violations, spec);
      case "PodTemplate" -> PodSpecs.template(violations, object.path("template"), "template");
      case "ReplicationController" -> controller(violations, spec);
      default -> workload(violations, kind, spec, before);
    }
  }

  private static void controller(Violations violations, JsonNode spec) {
    FieldChecks.nonnegative(violations, spec, "spec", "minReadySeconds", "replicas");
    JsonNode selector = spec.path("selector");
    if (selector.isEmpty()) {
      violations.required("spec.selector", "");
    }
    if (!spec.has("template")) {
      violations.required("spec.template", "");
      return;
    }
    JsonNode labels = spec.at("/template/metadata/labels");
    if (selector.propertyStream().anyMatch(e -> !e.getValue().equals(labels.get(e.getKey())))) {
      violations.invalid("spec.template.metadata.labels", labels, UNSELECTED);
    }
    PodSpecs.running(
        violations, spec.path("template"), "spec.template", List.of(), "ReplicationController");
  }

  private static void workload(
      Violations violations, String kind, JsonNode spec, @Nullable JsonNode old) {
    FieldChecks.nonnegative(
        violations,
        spec,
        "spec",
        "replicas",
        "minReadySeconds",
        "revisionHistoryLimit",
        "progressDeadlineSeconds");
    JsonNode selector = spec.path("selector");
    if (!selector.isObject()) {
      if (!kind.equals("DaemonSet")) {
        violations.required("spec.selector", "");
      }
    } else {
      Selectors.validate(violations, selector, "spec.selector");
      if (Selectors.empty(selector)) {
        violations.invalid(
            "spec.selector",
            selector,
            "empty selector is invalid for "
                + (kind.equals("ReplicaSet")
                    ? "deployment"
                    : kind.toLowerCase(java.util.Locale.ROOT)));
      }
    }
    boolean valid = Selectors.valid(selector);
    JsonNode labels = spec.at("/template/metadata/labels");
    if (valid && !Selectors.matches(selector, labels)) {
      violations.invalid("spec.template.metadata.labels", labels, UNSELECTED);
    }
    if (valid || kind.equals("DaemonSet")) {
      template(violations, kind, spec);
      if (old == null) {
        claims(violations, spec);
      }
    } else { // a real server does not look at the template then
      violations.invalid(
          "spec.selector", selector, kind.equals("StatefulSet") ? "" : "invalid label selector");
    }
    strategy(violations, kind, spec);
    if (old != null) {
      immutable(violations, kind, spec, old);
    }
  }

  private static void template(Violations violations, String kind, JsonNode spec) {
    List<String> claims = new ArrayList<>();
    spec.path("volumeClaimTemplates")
        .forEach(claim -> claims.add(claim.path("metadata").path("name").asText()));
    PodSpecs.running(
        violations,
        spec.path("template"),
        "spec.template",
        claims,
        kind.equals("Deployment") ? "ReplicaSet" : kind);
  }

  private static void claims(Violations violations, JsonNode spec) {
    int i = 0;
    for (JsonNode claim : spec.path("volumeClaimTemplates")) {
      ClaimRules.validate(
          violations, claim.path("spec"), "spec.volumeClaimTemplates[" + i++ + "].spec");
    }
  }

  private static void strategy(Violations violations, String kind, JsonNode spec) {
    switch (kind) {
      case "Deployment" -> {
        JsonNode strategy = spec.path("strategy");
        String type = strategy.path("type").asText();
        if (!List.of("Recreate", "RollingUpdate").contains(type)) {
          violations.notAmong("spec.strategy", strategy, List.of("Recreate", "RollingUpdate"));
        } else if (type.equals("Recreate") && strategy.has("rollingUpdate")) {
          violations.forbidden(
              "spec.strategy.rollingUpdate",
              "may not be specified when strategy `type` is 'Recreate'");
        }
        counts(violations, strategy.path("rollingUpdate"), "spec.strategy.rollingUpdate");
      }
      case "DaemonSet" ->
          counts(
              violations,
              spec.path("updateStrategy").path("rollingUpdate"),
              "spec.updateStrategy.rollingUpdate");
      case "StatefulSet" -> {
        String name = spec.path("serviceName").asText();
        if (!name.isEmpty()) {
          FieldChecks.label(violations, name, "spec.serviceName");
        }
        String management = spec.path("podManagementPolicy").asText();
        if (!List.of("OrderedReady", "Parallel").contains(management)) {
          violations.invalid(
              "spec.podManagementPolicy", management, "must be 'OrderedReady' or 'Parallel'");
        }
      }
      default -> {}
    }
  }

  private static void counts(Violations violations, JsonNode rolling, String at) {
    FieldChecks.countOrPercent(
        violations, rolling.path("maxUnavailable"), at + ".maxUnavailable", true);
    FieldChecks.countOrPercent(violations, rolling.path("maxSurge"), at + ".maxSurge", false);
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
      violations.invalid("spec.selector", spec.path("selector"), IMMUTABLE);
    }
  }

  private static void job(Violations violations, JsonNode spec, @Nullable JsonNode old) {
    jobSpec(violations, spec, "spec");
    JsonNode selector = spec.path("selector");
    JsonNode labels = spec.at("/template/metadata/labels");
    if (!spec.has("selector")) {
      violations.required("spec.selector", "");
      violations.invalid("spec.template.metadata.labels", labels, UNSELECTED);
    } else {
      Selectors.validate(violations, selector, "spec.selector");
      if (Selectors.valid(selector) && !Selectors.matches(selector, labels)) {
        violations.invalid("spec.template.metadata.labels", labels, UNSELECTED);
      }
    }
    if (old == null) {
      return;
    }
    boolean indexed = spec.path("completionMode").asText().equals("Indexed");
    if (!indexed && !spec.path("completions").equals(old.path("completions"))) {
      violations.invalid("spec.completions", spec.path("completions"), IMMUTABLE);
    }
    for (String field :
        List.of("selector", "template", "completionMode", "podFailurePolicy", "successPolicy")) {
      boolean suspended = field.equals("template") && old.path("suspend").asBoolean();
      if (!suspended && !spec.path(field).equals(old.path(field))) {
        violations.invalid("spec." + field, spec.path(field), IMMUTABLE);
      }
    }
  }

  /** Of a Job or of a template of one. */
  private static void jobSpec(Violations violations, JsonNode spec, String at) {
    FieldChecks.nonnegative(
        violations,
        spec,
        at,
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished");
    String mode = spec.path("completionMode").asText("NonIndexed");
    if (!List.of("NonIndexed", "Indexed").contains(mode)) {
      violations.notAmong(at + ".completionMode", mode, List.of("NonIndexed", "Indexed"));
    } else if (mode.equals("Indexed") && !spec.has("completions")) {
      violations.required(at + ".completions", "when completion mode is Indexed");
    }
    PodSpecs.template(violations, spec.path("template"), at + ".template");
    String restart = spec.at("/template/spec/restartPolicy").asText();
    if (restart.equals("Always")) {
      violations.required(
          at + ".template.spec.restartPolicy", "valid values: \"OnFailure\", \"Never\"");
    } else if (!restart.isEmpty() && !List.of("OnFailure", "Never").contains(restart)) {
      violations.notAmong(
          at + ".template.spec.restartPolicy", restart, List.of("OnFailure", "Never"));
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
    FieldChecks.nonnegative(
        violations,
        spec,
        "spec",
        "startingDeadlineSeconds",
        "successfulJobsHistoryLimit",
        "failedJobsHistoryLimit");
    zone(violations, spec.path("timeZone"));
    FieldChecks.among(
        violations,
        spec.path("concurrencyPolicy"),
        "spec.concurrencyPolicy",
        List.of("Allow", "Forbid", "Replace"));
    JsonNode job = spec.at("/jobTemplate/spec");
    jobSpec(violations, job, "spec.jobTemplate.spec");
    if (job.has("selector")) {
      violations.invalid(
          "spec.jobTemplate.spec.selector",
          job.path("selector"),
          "`selector` will be auto-generated");
    }
  }

  private static void zone(Violations violations, JsonNode zone) {
    if (!zone.isTextual()) {
      return;
    }
    String name = zone.asText();
    if (name.isEmpty()) {
      violations.invalid("spec.timeZone", zone, "timeZone must be nil or non-empty string");
    } else if (name.equalsIgnoreCase("Local")) {
      violations.invalid(
          "spec.timeZone",
          zone,
          "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
    } else if (!java.time.ZoneId.getAvailableZoneIds().contains(name)) {
      violations.invalid("spec.timeZone", zone, "unknown time zone " + name);
    }
  }
}
