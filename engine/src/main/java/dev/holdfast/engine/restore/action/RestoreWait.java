package dev.holdfast.engine.restore.action;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.model.Names;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

/**
 * The init container {@code restore-wait}: the first of a pod with volumes of its own whose content
 * the backup holds. It mounts them, waits until they are filled, and ends. It runs the image of a
 * container that uses them, with the same security context: what admits that admits this.
 */
public final class RestoreWait {

  public static final String CONTAINER = "restore-wait";

  private static final Set<String> NAMES = Set.of(CONTAINER, "restic-wait");
  private static final String ROOT = "/restores/";

  private RestoreWait() {}

  /** Where a volume is mounted in it. */
  public static String path(String volume) {
    return ROOT + volume;
  }

  /**
   * The command in it that makes it end.
   *
   * @param volume one of those that it mounts
   */
  public static List<String> release(String restore, String volume) {
    return List.of("touch", marker(restore, volume));
  }

  /** Lies in the volume until the container ends. */
  private static String marker(String restore, String volume) {
    String run = Names.sha256(restore.getBytes(StandardCharsets.UTF_8)).substring(0, 12);
    return path(volume) + "/.holdfast-restored-" + run;
  }

  static void apply(Draft draft) {
    ObjectNode spec = Fields.object(draft.item, "spec");
    if (spec == null) {
      return;
    }
    // One of an earlier restore would wait for ever.
    Fields.removeElements(spec, "initContainers", c -> NAMES.contains(Fields.text(c, "name")));
    List<String> volumes = draft.context.podVolumes().apply(draft.source);
    List<String> there =
        Fields.objects(spec, "volumes").stream()
            .map(volume -> Fields.text(volume, "name"))
            .filter(volumes::contains)
            .toList();
    if (!there.isEmpty()) {
      spec.withArray("/initContainers")
          .insert(0, container(spec, there, draft.context.restoreName()));
    }
  }

  private static ObjectNode container(ObjectNode spec, List<String> volumes, String restore) {
    StringBuilder found = new StringBuilder();
    StringBuilder markers = new StringBuilder();
    for (String volume : volumes) {
      String marker = "'" + marker(restore, volume) + "'";
      found.append(found.isEmpty() ? "" : " || ").append("[ -e ").append(marker).append(" ]");
      markers.append(' ').append(marker);
    }
    String script = "until " + found + "; do sleep 1; done; rm -f" + markers;
    JsonNode user = user(spec, volumes.getFirst());
    ObjectNode container = Json.MAPPER.createObjectNode();
    container.put("name", CONTAINER).set("image", user.path("image"));
    container.putArray("command").add("sh").add("-c").add(script);
    for (String field : List.of("securityContext", "imagePullPolicy", "resources")) {
      if (user.has(field)) {
        container.set(field, user.path(field).deepCopy());
      }
    }
    ArrayNode mounts = container.putArray("volumeMounts");
    volumes.forEach(name -> mounts.addObject().put("name", name).put("mountPath", path(name)));
    return container;
  }

  /** A container that mounts the volume. */
  private static JsonNode user(ObjectNode spec, String volume) {
    for (ObjectNode container : Fields.objects(spec, "containers")) {
      for (ObjectNode mount : Fields.objects(container, "volumeMounts")) {
        if (Fields.text(mount, "name").equals(volume)) {
          return container;
        }
      }
    }
    return spec.at("/containers/0");
  }
}
