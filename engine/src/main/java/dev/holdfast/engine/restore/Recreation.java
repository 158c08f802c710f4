package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.DeleteOptions;
import dev.holdfast.cluster.Cluster.ListOptions;
import dev.holdfast.cluster.Cluster.WriteOptions;
import dev.holdfast.engine.restore.Preparation.Ready;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * Deletes an object and creates it again as the backup has it. What it owns in the cluster goes
 * with it, so it is done only if the restore brings all of that back, and never to a Namespace, a
 * definition, a volume or a claim: with those goes what no restore of objects brings back.
 */
final class Recreation {

  private static final Duration POLL = Duration.ofMillis(100);

  /** Deployment, ReplicaSet, Pod are three; a circle must end somewhere. */
  private static final int DEEPEST = 16;

  private record Owned(ItemKey key, String uid) {}

  private final Cluster cluster;
  private final Discovery discovery;
  private final Duration patience;
  private final Predicate<ItemKey> restored;

  /** Namespace → owner's uid → what it owns. */
  private final Map<String, Map<String, List<Owned>>> owned = new ConcurrentHashMap<>();

  /**
   * @param restored whether the restore writes the item with this key in the target
   */
  Recreation(Cluster cluster, Discovery discovery, Duration patience, Predicate<ItemKey> restored) {
    this.cluster = cluster;
    this.discovery = discovery;
    this.patience = patience;
    this.restored = restored;
  }

  /** Why the object is not recreated; empty if it is. */
  Optional<String> refusal(Operation op, Ready wanted, ObjectNode live) {
    if (Kinds.NEVER_RECREATED.contains(wanted.target().type())) {
      return Optional.of(
          "with a %s goes what a restore of objects does not bring back"
              .formatted(wanted.type().kind()));
    }
    if (!discovery.failed().isEmpty()) {
      return Optional.of(
          "what it owns cannot be seen: "
              + discovery.failed().keySet()
              + " could not be discovered");
    }
    Optional<String> controller = controller(wanted, live);
    if (controller.isPresent()) {
      return controller;
    }
    try {
      Map<String, List<Owned>> dependants =
          owned.computeIfAbsent(wanted.target().namespace(), ns -> owners(op, ns));
      return lost(dependants, Target.uid(live), 0)
          .map(key -> "it owns what this restore does not bring back: " + key);
    } catch (Failure.Denied e) {
      return Optional.of("what it owns cannot be seen: " + e.getMessage());
    }
  }

  /** A pod that a controller keeps is made anew from the template as soon as it is gone. */
  private static Optional<String> controller(Ready wanted, ObjectNode live) {
    if (wanted.target().type().equals(Kinds.PODS)) {
      for (JsonNode owner : live.path("metadata").path("ownerReferences")) {
        if (owner.path("controller").asBoolean()) {
          return Optional.of(
              "its %s %s would make another at once"
                  .formatted(owner.path("kind").asText(), owner.path("name").asText()));
        }
      }
    }
    return Optional.empty();
  }

  /** The first that is owned, or owned by what is owned, and is not restored. */
  private Optional<ItemKey> lost(Map<String, List<Owned>> dependants, String uid, int depth) {
    for (Owned item : dependants.getOrDefault(uid, List.of())) {
      if (!restored.test(item.key())) {
        return Optional.of(item.key());
      }
      Optional<ItemKey> below =
          depth < DEEPEST ? lost(dependants, item.uid(), depth + 1) : Optional.empty();
      if (below.isPresent()) {
        return below;
      }
    }
    return Optional.empty();
  }

  private Map<String, List<Owned>> owners(Operation op, String namespace) {
    Map<String, List<Owned>> found = new ConcurrentHashMap<>();
    List<ResourceType> types =
        discovery.preferred().stream()
            .filter(t -> t.can("list") && (t.namespaced() || namespace.isEmpty()))
            .filter(t -> !Kinds.NEVER_RESTORED.contains(t.groupResource()))
            .toList();
    op.forEach(
        types.iterator(),
        8,
        type ->
            cluster.list(
                op,
                type,
                namespace,
                ListOptions.ALL,
                item -> {
                  ItemScan scan = ItemScan.read(item.json());
                  ItemKey key = new ItemKey(type.groupResource(), item.namespace(), item.name());
                  for (ItemScan.Owner owner : scan.owners()) {
                    found
                        .computeIfAbsent(
                            owner.uid(), _ -> Collections.synchronizedList(new ArrayList<>()))
                        .add(new Owned(key, scan.uid()));
                  }
                }));
    return found;
  }

  /**
   * What it owns is orphaned, not deleted: its controller adopts it again, or the restore links it.
   *
   * @throws Failure.Conflict if the object is not the one that was looked at any more
   */
  ObjectNode recreate(Operation op, Ready wanted, ObjectNode live, ObjectNode body) {
    String namespace = wanted.target().namespace();
    String name = wanted.target().name();
    boolean owner = owned.getOrDefault(namespace, Map.of()).containsKey(Target.uid(live));
    cluster.delete(
        op,
        wanted.type(),
        namespace,
        name,
        new DeleteOptions(Target.uid(live), null, owner ? "Orphan" : null, false));
    Instant end = op.now().plus(patience);
    while (true) {
      Optional<ObjectNode> there =
          cluster.get(op, wanted.type(), namespace, name).map(Target::tree);
      if (there.isEmpty()) {
        break;
      }
      if (!Target.uid(there.get()).equals(Target.uid(live))) {
        throw new Failure.Rejected(
            wanted.target() + " was made anew by somebody else as soon as it was deleted",
            "what the backup holds of it is not in the cluster; see which controller makes it",
            null);
      }
      if (op.now().isAfter(end)) {
        throw new Failure.Rejected(
            wanted.target() + " is still being deleted",
            "something holds it up with a finalizer; restore again when it is gone",
            null);
      }
      op.pause(POLL);
    }
    return Target.tree(
        cluster.create(op, wanted.type(), namespace, Json.bytes(body), WriteOptions.NONE));
  }
}
