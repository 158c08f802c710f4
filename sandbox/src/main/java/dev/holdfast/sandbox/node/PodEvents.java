package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.schema.Types;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.Set;

/** The events of one pod: what its status has no words for. Each is told once. */
final class PodEvents {

  private final Objects objects;
  private final ObjectNode pod;
  private final Set<String> told = new HashSet<>();

  PodEvents(Objects objects, ObjectNode pod) {
    this.objects = objects;
    this.pod = pod;
  }

  /**
   * Writes a warning.
   *
   * @param reason one word: {@code FailedAttachVolume} is the attach-detach controller's; empty for
   *     no event
   * @return whether there is one that says so
   */
  boolean warn(String reason, String message) {
    if (reason.isEmpty() || !told.add(reason + " " + message)) {
      return !reason.isEmpty();
    }
    String component = reason.equals("FailedAttachVolume") ? "attachdetach-controller" : "kubelet";
    String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    String namespace = pod.at("/metadata/namespace").asText();
    ObjectNode event = Json.MAPPER.createObjectNode();
    String name = pod.at("/metadata/name").asText();
    event
        .putObject("metadata")
        .put("name", "%s.%016x".formatted(name, System.nanoTime()))
        .put("namespace", namespace);
    event
        .putObject("involvedObject")
        .put("apiVersion", "v1")
        .put("kind", "Pod")
        .put("namespace", namespace)
        .put("name", name)
        .put("uid", pod.at("/metadata/uid").asText());
    event.put("type", "Warning").put("reason", reason).put("message", message);
    event.put("firstTimestamp", now).put("lastTimestamp", now).put("count", 1);
    event.putObject("source").put("component", component);
    event.put("reportingComponent", component).put("reportingInstance", "");
    return objects.create(Types.EVENTS, namespace, event, component);
  }
}
