package dev.holdfast.engine.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import java.time.Duration;
import java.util.List;

/**
 * How mover pods run.
 *
 * @param image holds the command; empty: there are no mover pods, exec moves everything
 * @param command the command in the image, without {@code mover}
 * @param pullPolicy {@code IfNotPresent}, {@code Never} or {@code Always}
 * @param patience how long a pod may take to run before exec takes its place
 * @param extra fields of a pod's spec that are added: {@code tolerations}, {@code
 *     priorityClassName}, and {@code resources} for its container
 */
public record MoverOptions(
    String image, List<String> command, String pullPolicy, Duration patience, ObjectNode extra) {

  /** How the image that {@code holdfast image} makes calls it: that has no shell. */
  public static final List<String> COMMAND =
      List.of("/opt/holdfast/runtime/bin/java", "@/opt/holdfast/options");

  public static final MoverOptions NONE =
      new MoverOptions("", List.of(), "", Duration.ofMinutes(1), Json.MAPPER.createObjectNode());

  public MoverOptions {
    command = List.copyOf(command);
  }

  /** An image that {@code holdfast image} made. */
  public static MoverOptions image(String image) {
    return new MoverOptions(
        image, COMMAND, "IfNotPresent", Duration.ofMinutes(1), Json.MAPPER.createObjectNode());
  }

  public MoverOptions command(List<String> value) {
    return new MoverOptions(image, value, pullPolicy, patience, extra);
  }

  public MoverOptions pullPolicy(String value) {
    return new MoverOptions(image, command, value, patience, extra);
  }

  public MoverOptions patience(Duration value) {
    return new MoverOptions(image, command, pullPolicy, value, extra);
  }

  public MoverOptions extra(ObjectNode value) {
    return new MoverOptions(image, command, pullPolicy, patience, value);
  }

  boolean pods() {
    return !image.isEmpty();
  }

  /** Tolerations that the user adds to those of the using pod. */
  ArrayNode tolerations() {
    return extra.path("tolerations") instanceof ArrayNode given
        ? given
        : Json.MAPPER.createArrayNode();
  }

  JsonNode field(String name) {
    return extra.path(name);
  }
}
