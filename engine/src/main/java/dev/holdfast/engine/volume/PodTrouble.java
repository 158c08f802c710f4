package dev.holdfast.engine.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.ListOptions;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Why a pod does not run. */
public final class PodTrouble {

  /** A type that every cluster serves. */
  private static final ResourceType EVENTS =
      new ResourceType(
          "", "v1", "Event", "events", "event", List.of(), true, List.of("list"), true);

  private PodTrouble() {}

  /**
   * In a few words: what its status says, the last warning among its events, and who holds claims
   * that it waits for. Of what the caller may not read, nothing is said.
   *
   * @param pods the type, as the cluster serves it
   */
  public static String of(Operation op, Cluster cluster, ResourceType pods, ObjectNode pod) {
    String words = of(pod);
    Optional<String> warning = warning(op, cluster, pod);
    if (warning.isPresent() && !words.contains(warning.get())) {
      words += ": " + warning.get();
    }
    boolean claims = warning.isEmpty() || warning.get().contains("olume");
    return claims && !started(pod) ? words + holders(op, cluster, pods, pod) : words;
  }

  /** Whether its volumes are mounted: a container waits for something else, or has run. */
  private static boolean started(JsonNode pod) {
    return pod.at("/status/containerStatuses")
        .valueStream()
        .map(status -> status.at("/state/waiting/reason").asText())
        .anyMatch(
            reason -> !reason.equals("ContainerCreating") && !reason.equals("PodInitializing"));
  }

  /** A few words of its status. */
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

  private static Optional<String> warning(Operation op, Cluster cluster, ObjectNode pod) {
    String own = "involvedObject.uid=" + pod.at("/metadata/uid").asText() + ",type=Warning";
    List<JsonNode> events = new ArrayList<>();
    try {
      cluster.list(
          op,
          EVENTS,
          pod.at("/metadata/namespace").asText(),
          new ListOptions(null, own, 0),
          item -> events.add(Json.object(item.json(), item.name())));
    } catch (Failure.Denied | Failure.Absent | Failure.Rejected e) {
      return Optional.empty();
    }
    return events.stream()
        .max(Comparator.comparing(PodTrouble::time))
        .map(event ->
            event.path("reason").asText()
                + " "
                + event.path("message").asText().strip().replaceAll("\\s+", " "));
  }

  private static String time(JsonNode event) {
    String last = event.path("lastTimestamp").asText("");
    return last.isEmpty() || last.equals("null") ? event.path("eventTime").asText("") : last;
  }

  private static String holders(Operation op, Cluster cluster, ResourceType pods, ObjectNode pod) {
    String namespace = pod.at("/metadata/namespace").asText();
    StringBuilder words = new StringBuilder();
    for (JsonNode volume : pod.at("/spec/volumes")) {
      String claim = volume.at("/persistentVolumeClaim/claimName").asText();
      Optional<ClaimHolder> holder =
          claim.isEmpty()
              ? Optional.empty()
              : ClaimHolder.of(
                  op, cluster, pods, namespace, claim, pod.at("/metadata/name").asText());
      holder.ifPresent(each ->
          words.append(
              "; claim %s/%s is in use by pod %s on node %s: if its volume can be on one node only, end that pod and try again"
                  .formatted(namespace, claim, each.pod(), each.node())));
    }
    return words.toString();
  }
}
