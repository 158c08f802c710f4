package dev.holdfast.engine.volume;

import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.DeleteOptions;
import dev.holdfast.cluster.Cluster.ListOptions;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.util.ArrayList;
import java.util.List;

/**
 * Removes pods of ours that have ended: commands that were killed left them. Those that still run
 * end with the stream of somebody who is at work, or in a moment.
 */
public final class EndedPods {

  private static final String OURS = "app.kubernetes.io/managed-by=holdfast";

  private EndedPods() {}

  /** Removes them from a namespace, as far as the caller may. */
  public static void collect(Operation op, Cluster cluster, ResourceType pods, String namespace) {
    List<String> ended = new ArrayList<>();
    try {
      cluster.list(
          op,
          pods,
          namespace,
          new ListOptions(OURS, null, 0),
          item -> {
            String phase = Json.object(item.json(), item.name()).at("/status/phase").asText();
            boolean ours =
                item.name().startsWith("holdfast-mover-")
                    || item.name().startsWith("holdfast-fill-");
            if (ours && (phase.equals("Succeeded") || phase.equals("Failed"))) {
              ended.add(item.name());
            }
          });
      for (String name : ended) {
        cluster.delete(op, pods, namespace, name, DeleteOptions.NONE);
      }
    } catch (Failure.Denied | Failure.Absent e) {
      // who may not has made none, and somebody else may be faster
    }
  }
}
