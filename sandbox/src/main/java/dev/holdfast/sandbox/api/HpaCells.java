package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** What {@code kubectl get hpa} shows. */
final class HpaCells {

  private static final String UNKNOWN = "<unknown>";

  private HpaCells() {}

  static final List<String> COLUMNS =
      List.of("Reference", "Targets", "MinPods", "MaxPods", "Replicas");

  static Object cell(String column, JsonNode hpa) {
    return switch (column) {
      case "Reference" ->
          hpa.at("/spec/scaleTargetRef/kind").asText()
              + "/"
              + hpa.at("/spec/scaleTargetRef/name").asText();
      case "Targets" -> targets(hpa);
      case "MinPods" -> BuiltInCells.or(hpa.at("/spec/minReplicas").asText(), "<unset>");
      case "MaxPods" -> hpa.at("/spec/maxReplicas").asLong();
      default -> hpa.at("/status/currentReplicas").asLong();
    };
  }

  private static String targets(JsonNode hpa) {
    List<String> targets = new ArrayList<>();
    JsonNode percentage = hpa.at("/spec/targetCPUUtilizationPercentage");
    if (percentage.isNumber()) {
      JsonNode current = hpa.at("/status/currentCPUUtilizationPercentage");
      targets.add(
          "cpu: "
              + (current.isNumber() ? current.asText() + "%" : UNKNOWN)
              + "/"
              + percentage.asText()
              + "%");
    }
    int number = 0;
    for (JsonNode metric : hpa.at("/spec/metrics")) {
      targets.add(target(metric, hpa.at("/status/currentMetrics").path(number++)));
    }
    if (targets.isEmpty()) {
      return "<none>";
    }
    return targets.size() > 2
        ? String.join(", ", targets.subList(0, 2)) + " + " + (targets.size() - 2) + " more..."
        : String.join(", ", targets);
  }

  private static String target(JsonNode metric, JsonNode status) {
    return switch (metric.path("type").asText()) {
      case "Resource" -> resource(metric.path("resource"), status.path("resource"));
      case "ContainerResource" ->
          resource(metric.path("containerResource"), status.path("containerResource"));
      case "Pods" -> average(metric.path("pods"), status.path("pods"), "");
      case "Object" -> value(metric.path("object"), status.path("object"));
      default -> value(metric.path("external"), status.path("external"));
    };
  }

  private static String resource(JsonNode metric, JsonNode status) {
    String name = metric.path("name").asText();
    if (metric.path("target").has("averageValue")) {
      return name + ": " + average(metric, status, "");
    }
    JsonNode current = status.at("/current/averageUtilization");
    String target = metric.at("/target/averageUtilization").asText();
    return name
        + ": "
        + (current.isNumber() ? current.asText() + "%" : UNKNOWN)
        + "/"
        + (target.isEmpty() ? "<auto>" : target + "%");
  }

  private static String average(JsonNode metric, JsonNode status, String word) {
    return BuiltInCells.or(status.at("/current/averageValue").asText(), UNKNOWN)
        + "/"
        + metric.at("/target/averageValue").asText()
        + word;
  }

  private static String value(JsonNode metric, JsonNode status) {
    if (metric.path("target").has("averageValue")) {
      return average(metric, status, " (avg)");
    }
    return BuiltInCells.or(status.at("/current/value").asText(), UNKNOWN)
        + "/"
        + metric.at("/target/value").asText();
  }
}
