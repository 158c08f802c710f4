package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.status.Violations;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Types of which little can be wrong. */
final class SmallRules implements Rules {

  @Override
  public void prepareCreate(Write write, ObjectNode object) {
    switch (write.type().qualified()) {
      case "namespaces" -> {
        object.withObject("/spec").putArray("finalizers").add("kubernetes");
        object.withObject("/status").put("phase", "Active");
      }
      default -> {}
    }
  }

  @Override
  public void validate(
      Write write, Violations violations, ObjectNode object, @Nullable ObjectNode old) {
    JsonNode spec = object.path("spec");
    switch (write.type().qualified()) {
      case "poddisruptionbudgets.policy" -> budget(violations, spec);
      case "events", "events.events.k8s.io" -> event(violations, object);
      case "leases.coordination.k8s.io" -> {
        positive(violations, spec, "leaseDurationSeconds");
        if (spec.path("leaseTransitions").asLong() < 0) {
          violations.invalid(
              "spec.leaseTransitions",
              spec.path("leaseTransitions"),
              "must be greater than or equal to 0");
        }
      }
      case "priorityclasses.scheduling.k8s.io" -> {
        if (old != null && !old.path("value").equals(object.path("value"))) {
          violations.forbidden("value", "may not be changed in an update.");
        }
        long value = object.path("value").asLong();
        boolean system = object.path("metadata").path("name").asText().startsWith("system-");
        if (value > 1_000_000_000L && !system) {
          violations.forbidden(
              "value", "maximum allowed value of a user defined priority is 1000000000");
        }
      }
      default -> {}
    }
  }

  private static void positive(Violations violations, JsonNode spec, String field) {
    if (spec.has(field) && spec.path(field).asLong() <= 0) {
      violations.invalid("spec." + field, spec.path(field), "must be greater than 0");
    }
  }

  private static void budget(Violations violations, JsonNode spec) {
    for (String field : List.of("minAvailable", "maxUnavailable")) {
      FieldChecks.countOrPercent(violations, spec.path(field), "spec." + field, true);
    }
    Selectors.validate(violations, spec.path("selector"), "spec.selector");
    if (spec.has("minAvailable") && spec.has("maxUnavailable")) {
      ObjectNode shown = Json.MAPPER.createObjectNode();
      for (String field :
          List.of("minAvailable", "selector", "maxUnavailable", "unhealthyPodEvictionPolicy")) {
        shown.set(Character.toUpperCase(field.charAt(0)) + field.substring(1), spec.get(field));
      }
      violations.invalid("spec", shown, "minAvailable and maxUnavailable cannot be both set");
    }
  }

  private static void event(Violations violations, ObjectNode event) {
    String namespace = event.path("metadata").path("namespace").asText();
    String involved = event.path("involvedObject").path("namespace").asText();
    boolean dated = event.hasNonNull("eventTime");
    boolean global = namespace.equals("default") || dated && namespace.equals("kube-system");
    boolean right = involved.isEmpty() ? global : dated || namespace.equals(involved);
    if (!right) {
      violations.invalid("involvedObject.namespace", involved, "does not match event.namespace");
    }
  }
}
