package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.schema.ServedType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What one object uses of the resources that a quota can limit. */
public final class Usage {

  private static final Set<String> COUNTED =
      Set.of(
          "configmaps",
          "secrets",
          "services",
          "pods",
          "persistentvolumeclaims",
          "replicationcontrollers",
          "resourcequotas");

  private Usage() {}

  /** Quota resource → amount. */
  public static Map<String, String> of(ServedType type, ObjectNode object) {
    Map<String, String> usage = new HashMap<>();
    String qualified = type.qualified();
    usage.put("count/" + qualified, "1");
    if (COUNTED.contains(qualified)) {
      usage.put(qualified, "1");
    }
    JsonNode spec = object.path("spec");
    switch (qualified) {
      case "services" -> service(usage, spec);
      case "persistentvolumeclaims" ->
          usage.put(
              "requests.storage",
              spec.path("resources").path("requests").path("storage").asText("0"));
      case "pods" -> pod(usage, spec);
      default -> {}
    }
    return usage;
  }

  /** Whether objects of the type can use any of a resource that is not a count. */
  public static boolean concerns(ServedType type, String resource) {
    return switch (type.qualified()) {
      case "pods" -> !resource.startsWith("count/");
      case "services" -> resource.startsWith("services");
      case "persistentvolumeclaims" ->
          resource.equals("requests.storage") || resource.equals("persistentvolumeclaims");
      default -> COUNTED.contains(type.qualified()) && resource.equals(type.qualified());
    };
  }

  private static void service(Map<String, String> usage, JsonNode spec) {
    String type = spec.path("type").asText();
    if (type.equals("LoadBalancer")) {
      usage.put("services.loadbalancers", "1");
    }
    if (type.equals("NodePort") || type.equals("LoadBalancer")) {
      usage.put("services.nodeports", String.valueOf(spec.path("ports").size()));
    }
  }

  private static void pod(Map<String, String> usage, JsonNode spec) {
    for (JsonNode container : spec.path("containers")) {
      for (String kind : List.of("requests", "limits")) {
        for (var entry : container.path("resources").path(kind).properties()) {
          String amount = entry.getValue().asText();
          add(usage, kind + "." + entry.getKey(), amount);
          if (kind.equals("requests")) {
            add(usage, entry.getKey(), amount);
          }
        }
      }
    }
  }

  private static void add(Map<String, String> usage, String resource, String amount) {
    usage.merge(resource, amount, (a, b) -> Quantities.plus(a, b, 1));
  }
}
