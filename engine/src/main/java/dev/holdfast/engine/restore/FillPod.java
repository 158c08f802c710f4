package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import java.util.List;

/**
 * A pod that mounts claims so that they can be filled before the application starts. It runs the
 * image of the container that used the volume, with the same security context, where the same
 * scheduling rules let it: whatever admits the application's pod admits it too. It holds no token
 * and no secret, and ends by itself after four hours if nobody deletes it before.
 */
final class FillPod {

  static final String CONTAINER = "fill";

  /** Its value is the restore's run. */
  static final String LABEL = "holdfast.dev/fill";

  /** Each claim is mounted below this, by its number. */
  static final String MOUNTS = "/holdfast-fill/";

  private static final int LONGEST_SECONDS = 4 * 3600;
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

  private FillPod() {}

  /**
   * The pod.
   *
   * @param source the application's pod, as the backup has it
   * @param container of that pod, which mounts the volume
   * @param claims to be filled, in the target namespace
   * @param node where it has to run, and the volumes with it; empty for where the scheduler likes
   * @param where node affinity that its volumes should have; missing for none
   * @param run marks it as this restore's
   */
  static ObjectNode of(
      String name,
      ObjectNode source,
      JsonNode container,
      List<String> claims,
      String node,
      JsonNode where,
      String run) {
    ObjectNode pod = Json.MAPPER.createObjectNode();
    pod.put("apiVersion", "v1").put("kind", "Pod");
    ObjectNode metadata = pod.putObject("metadata").put("name", name);
    metadata.putObject("labels").put("app.kubernetes.io/managed-by", "holdfast").put(LABEL, run);
    ObjectNode spec = pod.putObject("spec");
    spec.put("restartPolicy", "Never").put("automountServiceAccountToken", false);
    spec.put("activeDeadlineSeconds", LONGEST_SECONDS).put("terminationGracePeriodSeconds", 1);
    for (String field : OF_POD) {
      if (source.path("spec").has(field)) {
        spec.set(field, source.path("spec").path(field).deepCopy());
      }
    }
    if (spec.get("affinity") instanceof ObjectNode affinity) {
      affinity.remove(List.of("podAffinity", "podAntiAffinity"));
    }
    if (!node.isEmpty()) {
      on(spec, node);
    } else if (where.has("nodeSelectorTerms")) {
      spec.withObject("/affinity/nodeAffinity")
          .set("requiredDuringSchedulingIgnoredDuringExecution", where.deepCopy());
    }
    ObjectNode fill = spec.putArray("containers").addObject();
    fill.put("name", CONTAINER).put("image", container.path("image").asText());
    ArrayNode command = fill.putArray("command");
    command.add("sh").add("-c").add("trap 'exit 0' TERM; sleep " + LONGEST_SECONDS + " & wait");
    for (String field : List.of("securityContext", "resources", "imagePullPolicy")) {
      if (container.has(field)) {
        fill.set(field, container.path(field).deepCopy());
      }
    }
    mount(spec, fill, claims);
    return pod;
  }

  /** By the scheduler, which has to see the pod, or claims that wait for it stay unbound. */
  private static void on(ObjectNode spec, String node) {
    spec.remove("nodeSelector");
    ObjectNode term =
        spec.putObject("affinity")
            .putObject("nodeAffinity")
            .putObject("requiredDuringSchedulingIgnoredDuringExecution")
            .putArray("nodeSelectorTerms")
            .addObject();
    ObjectNode field = term.putArray("matchFields").addObject();
    field.put("key", "metadata.name").put("operator", "In").putArray("values").add(node);
  }

  private static void mount(ObjectNode spec, ObjectNode fill, List<String> claims) {
    ArrayNode volumes = spec.putArray("volumes");
    ArrayNode mounts = fill.putArray("volumeMounts");
    for (int i = 0; i < claims.size(); i++) {
      volumes
          .addObject()
          .put("name", "claim-" + i)
          .putObject("persistentVolumeClaim")
          .put("claimName", claims.get(i));
      mounts.addObject().put("name", "claim-" + i).put("mountPath", MOUNTS + i);
    }
  }
}
