package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.engine.volume.MoverOptions;
import dev.holdfast.model.Json;
import java.util.List;
import java.util.Set;

/**
 * A pod that mounts claims so that they can be filled before the application starts, with the
 * security context of the container that used the volume, where the same scheduling rules let it:
 * whatever admits the application's pod admits it too. It runs the mover's image, or that
 * container's own. It holds no token and no secret, and ends when the stream that fills it does.
 */
final class FillPod {

  static final String CONTAINER = "fill";

  /** Its value is the restore's run. */
  static final String LABEL = "holdfast.dev/fill";

  /** Where whoever holds the pod's stream says so. */
  static final String SESSION = "/holdfast-session";

  /** Each claim is mounted below this, by its number. */
  private static final String MOUNTS = "/holdfast-fill/";

  /** Fails in a pod whose image has no sh, and so no tar either. */
  private static final String WAIT =
      """
      trap 'exit 0' TERM
      i=0
      until [ -s "$1/pid" ]; do
        i=$((i + 1)); [ $i -gt 180 ] && exit 0
        sleep 1 & wait $!
      done
      while kill -0 "$(cat "$1/pid")" 2>/dev/null; do sleep 1 & wait $!; done
      """;

  /**
   * Runs as long as its standard input is open. Nothing is redirected: a shell may become its last
   * command, and containerd ends the stdin of a process whose stdout is closed.
   */
  private static final String HOLD = "echo $$ > \"$1/pid\"; while read -r _; do :; done";

  private static final int LONGEST_SECONDS = 24 * 3600;
  private static final List<String> OF_POD =
      List.of(
          "securityContext",
          "nodeSelector",
          "affinity",
          "tolerations",
          "imagePullSecrets",
          "schedulerName",
          "runtimeClassName",
          "os");

  private final ObjectNode pod = Json.MAPPER.createObjectNode();
  private final ObjectNode spec = pod.putObject("spec");
  private final ObjectNode fill = Json.MAPPER.createObjectNode();

  /**
   * A pod with the application's image.
   *
   * @param source the application's pod, as the backup has it
   * @param container of that pod, which mounts the volume
   * @param tasks the claims to be filled
   * @param run marks it as this restore's
   */
  FillPod(String name, ObjectNode source, JsonNode container, List<FillTask> tasks, String run) {
    pod.put("apiVersion", "v1").put("kind", "Pod");
    ObjectNode metadata = pod.putObject("metadata").put("name", name);
    metadata.putObject("labels").put("app.kubernetes.io/managed-by", "holdfast").put(LABEL, run);
    spec.put("restartPolicy", "Never").put("automountServiceAccountToken", false);
    spec.put("enableServiceLinks", false);
    spec.put("activeDeadlineSeconds", LONGEST_SECONDS).put("terminationGracePeriodSeconds", 1);
    for (String field : OF_POD) {
      if (source.path("spec").has(field)) {
        spec.set(field, source.path("spec").path(field).deepCopy());
      }
    }
    if (spec.get("affinity") instanceof ObjectNode affinity) {
      affinity.remove(List.of("podAffinity", "podAntiAffinity"));
    }
    spec.putArray("containers").add(fill);
    fill.put("name", CONTAINER).put("image", container.path("image").asText());
    command("sh", "-c", WAIT, "sh", SESSION);
    for (String field : List.of("securityContext", "resources", "imagePullPolicy")) {
      if (container.has(field)) {
        fill.set(field, container.path(field).deepCopy());
      }
    }
    mount(tasks);
  }

  private void command(String... words) {
    ArrayNode command = fill.putArray("command");
    List.of(words).forEach(command::add);
  }

  /** The words that hold a pod of the application's image. */
  static List<String> hold() {
    return List.of("sh", "-c", HOLD, "sh", SESSION);
  }

  /** Where a claim is mounted, or its device is, by its number. */
  static String path(int number) {
    return MOUNTS + number;
  }

  /** With the mover's image instead of the application's. */
  FillPod mover(MoverOptions options) {
    fill.put("image", options.image()).put("imagePullPolicy", options.pullPolicy());
    ArrayNode command = fill.putArray("command");
    options.command().forEach(command::add);
    command.add("mover").add("--wait").add(SESSION);
    options.tolerations().forEach(each -> spec.withArray("/tolerations").add(each.deepCopy()));
    if (options.field("priorityClassName").isTextual()) {
      spec.set("priorityClassName", options.field("priorityClassName"));
    }
    if (options.field("resources").isObject()) {
      fill.set("resources", options.field("resources").deepCopy());
    } else {
      fill.remove("resources");
    }
    if (!spec.has("securityContext") && options.field("securityContext").isObject()) {
      identify(options.field("securityContext"));
    }
    return this;
  }

  /** Where there is no application whose identity can be taken. */
  private void identify(JsonNode given) {
    ObjectNode security = given.deepCopy();
    spec.set("securityContext", security);
    ObjectNode own = fill.putObject("securityContext").put("allowPrivilegeEscalation", false);
    if (!security.has("seccompProfile")) {
      security.putObject("seccompProfile").put("type", "RuntimeDefault");
    }
    if (security.path("runAsUser").asLong(0) != 0) {
      security.put("runAsNonRoot", true);
      own.putObject("capabilities").putArray("drop").add("ALL");
    }
  }

  /**
   * On a node, by the scheduler, which has to see the pod, or claims that wait for it stay unbound.
   */
  FillPod on(String node) {
    spec.remove("nodeSelector");
    ObjectNode required = Json.MAPPER.createObjectNode();
    ObjectNode field =
        required.putArray("nodeSelectorTerms").addObject().putArray("matchFields").addObject();
    field.put("key", "metadata.name").put("operator", "In").putArray("values").add(node);
    spec.remove("affinity");
    return where(required);
  }

  /**
   * Where volumes should be.
   *
   * @param required a node affinity's {@code nodeSelectorTerms}
   */
  FillPod where(JsonNode required) {
    spec.withObject("/affinity/nodeAffinity")
        .set("requiredDuringSchedulingIgnoredDuringExecution", required.deepCopy());
    return this;
  }

  /** Not on these nodes. */
  FillPod notOn(Set<String> nodes) {
    ArrayNode terms =
        spec.withObject("/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution")
            .withArray("/nodeSelectorTerms");
    if (terms.isEmpty()) {
      terms.addObject();
    }
    for (JsonNode term : terms) {
      for (String node : nodes) {
        ObjectNode field = ((ObjectNode) term).withArray("/matchFields").addObject();
        field.put("key", "metadata.name").put("operator", "NotIn").putArray("values").add(node);
      }
    }
    return this;
  }

  /** The whole of it. */
  ObjectNode json() {
    return pod;
  }

  private void mount(List<FillTask> tasks) {
    ArrayNode volumes = spec.putArray("volumes");
    ArrayNode mounts = fill.putArray("volumeMounts");
    for (int i = 0; i < tasks.size(); i++) {
      volumes
          .addObject()
          .put("name", "claim-" + i)
          .putObject("persistentVolumeClaim")
          .put("claimName", tasks.get(i).target().name());
      if (tasks.get(i).device()) {
        ObjectNode device = fill.withArray("/volumeDevices").addObject();
        device.put("name", "claim-" + i).put("devicePath", path(i));
      } else {
        mounts.addObject().put("name", "claim-" + i).put("mountPath", path(i));
      }
    }
    volumes.addObject().put("name", "session").putObject("emptyDir").put("sizeLimit", "1Mi");
    mounts.addObject().put("name", "session").put("mountPath", SESSION);
  }
}
