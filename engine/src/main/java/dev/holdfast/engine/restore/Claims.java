package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.DeleteOptions;
import dev.holdfast.cluster.Cluster.ListOptions;
import dev.holdfast.cluster.Cluster.PatchType;
import dev.holdfast.cluster.Cluster.WriteOptions;
import dev.holdfast.engine.restore.action.ItemTransform;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Volume claims in the target: reading, making and removing them, and which are filled. From its
 * creation on, or before it is emptied, a claim says that it is to be filled: whatever ends the
 * restore, the next one knows that what is in it is not whole.
 */
final class Claims {

  private static final String FILLED = ItemTransform.FILLED_ANNOTATION;
  private static final String UNFILLED = "unfilled ";
  private static final Duration LOOK = Duration.ofMillis(300);

  private final Cluster cluster;
  private final ResourceType type;
  private final RunMark mark;

  Claims(Cluster cluster, Discovery discovery, RunMark mark) {
    this.cluster = cluster;
    this.type =
        discovery
            .find(Kinds.CLAIMS)
            .orElseThrow(() -> new Failure.Absent("The cluster does not serve " + Kinds.CLAIMS));
    this.mark = mark;
  }

  Optional<ObjectNode> get(Operation op, ItemKey claim) {
    return cluster.get(op, type, claim.namespace(), claim.name()).map(Target::tree);
  }

  /** Whether this restore filled it, in this or an earlier attempt. */
  boolean filled(Operation op, ItemKey claim) {
    return get(op, claim).filter(this::filled).isPresent();
  }

  /** The same of one that was read. */
  boolean filled(ObjectNode claim) {
    return filledBy(claim).equals(mark.run());
  }

  /** The run that filled a claim, or a word more if it did not; empty if none was to. */
  static String filledBy(ObjectNode claim) {
    return claim.at("/metadata/annotations").path(FILLED).asText();
  }

  /** Notes on the claim that all of its content is there. */
  void fill(Operation op, ItemKey claim) {
    note(op, claim, mark.run());
  }

  /** Notes on the claim that its content is no longer there, or not yet. */
  void unfill(Operation op, ItemKey claim) {
    note(op, claim, UNFILLED + mark.run());
  }

  /** The same on one that is about to be created, if it is to be filled. */
  static void note(ObjectNode body, RunMark mark, boolean unfilled) {
    if (unfilled) {
      body.withObject("/metadata").withObject("/annotations").put(FILLED, UNFILLED + mark.run());
    } else if (body.at("/metadata/annotations") instanceof ObjectNode annotations) {
      annotations.remove(FILLED); // of a restore before the backup
    }
  }

  /**
   * Claims of a namespace that a restore did not fill; none for who may not list them.
   *
   * @param own whether those of this restore count, too
   */
  Set<ItemKey> unfilled(Operation op, String namespace, boolean own) {
    Set<ItemKey> found = new LinkedHashSet<>();
    try {
      cluster.list(
          op,
          type,
          namespace,
          ListOptions.ALL,
          item -> {
            String note = filledBy(Target.tree(item));
            if (note.startsWith(UNFILLED) && (own || !note.equals(UNFILLED + mark.run()))) {
              found.add(new ItemKey(Kinds.CLAIMS, namespace, item.name()));
            }
          });
    } catch (Failure.Denied e) {
      if (e.ofEverything()) {
        throw e;
      }
    }
    return found;
  }

  private void note(Operation op, ItemKey claim, String value) {
    ObjectNode patch = Json.MAPPER.createObjectNode();
    patch.putObject("metadata").putObject("annotations").put(FILLED, value);
    var _ =
        cluster.patch(
            op,
            type,
            claim.namespace(),
            claim.name(),
            PatchType.MERGE,
            Json.bytes(patch),
            WriteOptions.NONE);
  }

  void create(Operation op, ItemKey claim, ObjectNode body) {
    var _ = cluster.create(op, type, claim.namespace(), Json.bytes(body), WriteOptions.NONE);
  }

  /**
   * Deletes this very claim, and waits until it is gone.
   *
   * @throws Failure.Conflict if something still uses it when patience ends
   */
  void delete(Operation op, ItemKey claim, ObjectNode live, Duration patience) {
    try {
      cluster.delete(
          op,
          type,
          claim.namespace(),
          claim.name(),
          new DeleteOptions(Target.uid(live), null, null, false));
    } catch (Failure.Absent e) {
      return;
    }
    Instant end = op.now().plus(patience);
    while (get(op, claim).filter(there -> Target.uid(there).equals(Target.uid(live))).isPresent()) {
      if (op.now().isAfter(end)) {
        throw new Failure.Conflict(
            "claim " + claim.name() + " is still being deleted: something uses it",
            "see which pod: kubectl -n " + claim.namespace() + " describe pvc " + claim.name(),
            null);
      }
      op.pause(LOOK);
    }
  }

  /** Waits until it is bound. */
  void bound(Operation op, ItemKey claim, Duration patience) {
    Instant end = op.now().plus(patience);
    while (get(op, claim)
        .filter(live -> live.at("/status/phase").asText().equals("Bound"))
        .isEmpty()) {
      if (op.now().isAfter(end)) {
        throw new Failure.Unreachable(
            "claim " + claim.name() + " was not bound in time", null, null);
      }
      op.pause(LOOK);
    }
  }
}
