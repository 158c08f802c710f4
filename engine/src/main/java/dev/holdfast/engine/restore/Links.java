package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.restore.Preparation.Ready;
import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/**
 * Owner references for the target: those of the backup whose owners are restored, with the uids
 * that the owners have now, and those whose owner is still the very object that it was, as when a
 * single item is restored into the cluster that it came from. All others are left out: a reference
 * to what is not there would let the garbage collector delete the item.
 */
final class Links {

  /** So many items are named in the remark about missing owners. */
  private static final int NAMED = 5;

  private final Cluster cluster;
  private final Draught draught;
  private final Owners owners;
  private final Ledger ledger;

  /** Owner outside the restore, as text with namespace and uid → whether it is still there. */
  private final Map<String, Boolean> alive = new ConcurrentHashMap<>();

  /** "" → whether the backup may be of this very cluster; asked when first needed. */
  private final Map<String, Boolean> same = new ConcurrentHashMap<>();

  Links(Cluster cluster, Draught draught, Ledger ledger) {
    this.cluster = cluster;
    this.draught = draught;
    this.owners = draught.owners();
    this.ledger = ledger;
  }

  /** The references that the item can have by now. */
  ArrayNode of(Operation op, Ready ready) {
    ArrayNode links = Json.MAPPER.createArrayNode();
    Map<String, Integer> restored = owners.of(ready.number());
    List<ItemScan.Owner> outside = owners.outside(ready.number());
    if (restored.isEmpty() && outside.isEmpty()) {
      return links;
    }
    for (ObjectNode reference : ready.item().ownerReferences()) {
      String old = reference.path("uid").asText();
      Integer owner = restored.get(old);
      if (owner != null) {
        ledger.uid(owner).ifPresent(uid -> links.add(reference.deepCopy().put("uid", uid)));
      } else if (outside.stream()
          .anyMatch(o -> o.uid().equals(old) && alive(op, o, ready.target().namespace()))) {
        links.add(reference.deepCopy());
      }
    }
    return links;
  }

  /** Items that get a reference, or may lack one, when all others are written. */
  IntStream late() {
    IntStream missed =
        owners.owned().stream()
            .filter(item -> owners.of(item).values().stream().anyMatch(ledger::retried))
            .mapToInt(Integer::intValue);
    IntStream planned = draught.order().late().stream().mapToInt(Integer::intValue);
    return IntStream.concat(planned, missed).distinct();
  }

  /** What was created without an owner that it had; empty if nothing was. */
  Optional<String> missing(Operation op) {
    List<String> items = new ArrayList<>();
    IntStream.concat(
            owners.owned().stream().mapToInt(Integer::intValue),
            owners.left().stream().mapToInt(Integer::intValue))
        .sorted()
        .distinct()
        .filter(item -> ledger.outcome(item).filter(Outcome.CREATED::equals).isPresent())
        .forEach(item -> lacks(op, item).ifPresent(items::add));
    if (items.isEmpty()) {
      return Optional.empty();
    }
    String named = String.join(", ", items.subList(0, Math.min(NAMED, items.size())));
    String more = items.size() > NAMED ? " and " + (items.size() - NAMED) + " more" : "";
    return Optional.of(
        "%d items are restored without an owner that they had, because it is not there: %s%s"
            .formatted(items.size(), named, more));
  }

  private Optional<String> lacks(Operation op, int item) {
    ItemKey target = draught.target(draught.spool().key(item));
    for (int owner : owners.of(item).values()) {
      if (ledger.uid(owner).isEmpty()) {
        return Optional.of(target + " (" + draught.spool().key(owner) + ")");
      }
    }
    for (ItemScan.Owner owner : owners.outside(item)) {
      boolean ours =
          draught
              .known(owner)
              .filter(t -> !Kinds.NEVER_RESTORED.contains(t.groupResource()))
              .isPresent();
      if (ours && !alive(op, owner, target.namespace())) {
        return Optional.of(target + " (" + owner.kind() + " " + owner.name() + ")");
      }
    }
    return Optional.empty();
  }

  private boolean alive(Operation op, ItemScan.Owner owner, String namespace) {
    if (!same.computeIfAbsent("", _ -> sameCluster(op))) {
      return false;
    }
    return alive.computeIfAbsent(
        namespace + " " + owner,
        _ -> draught.known(owner).filter(t -> is(op, t, owner, namespace)).isPresent());
  }

  private boolean is(Operation op, ResourceType type, ItemScan.Owner owner, String namespace) {
    try {
      return cluster
          .get(op, type, type.namespaced() ? namespace : "", owner.name())
          .map(Target::tree)
          .filter(o -> Target.uid(o).equals(owner.uid()) && !Target.terminating(o))
          .isPresent();
    } catch (Failure.Denied | Failure.Absent e) {
      return false;
    }
  }

  private boolean sameCluster(Operation op) {
    String source = draught.backup().cluster();
    try {
      String here = cluster.id(op);
      return source == null || here.isEmpty() || here.equals(source);
    } catch (Failure.Denied e) {
      return true; // the uid decides
    }
  }

  /** Whether an object of the cluster has all these references. */
  static boolean linked(ObjectNode live, ArrayNode links) {
    for (JsonNode link : links) {
      boolean found = false;
      for (JsonNode reference : live.path("metadata").path("ownerReferences")) {
        found |= reference.path("uid").equals(link.path("uid"));
      }
      if (!found) {
        return false;
      }
    }
    return true;
  }

  /** These, and those of the object that name other owners. */
  static ArrayNode merged(ObjectNode live, ArrayNode links) {
    ArrayNode all = links.deepCopy();
    for (JsonNode reference : live.path("metadata").path("ownerReferences")) {
      boolean replaced = false;
      for (JsonNode link : links) {
        replaced |=
            link.path("kind").equals(reference.path("kind"))
                && link.path("name").equals(reference.path("name"));
      }
      if (!replaced) {
        all.add(reference);
      }
    }
    return all;
  }
}
