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
 * @param kubelet the kubelets' root directory on the nodes, for volumes that no other way can read;
 *     empty if it is not to be touched
 */
public record MoverOptions(
    String image,
    List<String> command,
    String pullPolicy,
    Duration patience,
    ObjectNode extra,
    int parallel,
    String kubelet) {

  /** How the image that {@code holdfast image} makes calls it: that has no shell. */
  public static final List<String> COMMAND =
      List.of("/opt/holdfast/runtime/bin/java", "@/opt/holdfast/options");

  public static final MoverOptions NONE =
      new MoverOptions(
          "", List.of(), "", Duration.ofMinutes(1), Json.MAPPER.createObjectNode(), 2, "");

  public MoverOptions {
    command = List.copyOf(command);
  }

  /** An image that {@code holdfast image} made. */
  public static MoverOptions image(String image) {
    return new MoverOptions(
        image,
        COMMAND,
        "IfNotPresent",
        Duration.ofMinutes(1),
        Json.MAPPER.createObjectNode(),
        2,
        "");
  }

  /** As it is written down for a later attempt; holds no secret. */
  private record Written(
      String image,
      List<String> command,
      String pullPolicy,
      long patienceSeconds,
      ObjectNode extra,
      int parallel) {}

  /** One line of JSON, without the kubelet's directory, which is for backups. */
  public String json() {
    return Json.string(
        new Written(image, command, pullPolicy, patience.toSeconds(), extra, parallel));
  }

  /**
   * What {@link #json} wrote.
   *
   * @param what for errors
   */
  public static MoverOptions parse(byte[] json, String what) {
    Written written = Json.read(json, Written.class, what);
    return image(written.image())
        .command(written.command())
        .pullPolicy(written.pullPolicy())
        .patience(Duration.ofSeconds(written.patienceSeconds()))
        .extra(written.extra() == null ? Json.MAPPER.createObjectNode() : written.extra())
        .parallel(written.parallel());
  }

  public MoverOptions command(List<String> value) {
    return new MoverOptions(image, value, pullPolicy, patience, extra, parallel, kubelet);
  }

  public MoverOptions pullPolicy(String value) {
    return new MoverOptions(image, command, value, patience, extra, parallel, kubelet);
  }

  public MoverOptions patience(Duration value) {
    return new MoverOptions(image, command, pullPolicy, value, extra, parallel, kubelet);
  }

  public MoverOptions extra(ObjectNode value) {
    return new MoverOptions(image, command, pullPolicy, patience, value, parallel, kubelet);
  }

  public MoverOptions parallel(int value) {
    return new MoverOptions(image, command, pullPolicy, patience, extra, value, kubelet);
  }

  public MoverOptions kubelet(String value) {
    return new MoverOptions(image, command, pullPolicy, patience, extra, parallel, value);
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
