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

/**
 * A pod that has a claim on its node, or is about to have it. A volume that is neither
 * ReadWriteMany nor ReadOnlyMany can be had on that node only.
 *
 * @param container the first of its containers that mounts the claim; empty if none does
 */
public record ClaimHolder(String pod, String node, String container) {

  /**
   * The pod that holds a claim: one that runs, rather than one that does not yet.
   *
   * @param except the name of a pod that does not count
   * @return empty if there is none, or the caller may not list pods
   */
  public static Optional<ClaimHolder> of(
      Operation op,
      Cluster cluster,
      ResourceType pods,
      String namespace,
      String claim,
      String except) {
    List<ObjectNode> found = new ArrayList<>();
    try {
      cluster.list(
          op,
          pods,
          namespace,
          ListOptions.ALL,
          item -> {
            ObjectNode pod = Json.object(item.json(), item.name());
            if (!item.name().equals(except) && holds(pod) && !volume(pod, claim).isEmpty()) {
              found.add(pod);
            }
          });
    } catch (Failure.Denied e) {
      return Optional.empty();
    }
    return found.stream()
        .min(
            Comparator.comparing((ObjectNode pod) -> !phase(pod).equals("Running"))
                .thenComparing(pod -> pod.at("/metadata/name").asText()))
        .map(pod ->
            new ClaimHolder(
                pod.at("/metadata/name").asText(),
                pod.at("/spec/nodeName").asText(),
                container(pod, volume(pod, claim))));
  }

  private static String phase(JsonNode pod) {
    return pod.at("/status/phase").asText();
  }

  private static boolean holds(JsonNode pod) {
    return !pod.at("/spec/nodeName").asText().isEmpty()
        && !phase(pod).equals("Succeeded")
        && !phase(pod).equals("Failed");
  }

  /** What the pod calls the claim; empty if it does not have it. */
  private static String volume(JsonNode pod, String claim) {
    for (JsonNode volume : pod.at("/spec/volumes")) {
      String name = volume.path("name").asText();
      if (volume.at("/persistentVolumeClaim/claimName").asText().equals(claim)
          || volume.has("ephemeral")
              && claim.equals(pod.at("/metadata/name").asText() + "-" + name)) {
        return name;
      }
    }
    return "";
  }

  private static String container(JsonNode pod, String volume) {
    for (JsonNode container : pod.at("/spec/containers")) {
      for (String list : List.of("volumeMounts", "volumeDevices")) {
        for (JsonNode mount : container.path(list)) {
          if (mount.path("name").asText().equals(volume)) {
            return container.path("name").asText();
          }
        }
      }
    }
    return "";
  }
}
