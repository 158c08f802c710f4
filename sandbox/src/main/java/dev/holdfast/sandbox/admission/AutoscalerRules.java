package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.status.Violations;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** HorizontalPodAutoscalers. */
final class AutoscalerRules implements Rules {

  private static final List<String> TYPES =
      List.of("ContainerResource", "External", "Object", "Pods", "Resource");

  /** What each type says in a field of its own, in the order in which they are looked at. */
  private static final Map<String, String> SOURCES = new LinkedHashMap<>();

  static {
    SOURCES.put("Object", "object");
    SOURCES.put("External", "external");
    SOURCES.put("Pods", "pods");
    SOURCES.put("Resource", "resource");
    SOURCES.put("ContainerResource", "containerResource");
  }

  @Override
  public void validate(
      Write write, Violations violations, ObjectNode object, @Nullable ObjectNode old) {
    if (!write.subresource().isEmpty()) {
      return;
    }
    JsonNode spec = object.path("spec");
    JsonNode least = spec.path("minReplicas");
    long most = spec.path("maxReplicas").asLong();
    if (least.isNumber() && least.asLong() < 1) {
      violations.invalid("spec.minReplicas", least, "must be greater than or equal to 1");
    }
    if (most == 0) {
      violations.required("spec.maxReplicas", "must be set and greater than 0");
    } else if (most < 0) {
      violations.invalid("spec.maxReplicas", most, "must be greater than or equal to 1");
    }
    if (least.isNumber() && most < least.asLong()) {
      violations.invalid(
          "spec.maxReplicas", most, "must be greater than or equal to `minReplicas`");
    }
    target(violations, spec.path("scaleTargetRef"));
    int i = 0;
    for (JsonNode metric : spec.path("metrics")) {
      metric(violations, metric, "spec.metrics[" + i++ + "]");
    }
  }

  private static void target(Violations violations, JsonNode reference) {
    for (String field : List.of("kind", "name")) {
      String value = reference.path(field).asText();
      if (value.isEmpty()) {
        violations.required("spec.scaleTargetRef." + field, "");
      } else {
        FieldChecks.segment(violations, value, "spec.scaleTargetRef." + field);
      }
    }
    String version = reference.path("apiVersion").asText();
    if (version.chars().filter(c -> c == '/').count() > 1) {
      violations.invalid(
          "spec.scaleTargetRef.apiVersion", version, "unexpected GroupVersion string: " + version);
    } else if (!version.contains("/") || version.startsWith("/")) {
      violations.invalid(
          "spec.scaleTargetRef.apiVersion", version, "apiVersion must specify API group");
    }
  }

  private static void metric(Violations violations, JsonNode metric, String at) {
    String type = metric.path("type").asText();
    if (type.isEmpty()) {
      violations.required(at + ".type", "must specify a metric source type");
    }
    if (!TYPES.contains(type)) {
      violations.notAmong(at + ".type", type, TYPES);
    }
    String expected = SOURCES.getOrDefault(type, "");
    if (!expected.isEmpty() && !metric.has(expected)) {
      violations.required(
          at + "." + expected, "must populate information for the given metric source");
    }
    List<String> present = SOURCES.values().stream().filter(metric::has).toList();
    if (!present.isEmpty()) {
      String first = present.getFirst();
      source(violations, metric.path(first), at + "." + first, first);
    }
    if (present.size() != 1) {
      for (String other : present) {
        if (!other.equals(expected)) {
          violations.forbidden(at + "." + other, "must populate the given metric source only");
        }
      }
    }
  }

  private static void source(Violations violations, JsonNode source, String at, String kind) {
    JsonNode target = source.path("target");
    if (kind.endsWith("esource")) {
      if (source.path("name").asText().isEmpty()) {
        violations.required(at + ".name", "must specify a resource name");
      }
      boolean share = target.has("averageUtilization");
      boolean value = target.has("averageValue");
      if (!share && !value) {
        violations.required(
            at + ".target.averageUtilization",
            "must set either a target raw value or a target utilization");
      } else if (share && value) {
        violations.forbidden(
            at + ".target.averageValue",
            "may not set both a target raw value and a target utilization");
      }
    } else if (source.path("metric").path("name").asText().isEmpty()) {
      violations.required(at + ".metric.name", "must specify a metric name");
    }
    String type = target.path("type").asText();
    if (type.isEmpty()) {
      violations.required(at + ".target.type", "must specify a metric target type");
    }
    if (!List.of("Utilization", "Value", "AverageValue").contains(type)) {
      violations.invalid(
          at + ".target.type", type, "must be either Utilization, Value, or AverageValue");
    }
    for (String field : List.of("value", "averageValue")) {
      if (target.has(field)
          && Quantities.value(target.path(field).asText()).orElse(BigDecimal.ZERO).signum() <= 0) {
        violations.invalid(at + ".target." + field, target.path(field), "must be positive");
      }
    }
    JsonNode share = target.path("averageUtilization");
    if (share.isNumber() && share.asLong() < 1) {
      violations.invalid(at + ".target.averageUtilization", share, "must be greater than 0");
    }
  }
}
