package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** How a Pod is, in a word, as {@code kubectl get pods} says it. */
final class PodCells {

  private final JsonNode pod;
  private String reason;
  private long ready;
  private long restarts;
  private String lastRestart = "";

  private PodCells(JsonNode pod) {
    this.pod = pod;
    reason = BuiltInCells.or(pod.at("/status/reason").asText(), pod.at("/status/phase").asText());
    if (condition("PodScheduled").path("reason").asText().equals("SchedulingGated")) {
      reason = "SchedulingGated";
    }
    boolean initializing = initContainers();
    if (!initializing || condition("Initialized").path("status").asText().equals("True")) {
      containers();
    }
    deletion();
  }

  static String status(JsonNode pod) {
    return new PodCells(pod).reason;
  }

  static String ready(JsonNode pod) {
    long all = pod.at("/spec/containers").size();
    for (JsonNode container : pod.at("/spec/initContainers")) {
      all += stays(container) ? 1 : 0;
    }
    return new PodCells(pod).ready + "/" + all;
  }

  static String restarts(JsonNode pod) {
    PodCells cells = new PodCells(pod);
    return cells.restarts > 0 && !cells.lastRestart.isEmpty()
        ? cells.restarts + " (" + Ages.since(cells.lastRestart, "<unknown>") + " ago)"
        : String.valueOf(cells.restarts);
  }

  static String readinessGates(JsonNode pod) {
    JsonNode gates = pod.at("/spec/readinessGates");
    if (gates.isEmpty()) {
      return "<none>";
    }
    PodCells cells = new PodCells(pod);
    long open =
        gates
            .valueStream()
            .filter(gate ->
                cells
                    .condition(gate.path("conditionType").asText())
                    .path("status")
                    .asText()
                    .equals("True"))
            .count();
    return open + "/" + gates.size();
  }

  private static boolean stays(JsonNode initContainer) {
    return initContainer.path("restartPolicy").asText().equals("Always");
  }

  private JsonNode condition(String type) {
    for (JsonNode condition : pod.at("/status/conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition;
      }
    }
    return pod.path("no condition");
  }

  /** Whether init containers still run, or have failed. */
  private boolean initContainers() {
    JsonNode containers = pod.at("/spec/initContainers");
    int number = 0;
    for (JsonNode status : pod.at("/status/initContainerStatuses")) {
      boolean stays = stays(byName(containers, status.path("name").asText()));
      restarts += status.path("restartCount").asLong();
      JsonNode terminated = status.at("/state/terminated");
      JsonNode waiting = status.at("/state/waiting");
      if (terminated.isObject() && terminated.path("exitCode").asInt() == 0
          || stays && status.path("started").asBoolean()) {
        ready += stays && status.path("ready").asBoolean() ? 1 : 0;
        number++;
        continue;
      }
      if (terminated.isObject()) {
        reason = "Init:" + ended(terminated);
      } else if (!waiting.path("reason").asText("PodInitializing").equals("PodInitializing")) {
        reason = "Init:" + waiting.path("reason").asText();
      } else {
        reason = "Init:" + number + "/" + containers.size();
      }
      return true;
    }
    return false;
  }

  private static JsonNode byName(JsonNode containers, String name) {
    for (JsonNode container : containers) {
      if (container.path("name").asText().equals(name)) {
        return container;
      }
    }
    return containers.path("no container");
  }

  private static String ended(JsonNode terminated) {
    String reason = terminated.path("reason").asText();
    if (!reason.isEmpty()) {
      return reason;
    }
    int signal = terminated.path("signal").asInt();
    return signal != 0 ? "Signal:" + signal : "ExitCode:" + terminated.path("exitCode").asInt();
  }

  private void containers() {
    boolean running = false;
    restarts = 0;
    List<JsonNode> statuses = new ArrayList<>();
    pod.at("/status/containerStatuses").forEach(statuses::add);
    for (JsonNode status : statuses.reversed()) {
      restarts += status.path("restartCount").asLong();
      String finished = status.at("/lastState/terminated/finishedAt").asText();
      lastRestart = finished.compareTo(lastRestart) > 0 ? finished : lastRestart;
      String waiting = status.at("/state/waiting/reason").asText();
      JsonNode terminated = status.at("/state/terminated");
      if (!waiting.isEmpty()) {
        reason = waiting;
      } else if (terminated.isObject()) {
        reason = ended(terminated);
      } else if (status.path("ready").asBoolean() && status.at("/state/running").isObject()) {
        running = true;
        ready++;
      }
    }
    if (reason.equals("Completed") && running) {
      reason = condition("Ready").path("status").asText().equals("True") ? "Running" : "NotReady";
    }
  }

  private void deletion() {
    if (!pod.path("metadata").has("deletionTimestamp")) {
      return;
    }
    String phase = pod.at("/status/phase").asText();
    if (pod.at("/status/reason").asText().equals("NodeLost")) {
      reason = "Unknown";
    } else if (!phase.equals("Succeeded") && !phase.equals("Failed")) {
      reason = "Terminating";
    }
  }
}
