package dev.holdfast.engine.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import java.util.List;
import java.util.Map;

/**
 * The pod in which a mover reads volumes: on the node of the pods that use them, with these ones'
 * user, groups and SELinux options, the volumes mounted read-only. No host path (unless the user
 * asked for the kubelet's directory), no privilege, no token, no secret: whatever admits the
 * application's pod admits it, {@code restricted} included.
 */
final class MoverPod {

  static final String CONTAINER = "mover";

  /** Where the volume is mounted, or a directory for each of several. */
  static final String DATA = "/holdfast-volume";

  /** Where the session says that it is there; the pod ends with it. */
  static final String SESSION = "/holdfast-session";

  static final String LABEL = "holdfast.dev/mover";

  /** For a volume. */
  private static final long LONGEST_SECONDS = 24 * 3600L;

  private static final List<String> OF_POD =
      List.of("runAsUser", "runAsGroup", "supplementalGroups", "fsGroup", "seLinuxOptions");

  private MoverPod() {}

  /**
   * The pod.
   *
   * @param user a pod that uses the volumes, as it is in the cluster; empty if none does: then the
   *     scheduler finds the node, and {@code securityContext} is what the options say
   * @param sources what it mounts, each at its {@link #place}; at least one
   */
  static ObjectNode of(
      String name, ObjectNode user, List<PodMover.Source> sources, MoverOptions options) {
    ObjectNode pod = Json.MAPPER.createObjectNode();
    pod.put("apiVersion", "v1").put("kind", "Pod");
    ObjectNode metadata = pod.putObject("metadata").put("name", name);
    metadata
        .putObject("labels")
        .put("app.kubernetes.io/managed-by", "holdfast")
        .put("velero.io/exclude-from-backup", "true")
        .put(LABEL, "true");
    ObjectNode spec = spec(user, sources.getFirst().container(), options);
    spec.put("activeDeadlineSeconds", LONGEST_SECONDS * sources.size());
    pod.set("spec", spec);
    for (int number = 0; number < sources.size(); number++) {
      String place = place(number, sources.size());
      mount(
          spec,
          sources.get(number),
          place.isEmpty() ? "data" : "data-" + place,
          place.isEmpty() ? DATA : DATA + "/" + place);
    }
    return pod;
  }

  /** Where one of several volumes is, below {@link #DATA}; empty if it is the only one. */
  static String place(int number, int of) {
    return of == 1 ? "" : String.valueOf(number);
  }

  /**
   * What the pod would be without its volumes. Volumes of users that agree in this may be in one
   * pod.
   *
   * @param container of the user, which mounts the volume
   */
  static ObjectNode spec(ObjectNode user, String container, MoverOptions options) {
    ObjectNode spec = Json.MAPPER.createObjectNode();
    if (user.at("/spec/nodeName").isTextual()) {
      spec.put("nodeName", user.at("/spec/nodeName").asText());
    }
    spec.put("restartPolicy", "Never").put("automountServiceAccountToken", false);
    spec.put("enableServiceLinks", false).put("terminationGracePeriodSeconds", 1);
    ArrayNode tolerations = spec.putArray("tolerations");
    user.at("/spec/tolerations").forEach(each -> tolerations.add(each.deepCopy()));
    options.tolerations().forEach(each -> tolerations.add(each.deepCopy()));
    for (String field : List.of("imagePullSecrets", "runtimeClassName")) {
      if (user.path("spec").has(field)) {
        spec.set(field, user.path("spec").path(field).deepCopy());
      }
    }
    if (options.field("priorityClassName").isTextual()) {
      spec.set("priorityClassName", options.field("priorityClassName"));
    }
    JsonNode own = container(user, container).path("securityContext");
    JsonNode whole =
        user.isEmpty() ? options.field("securityContext") : user.at("/spec/securityContext");
    boolean root = security(spec, whole, own);
    container(spec, options, root, own);
    ObjectNode session = spec.putArray("volumes").addObject().put("name", "session");
    session.putObject("emptyDir").put("sizeLimit", "1Mi");
    return spec;
  }

  private static void mount(ObjectNode spec, PodMover.Source source, String name, String path) {
    ObjectNode volume = spec.withArray("/volumes").addObject().put("name", name);
    if (source.hostPath().isEmpty()) {
      volume.putObject("persistentVolumeClaim").put("claimName", source.claim());
    } else {
      volume.putObject("hostPath").put("path", source.hostPath()).put("type", "Directory");
    }
    ObjectNode container = spec.withObject("/containers/0");
    if (!source.device().isEmpty()) {
      // A device of a container has no such word of its own.
      volume.withObject("/persistentVolumeClaim").put("readOnly", true);
      ObjectNode device = container.withArray("/volumeDevices").addObject();
      device.put("name", name).put("devicePath", path);
    } else {
      ObjectNode mount = container.withArray("/volumeMounts").addObject();
      mount.put("name", name).put("mountPath", path).put("readOnly", true);
    }
  }

  /** Leaves to the scheduler where a pod runs, which claims may wait for. */
  static void schedule(ObjectNode pod, ObjectNode affinity, Map<String, String> labels) {
    ObjectNode spec = pod.withObject("/spec");
    spec.remove("nodeName");
    spec.set("affinity", affinity);
    labels.forEach(pod.withObject("/metadata/labels")::put);
  }

  private static JsonNode container(ObjectNode pod, String name) {
    for (JsonNode container : pod.at("/spec/containers")) {
      if (container.path("name").asText().equals(name)) {
        return container;
      }
    }
    return pod.at("/spec/containers/0");
  }

  /** Takes over who the container is. False if it cannot be root. */
  private static boolean security(ObjectNode spec, JsonNode pod, JsonNode container) {
    ObjectNode security = spec.putObject("securityContext");
    for (String field : OF_POD) {
      JsonNode value = container.has(field) ? container.path(field) : pod.path(field);
      if (!value.isMissingNode()) {
        security.set(field, value.deepCopy());
      }
    }
    if (security.has("fsGroup")) {
      security.put("fsGroupChangePolicy", "OnRootMismatch");
    }
    security.putObject("seccompProfile").put("type", "RuntimeDefault");
    boolean never =
        (container.has("runAsNonRoot") ? container : pod).path("runAsNonRoot").asBoolean();
    boolean root = security.path("runAsUser").asLong(0) == 0 && !never;
    if (!root) {
      security.put("runAsNonRoot", true);
    }
    return root;
  }

  private static void container(
      ObjectNode spec, MoverOptions options, boolean root, JsonNode user) {
    ObjectNode container = spec.putArray("containers").addObject();
    container.put("name", CONTAINER).put("image", options.image());
    container.put("imagePullPolicy", options.pullPolicy());
    ArrayNode command = container.putArray("command");
    options.command().forEach(command::add);
    command.add("mover").add("--wait").add(SESSION);
    ObjectNode security = container.putObject("securityContext");
    security.put("allowPrivilegeEscalation", false);
    ObjectNode capabilities = security.putObject("capabilities");
    if (!root) {
      capabilities.putArray("drop").add("ALL"); // root needs what lets it read others' files
    } else if (user.path("capabilities").isObject()) {
      security.set("capabilities", user.path("capabilities").deepCopy());
    } else {
      security.remove("capabilities");
    }
    if (options.field("resources").isObject()) {
      container.set("resources", options.field("resources").deepCopy());
    }
    ObjectNode session = container.putArray("volumeMounts").addObject();
    session.put("name", "session").put("mountPath", SESSION);
  }
}
