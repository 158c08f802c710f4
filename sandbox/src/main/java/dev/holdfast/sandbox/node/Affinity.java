package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.JsonNode;

/** Whether node selector terms, as of a pod or of a volume, choose a node. */
final class Affinity {

  private Affinity() {}

  /** A pod's nodeSelector and required node affinity. */
  static boolean chooses(JsonNode podSpec, JsonNode node) {
    boolean labelled =
        podSpec
            .path("nodeSelector")
            .propertyStream()
            .allMatch(wanted ->
                label(node, wanted.getKey()).asText().equals(wanted.getValue().asText())
                    && !label(node, wanted.getKey()).isMissingNode());
    return labelled
        && terms(
            podSpec.at(
                "/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution"
                    + "/nodeSelectorTerms"),
            node);
  }

  /** Whether a volume can be mounted on a node. */
  static boolean reaches(JsonNode volume, JsonNode node) {
    return terms(volume.at("/spec/nodeAffinity/required/nodeSelectorTerms"), node);
  }

  /** Terms are alternatives; none at all choose every node. */
  private static boolean terms(JsonNode terms, JsonNode node) {
    return terms.isEmpty() || terms.valueStream().anyMatch(term -> term(term, node));
  }

  private static boolean term(JsonNode term, JsonNode node) {
    JsonNode expressions = term.path("matchExpressions");
    JsonNode fields = term.path("matchFields");
    return !(expressions.isEmpty() && fields.isEmpty())
        && expressions
            .valueStream()
            .allMatch(each -> holds(each, label(node, each.path("key").asText())))
        && fields.valueStream().allMatch(each -> holds(each, node.at("/metadata/name")));
  }

  private static JsonNode label(JsonNode node, String key) {
    return node.at("/metadata/labels").path(key);
  }

  private static boolean holds(JsonNode expression, JsonNode value) {
    boolean there = !value.isMissingNode();
    boolean listed =
        there
            && expression
                .path("values")
                .valueStream()
                .anyMatch(each -> each.asText().equals(value.asText()));
    return switch (expression.path("operator").asText()) {
      case "In" -> listed;
      case "NotIn" -> !listed;
      case "Exists" -> there;
      case "DoesNotExist" -> !there;
      case "Gt" -> there && value.asLong() > expression.at("/values/0").asLong();
      case "Lt" -> there && value.asLong() < expression.at("/values/0").asLong();
      default -> false;
    };
  }
}
