package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.engine.spool.Spool;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import java.util.Optional;
import java.util.Set;

/**
 * Warns of every workload that was in the middle of a rollout when it was collected: what is stored
 * of it is neither the old state nor the new one.
 */
final class Rollouts {

  private static final GroupResource DEPLOYMENTS = GroupResource.parse("deployments.apps");
  private static final GroupResource STATEFUL_SETS = GroupResource.parse("statefulsets.apps");
  private static final GroupResource DAEMON_SETS = GroupResource.parse("daemonsets.apps");
  private static final Set<GroupResource> WORKLOADS =
      Set.of(DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS);

  private Rollouts() {}

  static void report(Spool spool, Findings findings) {
    for (int number = 0; number < spool.size(); number++) {
      ItemKey key = spool.key(number);
      if (WORKLOADS.contains(key.type())) {
        rollout(key.type(), Json.object(spool.json(number), key.toString()))
            .ifPresent(what ->
                findings.warning(
                    Findings.About.item(key),
                    "is in the middle of a rollout (" + what + "): back up again when it is done"));
      }
    }
  }

  /**
   * What is under way, as {@code kubectl rollout status} judges it; pods that are merely not ready
   * do not count.
   */
  static Optional<String> rollout(GroupResource type, ObjectNode workload) {
    JsonNode spec = workload.path("spec");
    JsonNode status = workload.path("status");
    if (status.path("observedGeneration").asLong()
        < workload.path("metadata").path("generation").asLong()) {
      return Optional.of("its controller has not seen the latest change");
    }
    long wanted =
        type.equals(DAEMON_SETS)
            ? status.path("desiredNumberScheduled").asLong()
            : spec.path("replicas").asLong(1);
    if (type.equals(STATEFUL_SETS)) {
      return statefulSet(spec, status, wanted);
    }
    long updated =
        status
            .path(type.equals(DAEMON_SETS) ? "updatedNumberScheduled" : "updatedReplicas")
            .asLong();
    boolean onDelete = spec.path("updateStrategy").path("type").asText().equals("OnDelete");
    if (updated < wanted && !onDelete && !spec.path("paused").asBoolean()) {
      return Optional.of(updated + " of " + wanted + " pods are updated");
    }
    long replicas = status.path("replicas").asLong();
    return type.equals(DEPLOYMENTS) && replicas > updated
        ? Optional.of((replicas - updated) + " old pods are still there")
        : Optional.empty();
  }

  private static Optional<String> statefulSet(JsonNode spec, JsonNode status, long wanted) {
    JsonNode strategy = spec.path("updateStrategy");
    String current = status.path("currentRevision").asText();
    String update = status.path("updateRevision").asText();
    if (strategy.path("type").asText().equals("OnDelete") || current.equals(update)) {
      return Optional.empty();
    }
    long partition = strategy.path("rollingUpdate").path("partition").asLong();
    long updated = status.path("updatedReplicas").asLong();
    return updated < wanted - partition
        ? Optional.of(updated + " of " + (wanted - partition) + " pods are updated")
        : Optional.empty();
  }
}
