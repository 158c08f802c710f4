package dev.holdfast.engine.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.holdfast.model.Quantity;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a resource policy may ask of a volume: the PersistentVolume says it where there is one, else
 * the volume as its pod has it; labels, phase and modes are the claim's.
 */
public final class VolumeFacts {

  /** Volume sources by their names in Kubernetes (velero.md 4.8). */
  private static final List<String> TYPES =
      List.of(
          "awsElasticBlockStore",
          "azureDisk",
          "azureFile",
          "cephfs",
          "cinder",
          "configMap",
          "csi",
          "downwardAPI",
          "emptyDir",
          "ephemeral",
          "fc",
          "flexVolume",
          "flocker",
          "gcePersistentDisk",
          "gitRepo",
          "glusterfs",
          "hostPath",
          "image",
          "iscsi",
          "local",
          "nfs",
          "photonPersistentDisk",
          "portworxVolume",
          "projected",
          "quobyte",
          "rbd",
          "scaleIO",
          "secret",
          "storageOS",
          "vsphereVolume");

  private final @Nullable JsonNode volume;
  private final JsonNode source;
  private final JsonNode claim;

  /**
   * @param volume the PersistentVolume, if there is one
   * @param inPod the volume as the pod has it, if a pod does
   * @param claim the PersistentVolumeClaim, if there is one
   */
  public VolumeFacts(
      @Nullable JsonNode volume, @Nullable JsonNode inPod, @Nullable JsonNode claim) {
    this.volume = volume;
    this.source =
        volume != null ? volume.path("spec") : inPod != null ? inPod : MissingNode.getInstance();
    this.claim = claim == null ? MissingNode.getInstance() : claim;
  }

  /** Whether a claim is a raw block device. */
  public static boolean device(JsonNode claim) {
    return claim.at("/spec/volumeMode").asText().equals("Block");
  }

  static boolean isType(String name) {
    return TYPES.contains(name);
  }

  /** Zero where nobody says it. */
  BigDecimal capacity() {
    return Quantity.value(source.at("/capacity/storage").asText("0")).orElse(BigDecimal.ZERO);
  }

  String storageClass() {
    return volume == null ? "" : source.path("storageClassName").asText();
  }

  /** The source's name; empty if it is none that a policy can name. */
  String type() {
    return TYPES.stream().filter(source::has).findFirst().orElse("");
  }

  JsonNode nfs() {
    return source.path("nfs");
  }

  JsonNode csi() {
    return source.path("csi");
  }

  Map<String, String> claimLabels() {
    Map<String, String> labels = new TreeMap<>();
    claim
        .at("/metadata/labels")
        .properties()
        .forEach(each -> labels.put(each.getKey(), each.getValue().asText()));
    return labels;
  }

  String claimPhase() {
    return claim.at("/status/phase").asText();
  }

  String claimMode() {
    return claim.at("/spec/volumeMode").asText(claim.isObject() ? "Filesystem" : "");
  }

  List<String> claimAccessModes() {
    return claim.at("/spec/accessModes").valueStream().map(JsonNode::asText).toList();
  }
}
