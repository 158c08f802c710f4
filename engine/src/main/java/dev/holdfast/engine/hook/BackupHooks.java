package dev.holdfast.engine.hook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.engine.select.TypeNames;
import dev.holdfast.model.Discovery;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The hooks of a backup: those of a pod's annotations, which replace the spec's for that phase,
 * else all of the spec that match the pod, in order.
 */
public final class BackupHooks {

  /** Before, and after the pod's volumes are saved. */
  public enum Phase {
    PRE,
    POST;

    String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final @Nullable JsonNode spec;
  private final HookSelector selector;

  /**
   * @param spec {@code spec.hooks} of the Backup, or null
   */
  public BackupHooks(@Nullable JsonNode spec, Discovery discovery) {
    this.spec = spec;
    this.selector = new HookSelector(new TypeNames(discovery));
  }

  /**
   * The hooks of one pod.
   *
   * @throws dev.holdfast.model.Failure.Invalid if a command or a timeout cannot be read
   */
  public List<Hook> of(ObjectNode pod, Phase phase) {
    Map<String, String> annotations =
        HookSelector.strings(pod.path("metadata").path("annotations"));
    Hook own = annotated(annotations, phase.text() + ".hook.backup.velero.io/", phase);
    if (own == null && phase == Phase.PRE) {
      own = annotated(annotations, "hook.backup.velero.io/", phase);
    }
    return own == null ? ofSpec(pod, phase) : List.of(own);
  }

  private static @Nullable Hook annotated(
      Map<String, String> annotations, String prefix, Phase phase) {
    String command = annotations.get(prefix + "command");
    return command == null || command.isEmpty()
        ? null
        : new Hook(
            "the " + phase.text() + " hook of its annotations",
            annotations.getOrDefault(prefix + "container", ""),
            Hook.command(command),
            annotations.getOrDefault(prefix + "on-error", ""),
            Hook.timeout(annotations.getOrDefault(prefix + "timeout", "")));
  }

  private List<Hook> ofSpec(ObjectNode pod, Phase phase) {
    List<Hook> hooks = new ArrayList<>();
    if (spec == null) {
      return hooks;
    }
    for (JsonNode resource : spec.path("resources")) {
      if (!selector.applies(resource, pod, pod.at("/metadata/namespace").asText())) {
        continue;
      }
      for (JsonNode each : resource.path(phase.text())) {
        JsonNode exec = each.path("exec");
        if (!exec.path("command").isEmpty()) {
          hooks.add(
              new Hook(
                  "the " + phase.text() + " hook '" + resource.path("name").asText() + "'",
                  exec.path("container").asText(),
                  Hook.words(exec.path("command")),
                  exec.path("onError").asText(),
                  Hook.timeout(exec.path("timeout").asText())));
        }
      }
    }
    return hooks;
  }
}
