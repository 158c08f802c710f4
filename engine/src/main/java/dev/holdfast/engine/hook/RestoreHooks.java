package dev.holdfast.engine.hook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.engine.select.TypeNames;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GoDuration;
import dev.holdfast.model.Json;
import dev.holdfast.model.Names;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The hooks of a restore: init containers that are put before a pod's own, and commands that run in
 * its containers once these run. Those of a pod's annotations replace the spec's of the same kind;
 * else all of the spec that match the pod, in order. The selectors of the spec mean the namespace
 * that the pod is restored to.
 */
public final class RestoreHooks {

  private static final String INIT = "init.hook.restore.velero.io/";
  private static final String POST = "post.hook.restore.velero.io/";

  private final @Nullable JsonNode spec;
  private final HookSelector selector;

  /**
   * @param spec {@code spec.hooks} of the Restore, or null
   */
  public RestoreHooks(@Nullable JsonNode spec, Discovery discovery) {
    this.spec = spec;
    this.selector = new HookSelector(new TypeNames(discovery));
  }

  /**
   * The init containers that a pod is restored with, besides its own.
   *
   * @param namespace where the pod is restored to
   * @throws Failure.Invalid if one of the spec's has no name or no image
   */
  public List<ObjectNode> initContainers(ObjectNode pod, String namespace) {
    ObjectNode own = annotated(pod, namespace);
    if (own != null) {
      return List.of(own);
    }
    List<ObjectNode> containers = new ArrayList<>();
    for (JsonNode entry : entries(pod, namespace)) {
      for (JsonNode each : entry.path("postHooks")) {
        for (JsonNode container : each.at("/init/initContainers")) {
          containers.add(checked(container, entry.path("name").asText()));
        }
      }
    }
    return containers;
  }

  private static @Nullable ObjectNode annotated(ObjectNode pod, String namespace) {
    Map<String, String> annotations = annotations(pod);
    String image = annotations.getOrDefault(INIT + "container-image", "");
    if (image.isEmpty()) {
      return null;
    }
    ObjectNode container = Json.MAPPER.createObjectNode();
    String name = annotations.getOrDefault(INIT + "container-name", "");
    container.put("name", name.isEmpty() ? generated(pod, namespace) : name).put("image", image);
    String command = annotations.getOrDefault(INIT + "command", "");
    if (!command.isEmpty()) {
      Hook.command(command).forEach(container.withArray("/command")::add);
    }
    return container;
  }

  /**
   * As Velero generates it, but the same each time, so that a restore can be planned and resumed.
   */
  private static String generated(ObjectNode pod, String namespace) {
    String seed = namespace + "/" + pod.at("/metadata/name").asText();
    return "velero-restore-init-"
        + Names.sha256(seed.getBytes(StandardCharsets.UTF_8)).substring(0, 8);
  }

  private static ObjectNode checked(JsonNode container, String hook) {
    if (container instanceof ObjectNode object
        && !object.path("name").asText().isEmpty()
        && !object.path("image").asText().isEmpty()) {
      return object.deepCopy();
    }
    throw new Failure.Invalid(
        "an init container of the restore hook '" + hook + "' has no name or no image");
  }

  /**
   * The commands for a restored pod, in the order of the spec.
   *
   * @param namespace where the pod is restored to
   * @throws Failure.Invalid if a command or a duration cannot be read
   */
  public List<RestoreHook> commands(ObjectNode pod, String namespace) {
    String first = pod.at("/spec/containers/0/name").asText();
    RestoreHook own = annotatedCommand(annotations(pod), first);
    if (own != null) {
      return List.of(own);
    }
    List<RestoreHook> hooks = new ArrayList<>();
    for (JsonNode entry : entries(pod, namespace)) {
      for (JsonNode each : entry.path("postHooks")) {
        JsonNode exec = each.path("exec");
        if (!exec.path("command").isEmpty()) {
          hooks.add(
              new RestoreHook(
                  new Hook(
                      "the restore hook '" + entry.path("name").asText() + "'",
                      exec.path("container").asText(first),
                      Hook.words(exec.path("command")),
                      exec.path("onError").asText(),
                      Hook.timeout(exec.path("execTimeout").asText())),
                  patience(exec.path("waitTimeout").asText()),
                  exec.path("waitForReady").asBoolean()));
        }
      }
    }
    return hooks;
  }

  private static @Nullable RestoreHook annotatedCommand(
      Map<String, String> annotations, String first) {
    String command = annotations.getOrDefault(POST + "command", "");
    if (command.isEmpty()) {
      return null;
    }
    String container = annotations.getOrDefault(POST + "container", "");
    return new RestoreHook(
        new Hook(
            "the restore hook of its annotations",
            container.isEmpty() ? first : container,
            Hook.command(command),
            annotations.getOrDefault(POST + "on-error", ""),
            Hook.timeout(annotations.getOrDefault(POST + "exec-timeout", ""))),
        patience(annotations.getOrDefault(POST + "wait-timeout", "")),
        List.of("1", "t", "true")
            .contains(
                annotations.getOrDefault(POST + "wait-for-ready", "").toLowerCase(Locale.ROOT)));
  }

  private static @Nullable Duration patience(String text) {
    Duration given = text.isEmpty() ? Duration.ZERO : GoDuration.parse(text).value();
    return given.isPositive() ? given : null;
  }

  private List<JsonNode> entries(ObjectNode pod, String namespace) {
    List<JsonNode> applying = new ArrayList<>();
    if (spec != null) {
      for (JsonNode entry : spec.path("resources")) {
        if (selector.applies(entry, pod, namespace)) {
          applying.add(entry);
        }
      }
    }
    return applying;
  }

  private static Map<String, String> annotations(ObjectNode pod) {
    return HookSelector.strings(pod.at("/metadata/annotations"));
  }
}
