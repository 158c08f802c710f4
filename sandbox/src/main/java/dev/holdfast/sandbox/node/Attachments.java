package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.sandbox.node.PodVolumes.NotReady;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Which node has which volume, and for which of its pods. As an attach-detach controller, it gives
 * a CSI volume that is neither ReadWriteMany nor ReadOnlyMany to one node at a time; as a kubelet,
 * a ReadWriteOncePod volume to one pod. A volume is free again when its last pod has ended; on a
 * node that is lost none does, until its object is deleted by force.
 */
final class Attachments {

  private record Attached(String node, Map<String, String> pods) {}

  /** By the volume's name; the pods' names by their uid. */
  private final Map<String, Attached> all = new LinkedHashMap<>();

  private final Signal changed;

  /**
   * @param changed given a signal when a volume has become free
   */
  Attachments(Signal changed) {
    this.changed = changed;
  }

  /**
   * Takes a volume for a pod, if it has not got it yet.
   *
   * @throws NotReady if another node or pod has it; with the reason of the event that says so
   */
  synchronized void take(JsonNode volume, JsonNode pod) throws NotReady {
    String name = volume.at("/metadata/name").asText();
    String node = pod.at("/spec/nodeName").asText();
    String uid = pod.at("/metadata/uid").asText();
    Attached there = all.computeIfAbsent(name, _ -> new Attached(node, new LinkedHashMap<>()));
    boolean others = there.pods().keySet().stream().anyMatch(each -> !each.equals(uid));
    if (others && !there.node().equals(node) && attachedOnce(volume)) {
      throw new NotReady(
          "FailedAttachVolume",
          "Multi-Attach error for volume \"%s\" Volume is already used by pod(s) %s"
              .formatted(name, String.join(", ", new TreeSet<>(there.pods().values()))));
    }
    if (others && modes(volume).equals(List.of("ReadWriteOncePod"))) {
      throw new NotReady(
          "FailedMount",
          "MountVolume.SetUp failed for volume \"%s\" : volume uses the ReadWriteOncePod access mode and is already in use by another pod"
              .formatted(name));
    }
    there.pods().put(uid, pod.at("/metadata/name").asText());
  }

  private static boolean attachedOnce(JsonNode volume) {
    List<String> modes = modes(volume);
    return volume.path("spec").has("csi")
        && !modes.isEmpty()
        && !modes.contains("ReadWriteMany")
        && !modes.contains("ReadOnlyMany");
  }

  private static List<String> modes(JsonNode volume) {
    return volume.at("/spec/accessModes").valueStream().map(JsonNode::asText).toList();
  }

  /** Frees what a pod that has ended had. */
  synchronized void release(String uid) {
    all.values().forEach(each -> each.pods().remove(uid));
    if (all.values().removeIf(each -> each.pods().isEmpty())) {
      changed.give();
    }
  }
}
