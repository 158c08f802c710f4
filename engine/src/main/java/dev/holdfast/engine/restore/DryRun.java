package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.PatchType;
import dev.holdfast.cluster.Cluster.WriteOptions;
import dev.holdfast.engine.restore.Preparation.Ready;
import dev.holdfast.engine.restore.action.Comparison;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Asks admission what it says to a write, without writing ({@code dryRun=All}). */
final class DryRun {

  private final Cluster cluster;
  private final Draught draught;
  private final Map<String, Boolean> namespaces = new ConcurrentHashMap<>();

  DryRun(Cluster cluster, Draught draught) {
    this.cluster = cluster;
    this.draught = draught;
  }

  /** The entry, or another one if admission says something else. */
  PlanEntry ask(Operation op, Ready ready, Optional<ObjectNode> live, PlanEntry entry) {
    try {
      if (entry.action() == Action.CREATE) {
        return create(op, ready, entry);
      }
      if (live.isPresent() && "update".equals(entry.then())) {
        update(op, ready, live.get());
      }
      return entry;
    } catch (Failure.Denied e) {
      return entry.because(Action.DENIED, e.getMessage());
    } catch (Failure.Rejected | Failure.Absent | Failure.Conflict e) {
      return entry.because(Action.FAILS, e.getMessage());
    }
  }

  private PlanEntry create(Operation op, Ready ready, PlanEntry entry) {
    String namespace = ready.target().namespace();
    if (!namespace.isEmpty() && !exists(op, namespace)) {
      return entry.because(
          Action.UNKNOWN,
          "admission cannot be asked before the namespace " + namespace + " exists");
    }
    var _ =
        cluster.create(
            op, ready.type(), namespace, Json.bytes(ready.item().item()), WriteOptions.DRY_RUN);
    return entry;
  }

  private boolean exists(Operation op, String namespace) {
    return namespaces.computeIfAbsent(
        namespace,
        name ->
            draught
                .discovery()
                .find(Kinds.NAMESPACES)
                .map(type -> cluster.get(op, type, "", name).isPresent())
                .orElse(false));
  }

  private void update(Operation op, Ready ready, ObjectNode live) {
    var _ =
        cluster.patch(
            op,
            ready.type(),
            ready.target().namespace(),
            ready.target().name(),
            PatchType.MERGE,
            Json.bytes(Comparison.of(ready.target().type(), live, ready.item().item()).patch()),
            WriteOptions.DRY_RUN);
  }
}
