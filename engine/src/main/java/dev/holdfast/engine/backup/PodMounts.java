package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.engine.spool.Spool;
import dev.holdfast.engine.volume.KubeletPath;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** What the collected objects say of a pod's volumes: claims, containers that mount them. */
final class PodMounts {

  private final Spool spool;

  PodMounts(Spool spool) {
    this.spool = spool;
  }

  /** The claim of a volume in a pod; null if it has none. */
  static @Nullable ItemKey claimOf(ItemKey pod, JsonNode volume) {
    String name =
        volume.has("ephemeral")
            ? pod.name() + "-" + volume.path("name").asText()
            : volume.at("/persistentVolumeClaim/claimName").asText();
    return name.isEmpty() ? null : new ItemKey(Relate.CLAIMS, pod.namespace(), name);
  }

  /**
   * Saving a volume through a container that mounts it. Null if no running container mounts the
   * whole volume, or a claim is not bound.
   *
   * @param any whether any container will do, running or not, whatever it mounts of it
   */
  @Nullable VolumeTask task(
      ItemKey key, ObjectNode pod, String volume, @Nullable ItemKey claim, boolean any) {
    if (!any && !pod.at("/status/phase").asText().equals("Running")) {
      return null;
    }
    JsonNode bound = claim == null ? null : object(claim);
    if (claim != null && (bound == null || bound.at("/spec/volumeName").asText().isEmpty())) {
      return null;
    }
    for (JsonNode container : pod.at("/spec/containers")) {
      String name = container.path("name").asText();
      for (JsonNode mount : container.path("volumeMounts")) {
        if (mount.path("name").asText().equals(volume)
            && (any
                || mount.path("subPath").asText().isEmpty()
                    && mount.path("subPathExpr").asText().isEmpty()
                    && running(pod, name))) {
          return task(key, pod, volume, bound, name, mount.path("mountPath").asText(), !any, false);
        }
      }
      for (JsonNode device : container.path("volumeDevices")) {
        if (device.path("name").asText().equals(volume) && (any || running(pod, name))) {
          return task(
              key, pod, volume, bound, name, device.path("devicePath").asText(), !any, true);
        }
      }
    }
    return null;
  }

  private VolumeTask task(
      ItemKey key,
      ObjectNode pod,
      String volume,
      @Nullable JsonNode bound,
      String container,
      String path,
      boolean whole,
      boolean device) {
    String volumeName = bound == null ? null : bound.at("/spec/volumeName").asText();
    String uid = pod.at("/metadata/uid").asText();
    String onNode =
        pod.at("/spec/volumes")
            .valueStream()
            .filter(each -> each.path("name").asText().equals(volume))
            .map(each -> KubeletPath.of(uid, each, persistent(volumeName)))
            .findFirst()
            .orElse("");
    return new VolumeTask(
        key,
        uid,
        pod.at("/spec/nodeName").asText(),
        volume,
        container,
        path,
        whole,
        device,
        onNode,
        bound == null ? null : bound.at("/metadata/name").asText(),
        bound == null ? "" : bound.at("/metadata/uid").asText(),
        bound != null && bound.at("/spec/accessModes").toString().contains("OncePod"),
        volumeName,
        volumeName == null ? null : persistentVolume(volumeName));
  }

  private @Nullable JsonNode persistent(@Nullable String name) {
    return name == null ? null : object(new ItemKey(Relate.VOLUMES, "", name));
  }

  private static boolean running(ObjectNode pod, String container) {
    for (JsonNode status : pod.at("/status/containerStatuses")) {
      if (status.path("name").asText().equals(container)) {
        return status.path("state").has("running");
      }
    }
    return false;
  }

  /** Why there is no {@link #task} for it. */
  static String unreachable(ObjectNode pod) {
    String phase = pod.at("/status/phase").asText("Pending");
    if (!phase.equals("Running")) {
      return "its pod does not run (" + phase + ")";
    }
    return "no running container mounts the whole of it";
  }

  /** An object of the backup; null if it is not in it. */
  @Nullable ObjectNode object(ItemKey key) {
    OptionalInt number = spool.find(key);
    return number.isEmpty() ? null : Json.object(spool.json(number.getAsInt()), key.toString());
  }

  /** For a volume's record; null if it is not in the backup. */
  VolumeInfo.@Nullable PersistentVolume persistentVolume(String name) {
    OptionalInt number = spool.find(new ItemKey(Relate.VOLUMES, "", name));
    if (number.isEmpty()) {
      return null;
    }
    ObjectNode volume = Json.object(spool.json(number.getAsInt()), name);
    Map<String, String> labels = Items.labels(volume);
    return new VolumeInfo.PersistentVolume(
        volume.path("spec").path("persistentVolumeReclaimPolicy").asText(),
        labels.isEmpty() ? null : labels);
  }
}
