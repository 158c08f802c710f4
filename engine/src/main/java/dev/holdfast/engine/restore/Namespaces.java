package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.WriteOptions;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.restore.action.ItemTransform;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Names;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The namespaces that items go to: each asked for once, however many items go there. One that is
 * being deleted is waited for.
 */
final class Namespaces {

  private static final Duration POLL = Duration.ofMillis(250);

  private final Cluster cluster;
  private final ResourceType type;
  private final Duration patience;
  private final Progress progress;

  Namespaces(Cluster cluster, Discovery discovery, Duration patience, Progress progress) {
    this.cluster = cluster;
    this.progress = progress;
    this.type =
        discovery
            .find(Kinds.NAMESPACES)
            .orElseThrow(() ->
                new Failure.Unsupported(
                    "The cluster serves no namespaces: this is no Kubernetes API server",
                    "check the kubeconfig's server"));
    this.patience = patience;
  }

  ResourceType type() {
    return type;
  }

  /**
   * The namespace as it stands, once it is not being deleted any more; empty if there is none.
   *
   * @throws Failure.Conflict if it is still being deleted when patience ends
   * @throws Failure.Denied if the caller may not read it
   */
  Optional<ObjectNode> settled(Operation op, String name) {
    Instant end = op.now().plus(patience);
    for (boolean first = true; ; first = false) {
      Optional<ObjectNode> found = cluster.get(op, type, "", name).map(Target::tree);
      if (found.isEmpty() || !Target.terminating(found.get())) {
        return found;
      }
      if (first) {
        progress.note(
            "Namespace %s is being deleted; waiting up to %d seconds for it to go"
                .formatted(name, patience.toSeconds()));
      }
      if (op.now().isAfter(end)) {
        throw new Failure.Conflict(
            "Namespace %s is still being deleted after %d seconds%s"
                .formatted(name, patience.toSeconds(), remains(found.get())),
            "see what holds it up with 'kubectl get namespace %s -o yaml', then restore again"
                .formatted(name),
            null);
      }
      op.pause(POLL);
    }
  }

  /** What the server says is left in it; empty if it says nothing. */
  private static String remains(ObjectNode namespace) {
    List<String> said = new ArrayList<>();
    for (JsonNode condition : namespace.path("status").path("conditions")) {
      if (condition.path("status").asText().equals("True")) {
        said.add(condition.path("message").asText());
      }
    }
    return said.isEmpty() ? "" : ": " + String.join("; ", said);
  }

  /** Makes a namespace of which the backup says nothing but the name. */
  void createBare(Operation op, String name, String backup, RunMark mark) {
    ObjectNode item = Json.MAPPER.createObjectNode();
    item.put("apiVersion", "v1").put("kind", "Namespace");
    item.putObject("metadata")
        .put("name", name)
        .putObject("labels")
        .put(ItemTransform.BACKUP_LABEL, Names.toLabelValue(backup))
        .put(ItemTransform.RESTORE_LABEL, Names.toLabelValue(mark.restore()));
    mark.put(item, Outcome.CREATED);
    try {
      var _ = cluster.create(op, type, "", Json.bytes(item), WriteOptions.NONE);
    } catch (Failure.Conflict e) {
      // Somebody was faster; it is there, which is all that was asked for.
    }
  }

  /**
   * Whether the server answers at all: an item whose write is answered with a server error, as by a
   * broken webhook, is that item's problem; a server that is gone is everybody's.
   */
  boolean answers(Operation op) {
    try {
      var _ = cluster.get(op, type, "", "default");
      return true;
    } catch (Failure.Unreachable | Failure.Throttled e) {
      return false;
    } catch (Failure e) {
      return true;
    }
  }
}
