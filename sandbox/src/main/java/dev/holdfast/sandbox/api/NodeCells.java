package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import java.util.TreeSet;

/** What {@code kubectl get nodes} shows. */
final class NodeCells {

  private static final String ROLE = "node-role.kubernetes.io/";

  private NodeCells() {}

  static String status(JsonNode node) {
    String ready = "Unknown";
    for (JsonNode condition : node.at("/status/conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        ready = condition.path("status").asText().equals("True") ? "Ready" : "NotReady";
      }
    }
    return ready + (node.at("/spec/unschedulable").asBoolean() ? ",SchedulingDisabled" : "");
  }

  static String roles(JsonNode node) {
    Set<String> roles = new TreeSet<>();
    node.at("/metadata/labels")
        .properties()
        .forEach(label -> {
          if (label.getKey().startsWith(ROLE) && label.getKey().length() > ROLE.length()) {
            roles.add(label.getKey().substring(ROLE.length()));
          } else if (label.getKey().equals("kubernetes.io/role")
              && !label.getValue().asText().isEmpty()) {
            roles.add(label.getValue().asText());
          }
        });
    return roles.isEmpty() ? "<none>" : String.join(",", roles);
  }

  static String address(JsonNode node, String type) {
    for (JsonNode address : node.at("/status/addresses")) {
      if (address.path("type").asText().equals(type)) {
        return address.path("address").asText();
      }
    }
    return "<none>";
  }
}
