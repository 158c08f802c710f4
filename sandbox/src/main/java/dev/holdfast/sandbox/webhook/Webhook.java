package dev.holdfast.sandbox.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.model.Json;
import dev.holdfast.model.LabelSelector;
import dev.holdfast.sandbox.schema.ServedType;
import java.time.Duration;
import java.util.List;

/**
 * One entry of a MutatingWebhookConfiguration or ValidatingWebhookConfiguration.
 *
 * @param equivalent whether a rule for another version of a type holds for this one, too
 * @param ignoreFailure whether a call that fails counts as allowed
 * @param dryRun whether it may be asked about dry runs
 * @param again whether it is asked again if a later webhook changed the object
 */
record Webhook(
    String name,
    JsonNode clientConfig,
    List<Rule> rules,
    LabelSelector namespaces,
    LabelSelector objects,
    boolean equivalent,
    boolean ignoreFailure,
    boolean dryRun,
    boolean again,
    Duration timeout) {

  /** What a webhook wants to be asked about. */
  record Rule(
      List<String> operations,
      List<String> groups,
      List<String> versions,
      List<String> resources,
      String scope) {

    boolean covers(String operation, ServedType type, String version, String subresource) {
      return any(operations, operation)
          && any(groups, type.group())
          && any(versions, version)
          && resources.stream().anyMatch(wanted -> resource(wanted, type.resource(), subresource))
          && switch (scope) {
            case "Cluster" -> !type.namespaced();
            case "Namespaced" -> type.namespaced();
            default -> true;
          };
    }

    private static boolean any(List<String> wanted, String value) {
      return wanted.contains("*") || wanted.contains(value);
    }

    /** {@code pods}, {@code pods/status}, {@code pods/*}, {@code *}/status, {@code *}. */
    private static boolean resource(String wanted, String resource, String subresource) {
      int slash = wanted.indexOf('/');
      String first = slash < 0 ? wanted : wanted.substring(0, slash);
      String second = slash < 0 ? "" : wanted.substring(slash + 1);
      return (first.equals("*") || first.equals(resource))
          && (second.equals(subresource) || second.equals("*"));
    }
  }

  static Webhook parse(JsonNode entry) {
    String sideEffects = entry.path("sideEffects").asText();
    return new Webhook(
        entry.path("name").asText(),
        entry.path("clientConfig"),
        entry.path("rules").valueStream().map(Webhook::rule).toList(),
        selector(entry.path("namespaceSelector")),
        selector(entry.path("objectSelector")),
        !entry.path("matchPolicy").asText().equals("Exact"),
        entry.path("failurePolicy").asText().equals("Ignore"),
        sideEffects.equals("None") || sideEffects.equals("NoneOnDryRun"),
        entry.path("reinvocationPolicy").asText().equals("IfNeeded"),
        Duration.ofSeconds(entry.path("timeoutSeconds").asLong(10)));
  }

  private static Rule rule(JsonNode rule) {
    return new Rule(
        texts(rule.path("operations")),
        texts(rule.path("apiGroups")),
        texts(rule.path("apiVersions")),
        texts(rule.path("resources")),
        rule.path("scope").asText("*"));
  }

  private static List<String> texts(JsonNode list) {
    return list.valueStream().map(JsonNode::asText).toList();
  }

  private static LabelSelector selector(JsonNode selector) {
    return Json.MAPPER.convertValue(
        selector.isObject() ? selector : Json.MAPPER.createObjectNode(), LabelSelector.class);
  }
}
