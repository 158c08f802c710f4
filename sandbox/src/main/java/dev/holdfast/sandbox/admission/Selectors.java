package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.model.Json;
import dev.holdfast.model.LabelSelector;
import dev.holdfast.sandbox.status.Violations;
import java.util.HashMap;
import java.util.Map;

/** Label selectors in objects: whether they are right, what they select. */
final class Selectors {

  private Selectors() {}

  static void validate(Violations violations, JsonNode selector, String at) {
    MetadataRules.labels(violations, selector.path("matchLabels"), at + ".matchLabels");
    int i = 0;
    for (JsonNode requirement : selector.path("matchExpressions")) {
      requirement(violations, requirement, at + ".matchExpressions[" + i++ + "]");
    }
  }

  private static void requirement(Violations violations, JsonNode requirement, String at) {
    JsonNode values = requirement.path("values");
    String operator = requirement.path("operator").asText();
    switch (operator) {
      case "In", "NotIn" -> {
        if (values.isEmpty()) {
          violations.required(
              at + ".values", "must be specified when `operator` is 'In' or 'NotIn'");
        }
      }
      case "Exists", "DoesNotExist" -> {
        if (!values.isEmpty()) {
          violations.forbidden(
              at + ".values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
        }
      }
      default -> violations.invalid(at + ".operator", operator, "not a valid selector operator");
    }
    MetadataRules.key(violations, requirement.path("key").asText(), at + ".key");
    int i = 0;
    for (JsonNode value : values) {
      MetadataRules.labelValue(violations, value.asText(), at + ".values[" + i++ + "]");
    }
  }

  /** Whether nothing is asked for, so that everything is selected. */
  static boolean empty(JsonNode selector) {
    return selector.path("matchLabels").isEmpty() && selector.path("matchExpressions").isEmpty();
  }

  /** Whether its requirements can be evaluated at all. */
  static boolean valid(JsonNode selector) {
    Violations found = new Violations();
    validate(found, selector, "");
    return found.isEmpty();
  }

  /** Nothing that is asked for selects everything, an absent selector nothing. */
  static boolean matches(JsonNode selector, JsonNode labels) {
    if (!selector.isObject()) {
      return false;
    }
    Map<String, String> values = new HashMap<>();
    labels.properties().forEach(label -> values.put(label.getKey(), label.getValue().asText()));
    return Json.read(Json.bytes(selector), LabelSelector.class, "a selector").matches(values);
  }
}
