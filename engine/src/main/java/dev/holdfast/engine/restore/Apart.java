package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.LabelSelector;
import dev.holdfast.model.Operation;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Keeps the volumes of pods apart that may not run on one node: a claim that waits for its first
 * consumer is provisioned where it is filled, and there its pod has to run. Pods of the application
 * are not there yet, so that the scheduler does not see what keeps them apart.
 */
final class Apart {

  private static final String SELECTED = "volume.kubernetes.io/selected-node";

  private final Draught draught;
  private final Claims claims;

  Apart(Draught draught, Claims claims) {
    this.draught = draught;
    this.claims = claims;
  }

  /** Whether the pod has required anti-affinity by node. */
  static boolean concerns(ObjectNode pod) {
    return !terms(pod).isEmpty();
  }

  private static JsonNode terms(ObjectNode pod) {
    return pod.at("/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution");
  }

  /** Nodes on which claims of such pods are that this one may not run beside. */
  Set<String> nodes(Operation op, ItemKey key, ObjectNode pod) {
    Set<String> nodes = new TreeSet<>();
    for (VolumeInfo volume : draught.backup().volumes()) {
      VolumeInfo.PodVolume record = volume.pvbInfo();
      if (record == null || !VolumeFill.fits(volume) || record.podName().equals(key.name())) {
        continue;
      }
      ItemKey other = new ItemKey(Kinds.PODS, record.podNamespace(), record.podName());
      if (other.namespace().equals(key.namespace())
          && draught.backup().item(other).filter(each -> avoids(pod, each)).isPresent()) {
        node(op, volume).ifPresent(nodes::add);
      }
    }
    return nodes;
  }

  private static boolean avoids(ObjectNode pod, ObjectNode other) {
    Map<String, String> labels = new HashMap<>();
    other
        .at("/metadata/labels")
        .properties()
        .forEach(label -> labels.put(label.getKey(), label.getValue().asText()));
    return terms(pod)
        .valueStream()
        .filter(term -> term.path("topologyKey").asText().equals("kubernetes.io/hostname"))
        .filter(term -> term.path("labelSelector").isObject())
        .map(term ->
            Json.read(
                Json.bytes(term.path("labelSelector")), LabelSelector.class, "a label selector"))
        .anyMatch(selector -> selector.matches(labels));
  }

  private Optional<String> node(Operation op, VolumeInfo volume) {
    ItemKey claim = OpenBackup.claim(volume);
    return claims
        .get(op, draught.target(claim))
        .map(live -> live.at("/metadata/annotations").path(SELECTED).asText())
        .filter(node -> !node.isEmpty());
  }
}
