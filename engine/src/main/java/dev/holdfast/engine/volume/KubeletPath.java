package dev.holdfast.engine.volume;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a kubelet mounts the volumes of its pods: {@code pods/UID/volumes/PLUGIN/NAME} below its
 * root directory, for CSI with a {@code mount} below that. The name is the PersistentVolume's, or,
 * of a volume that lives in its pod, the pod's name for it.
 */
public final class KubeletPath {

  /** Sources whose in-tree plugin still mounts them, or a driver that keeps its names. */
  private static final List<String> IN_TREE = List.of("nfs", "iscsi", "fc");

  private KubeletPath() {}

  /**
   * Below the kubelet's root directory.
   *
   * @param pod its uid
   * @param inPod the volume as the pod has it
   * @param volume the PersistentVolume; null if there is none, or it may not be read
   * @return empty where that is not known, and for what no kubelet mounts as files: host paths,
   *     block devices
   */
  public static String of(String pod, JsonNode inPod, @Nullable JsonNode volume) {
    boolean claimed = inPod.has("persistentVolumeClaim") || inPod.has("ephemeral");
    if (claimed && (volume == null || VolumeFacts.device(volume))) {
      return "";
    }
    String name = volume == null ? inPod.path("name").asText() : nameOf(volume);
    String plugin = plugin(volume == null ? inPod : volume.path("spec"));
    return plugin.isEmpty() ? "" : "pods/" + pod + "/volumes/" + String.format(plugin, name);
  }

  private static String nameOf(JsonNode volume) {
    return volume.at("/metadata/name").asText();
  }

  private static String plugin(JsonNode source) {
    if (source.has("csi")) {
      return "kubernetes.io~csi/%s/mount";
    }
    if (source.has("emptyDir")) {
      return "kubernetes.io~empty-dir/%s";
    }
    if (source.has("local")) {
      return "kubernetes.io~local-volume/%s";
    }
    return IN_TREE.stream()
        .filter(source::has)
        .findFirst()
        .map(plugin -> "kubernetes.io~" + plugin + "/%s")
        .orElse("");
  }
}
