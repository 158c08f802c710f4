package dev.holdfast.engine.restore.action;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Addresses and ports that the server gave a Service. A node port stays if ports are to be
 * preserved or a user chose it, which shows in the annotation of {@code kubectl apply}, or without
 * that annotation in the managed fields.
 */
final class NodePorts {

  private static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

  private NodePorts() {}

  static void remove(ObjectNode service, boolean preserve) {
    ObjectNode spec = Fields.object(service, "spec");
    if (spec == null) {
      return;
    }
    if (!Fields.text(spec, "clusterIP").equals("None")) {
      spec.remove("clusterIP");
      spec.remove("clusterIPs");
    }
    if (preserve || Fields.text(spec, "type").equals("ExternalName")) {
      return;
    }
    JsonNode applied = lastApplied(service);
    for (ObjectNode port : Fields.objects(spec, "ports")) {
      boolean chosen = applied == null ? managed(service, port) : applied(applied, port);
      if (!chosen) {
        port.remove("nodePort");
      }
    }
    boolean chosen =
        applied != null && applied.at("/spec/healthCheckNodePort").asInt() != 0
            || Fields.objects(service, "metadata", "managedFields").stream()
                .anyMatch(e -> e.at("/fieldsV1/f:spec/f:healthCheckNodePort").isObject());
    if (!chosen) {
      spec.remove("healthCheckNodePort");
    }
  }

  /** The configuration of the last {@code kubectl apply}, or null if there is none to be read. */
  private static @Nullable JsonNode lastApplied(ObjectNode service) {
    String text = Fields.annotation(service, LAST_APPLIED);
    if (text.isEmpty()) {
      return null;
    }
    try {
      return Json.MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      return null;
    }
  }

  private static boolean applied(JsonNode applied, ObjectNode port) {
    String name = Fields.text(port, "name");
    Set<Integer> unnamed = new HashSet<>();
    for (ObjectNode wanted : Fields.objects(applied, "spec", "ports")) {
      int number = wanted.path("nodePort").asInt();
      if (number == 0) {
        continue;
      }
      if (!wanted.has("name")) {
        unnamed.add(number);
      } else if (Fields.text(wanted, "name").equals(name)) {
        return true;
      }
    }
    return name.isEmpty() && unnamed.contains(port.path("nodePort").asInt());
  }

  private static boolean managed(ObjectNode service, ObjectNode port) {
    String key =
        "k:{\"port\":%s,\"protocol\":\"%s\"}"
            .formatted(port.path("port").asText(), port.path("protocol").asText("TCP"));
    return Fields.objects(service, "metadata", "managedFields").stream()
        .anyMatch(
            entry -> Fields.at(entry, "fieldsV1", "f:spec", "f:ports", key).has("f:nodePort"));
  }
}
