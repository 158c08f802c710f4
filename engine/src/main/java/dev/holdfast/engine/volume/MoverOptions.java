package dev.holdfast.engine.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import java.time.Duration;
import java.util.List;

/**
 * How volumes are moved, and how mover pods run.
 *
 * @param image holds the command; empty: there are no mover pods, exec moves everything
 * @param command the command in the image, without {@code mover}
 * @param pullPolicy {@code IfNotPresent}, {@code Never} or {@code Always}
 * @param patience how long a pod may take to run before exec takes its place
 * @param extra fields of a pod's spec that are added: {@code tolerations}, {@code
 *     priorityClassName}, {@code securityContext} where there is no pod to take it from, and {@code
 *     resources} for its container
 * @param parallel how many blocks of a backup, or pods of a restore, are moved at a time
 */
public record MoverOptions(
    String image,
    List<String> command,
    String pullPolicy,
    Duration patience,
    ObjectNode extra,
    int parallel) {

  /** How the image that {@code holdfast image} makes calls it: that has no shell. */
  public static final List<String> COMMAND =
      List.of("/opt/holdfast/runtime/bin/java", "@/opt/holdfast/options");

  public static final MoverOptions NONE =
      new MoverOptions("", List.of(), "", Duration.ofMinutes(1), Json.MAPPER.createObjectNode(), 2);

  public MoverOptions {
    command = List.copyOf(command);
  }

  /** An image that {@code holdfast image} made. */
  public static MoverOptions image(String image) {
    return new MoverOptions(
        image, COMMAND, "IfNotPresent", Duration.ofMinutes(1), Json.MAPPER.createObjectNode(), 2);
  }

  public MoverOptions command(List<String> value) {
    return new MoverOptions(image, value, pullPolicy, patience, extra, parallel);
  }

  public MoverOptions pullPolicy(String value) {
    return new MoverOptions(image, command, value, patience, extra, parallel);
  }

  public MoverOptions patience(Duration value) {
    return new MoverOptions(image, command, pullPolicy, value, extra, parallel);
  }

  public MoverOptions extra(ObjectNode value) {
    return new MoverOptions(image, command, pullPolicy, patience, value, parallel);
  }

  public MoverOptions parallel(int value) {
    return new MoverOptions(image, command, pullPolicy, patience, extra, value);
  }

  /** Whether there are mover pods at all. */
  public boolean pods() {
    return !image.isEmpty();
  }

  /** Tolerations that the user adds to those of the using pod. */
  public ArrayNode tolerations() {
    return extra.path("tolerations") instanceof ArrayNode given
        ? given
        : Json.MAPPER.createArrayNode();
  }

  /** A field that the user gave; missing if he did not. */
  public JsonNode field(String name) {
    return extra.path(name);
  }
}
