package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.PatchType;
import dev.holdfast.cluster.Cluster.WriteOptions;
import dev.holdfast.engine.restore.Preparation.Ready;
import dev.holdfast.engine.restore.action.Comparison;
import dev.holdfast.engine.restore.action.ServiceAccountMerge;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Asks admission what it says to a write, without writing ({@code dryRun=All}). What cannot be
 * asked before something else is there is {@link Action#UNKNOWN}.
 */
final class DryRun {

  private static final GroupResource PRIORITY_CLASSES =
      GroupResource.parse("priorityclasses.scheduling.k8s.io");

  private final Cluster cluster;
  private final Draught draught;
  private final Namespaces namespaces;
  private final Map<ItemKey, Boolean> there = new ConcurrentHashMap<>();

  DryRun(Cluster cluster, Draught draught, Namespaces namespaces) {
    this.cluster = cluster;
    this.draught = draught;
    this.namespaces = namespaces;
  }

  /** The entry, or another one if admission says something else. */
  PlanEntry ask(Operation op, Ready ready, Optional<ObjectNode> live, PlanEntry entry) {
    try {
      if (entry.action() == Action.CREATE) {
        return create(op, ready, entry);
      }
      if (live.isPresent() && entry.then() != null) {
        return change(op, ready, live.get(), entry);
      }
      return entry;
    } catch (Failure.Denied e) {
      return entry.because(Action.DENIED, e.getMessage());
    } catch (Failure.Rejected e) {
      boolean cannotSay = e.getMessage().contains("does not support dry run");
      return entry.because(cannotSay ? Action.UNKNOWN : Action.FAILS, e.getMessage());
    } catch (Failure.Absent | Failure.Conflict e) {
      return entry.because(Action.FAILS, e.getMessage());
    } catch (Failure.Unreachable e) {
      if (!namespaces.answers(op)) {
        throw e;
      }
      return entry.because(Action.UNKNOWN, e.getMessage());
    }
  }

  private PlanEntry create(Operation op, Ready ready, PlanEntry entry) {
    for (ItemKey needed : needed(ready)) {
      if (!there.computeIfAbsent(needed, key -> exists(op, key))) {
        return unknown(entry, needed);
      }
    }
    var _ =
        cluster.create(
            op,
            ready.type(),
            ready.target().namespace(),
            Json.bytes(ready.item().item()),
            WriteOptions.DRY_RUN);
    return entry;
  }

  static PlanEntry unknown(PlanEntry entry, ItemKey needed) {
    return entry.because(Action.UNKNOWN, "admission cannot be asked before " + needed + " exists");
  }

  /** Without what the server asks for it refuses; what this restore brings is yet to come. */
  private List<ItemKey> needed(Ready ready) {
    String namespace = ready.target().namespace();
    List<ItemKey> needed = new ArrayList<>();
    if (!namespace.isEmpty()) {
      needed.add(new ItemKey(Kinds.NAMESPACES, "", namespace));
    }
    if (ready.target().type().equals(Kinds.PODS)) {
      JsonNode spec = ready.item().item().path("spec");
      String account = spec.path("serviceAccountName").asText("default");
      List.of(
              new ItemKey(Kinds.SERVICE_ACCOUNTS, namespace, account),
              new ItemKey(PRIORITY_CLASSES, "", spec.path("priorityClassName").asText()))
          .stream()
          .filter(draught::restoresTarget)
          .forEach(needed::add);
    }
    return needed;
  }

  private boolean exists(Operation op, ItemKey key) {
    return draught
        .discovery()
        .find(key.type())
        .flatMap(type -> cluster.get(op, type, key.namespace(), key.name()))
        .map(Target::tree)
        .filter(object -> !Target.terminating(object))
        .isPresent();
  }

  private PlanEntry change(Operation op, Ready ready, ObjectNode live, PlanEntry entry) {
    switch (entry.then()) {
      case "update" -> patch(op, ready, comparison(ready, live).patch());
      case "merge" -> patch(op, ready, ServiceAccountMerge.patch(live, ready.item().item()));
      case "recreate" -> {
        return entry.unsure("admission cannot be asked while the object is there");
      }
      case null, default -> {}
    }
    return entry;
  }

  private static Comparison comparison(Ready ready, ObjectNode live) {
    return Comparison.of(ready.target().type(), live, ready.item().item());
  }

  private void patch(Operation op, Ready ready, ObjectNode patch) {
    var _ =
        cluster.patch(
            op,
            ready.type(),
            ready.target().namespace(),
            ready.target().name(),
            PatchType.MERGE,
            Json.bytes(patch),
            WriteOptions.DRY_RUN);
  }
}
