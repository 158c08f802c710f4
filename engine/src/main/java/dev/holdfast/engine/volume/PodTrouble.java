package dev.holdfast.engine.volume;

import com.fasterxml.jackson.databind.JsonNode;

/** Why a pod does not run, as its status says it. */
public final class PodTrouble {

  private PodTrouble() {}

  /** A few words. */
  public static String of(JsonNode pod) {
    for (JsonNode status : pod.at("/status/containerStatuses")) {
      for (String state : new String[] {"waiting", "terminated"}) {
        JsonNode found = status.path("state").path(state);
        if (found.isObject()) {
          String exit =
              found.has("exitCode") ? " (exit status " + found.path("exitCode").asInt() + ")" : "";
          return (found.path("reason").asText() + exit + " " + found.path("message").asText())
              .strip();
        }
      }
    }
    for (JsonNode condition : pod.at("/status/conditions")) {
      if (condition.path("status").asText().equals("False")) {
        return (condition.path("reason").asText() + " " + condition.path("message").asText())
            .strip();
      }
    }
    return "the cluster does not say why";
  }
}
