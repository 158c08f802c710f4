package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.PatchType;
import dev.holdfast.cluster.Cluster.WriteOptions;
import dev.holdfast.engine.restore.Preparation.Ready;
import dev.holdfast.engine.restore.action.Comparison;
import dev.holdfast.engine.restore.action.ServiceAccountMerge;
import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Writes one item: creates it, or decides what to do about the object that is there already. One
 * write in the normal case; {@link SecondWrites} follow where they have to.
 */
final class ItemWriter {

  /** An object may change or go between two looks at it; then we look again, this often. */
  private static final int TRIES = 6;

  private static final Duration PAUSE = Duration.ofMillis(200);

  /** Items that are about to be deleted in order to be created again, known to the journal. */
  interface Intents {
    /** Returns when the journal has it. */
    void add(ItemKey source);

    boolean contain(ItemKey source);
  }

  /** What became of it, and the object's uid if there is one. */
  record Written(ItemResult result, String uid) {}

  private final Cluster cluster;
  private final RunMark mark;
  private final ExistingPolicy policy;
  private final boolean preserveNodePorts;
  private final Recreation recreation;
  private final Intents intents;
  private final SecondWrites second;
  private final Predicate<ItemKey> unfilled;

  /**
   * @param unfilled claims of the backup that are filled once they exist
   */
  ItemWriter(
      Cluster cluster,
      RunMark mark,
      ExistingPolicy policy,
      boolean preserveNodePorts,
      Recreation recreation,
      SecondWrites second,
      Intents intents,
      Predicate<ItemKey> unfilled) {
    this.cluster = cluster;
    this.mark = mark;
    this.policy = policy;
    this.preserveNodePorts = preserveNodePorts;
    this.recreation = recreation;
    this.second = second;
    this.intents = intents;
    this.unfilled = unfilled;
  }

  /**
   * @param owners owner references with the uids of the target
   * @throws Failure.Unreachable and other failures that are no answer about this item, credentials
   *     that are no longer accepted among them
   */
  Written write(Operation op, Ready wanted, ArrayNode owners) {
    List<String> warnings = new ArrayList<>(wanted.item().warnings());
    ObjectNode body = wanted.item().item().deepCopy();
    // Deleted by an earlier attempt, which did not come to create it again: that is an update.
    Outcome outcome = intents.contain(wanted.item().source()) ? Outcome.UPDATED : Outcome.CREATED;
    mark.put(body, outcome);
    if (wanted.target().type().equals(Kinds.CLAIMS)) {
      Claims.note(body, mark, unfilled.test(wanted.item().source()));
    }
    if (!owners.isEmpty()) {
      body.withObject("/metadata").set("ownerReferences", owners);
    }
    for (int attempt = 1; ; attempt++) {
      op.check();
      try {
        ObjectNode created = create(op, wanted, body);
        return finished(op, wanted, created, outcome, warnings);
      } catch (Failure.Conflict | PortTaken e) {
        Optional<ObjectNode> live = get(op, wanted);
        if (live.isPresent() && !Target.terminating(live.get())) {
          Optional<Written> written = existing(op, wanted, live.get(), owners, warnings);
          if (written.isPresent()) {
            return written.get();
          }
        } else if (e instanceof PortTaken && live.isEmpty()) {
          freePorts(body, String.valueOf(e.getMessage()));
          continue;
        }
        if (attempt == TRIES) {
          return failed(wanted, "it keeps changing or is being deleted; restore again later");
        }
        op.pause(PAUSE.multipliedBy(attempt));
      } catch (Failure.Denied e) {
        if (e.ofEverything()) {
          throw e;
        }
        return there(op, wanted, warnings).orElseGet(() -> failed(wanted, e.describe()));
      } catch (Failure.Rejected | Failure.Absent e) {
        return failed(wanted, e.describe());
      }
    }
  }

  /**
   * Who may not create an object is told so even if it is there, as its namespace is for a user
   * with the rights of one namespace. If it is as wanted, or is to be kept, nothing has failed.
   */
  private Optional<Written> there(Operation op, Ready wanted, List<String> warnings) {
    try {
      Optional<ObjectNode> live = get(op, wanted).filter(found -> !Target.terminating(found));
      if (live.isEmpty()) {
        return Optional.empty();
      }
      Optional<Outcome> mine = mark.of(live.get());
      if (mine.isPresent()) {
        return Optional.of(finished(op, wanted, live.get(), mine.get(), warnings));
      }
      if (Comparison.of(wanted.target().type(), live.get(), wanted.item().item()).same()) {
        return Optional.of(written(wanted, live.get(), Outcome.IDENTICAL, List.of()));
      }
      return policy == ExistingPolicy.NONE
          ? Optional.of(kept(wanted, live.get()))
          : Optional.empty();
    } catch (Failure.Denied e) {
      return Optional.empty();
    }
  }

  private ObjectNode create(Operation op, Ready wanted, ObjectNode body) {
    try {
      return Target.tree(
          cluster.create(
              op, wanted.type(), wanted.target().namespace(), Json.bytes(body), WriteOptions.NONE));
    } catch (Failure.Rejected e) {
      if (TakenPorts.refused(wanted, e)) {
        throw new PortTaken(e.getMessage());
      }
      throw e;
    }
  }

  /** A node port is taken, which the server says before it looks whether the Service exists. */
  private static final class PortTaken extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PortTaken(String message) {
      super(message, null, false, false);
    }
  }

  private void freePorts(ObjectNode service, String message) {
    if (preserveNodePorts) {
      throw new Failure.Rejected(
          message, "free the port, or restore without --preserve-nodeports", null);
    }
    TakenPorts.free(service);
  }

  private Optional<ObjectNode> get(Operation op, Ready wanted) {
    return cluster
        .get(op, wanted.type(), wanted.target().namespace(), wanted.target().name())
        .map(Target::tree);
  }

  /** Empty if the object changed meanwhile and has to be looked at again. */
  private Optional<Written> existing(
      Operation op, Ready wanted, ObjectNode live, ArrayNode owners, List<String> warnings) {
    Optional<Outcome> mine = mark.of(live);
    if (mine.isPresent()) {
      return Optional.of(finished(op, wanted, live, mine.get(), warnings));
    }
    Comparison comparison = Comparison.of(wanted.target().type(), live, wanted.item().item());
    if (comparison.same()) {
      return identical(op, wanted, live, owners);
    }
    try {
      if (wanted.target().type().equals(Kinds.SERVICE_ACCOUNTS)) {
        return Optional.of(merge(op, wanted, live));
      }
      return switch (policy) {
        case NONE -> Optional.of(kept(wanted, live));
        case UPDATE -> Optional.of(update(op, wanted, live, comparison, owners, warnings));
        case RECREATE -> recreate(op, wanted, live, owners, warnings);
      };
    } catch (Failure.Conflict e) {
      return Optional.empty();
    }
  }

  /** Its owner may have been made anew, and have another uid than the object remembers. */
  private Optional<Written> identical(
      Operation op, Ready wanted, ObjectNode live, ArrayNode owners) {
    try {
      second.link(op, wanted, live, owners);
    } catch (Failure.Conflict e) {
      return Optional.empty();
    }
    List<String> released = ReleasedVolume.warnings(wanted.target().type(), live);
    return Optional.of(written(wanted, live, Outcome.IDENTICAL, released));
  }

  /** Velero's words. */
  private static Written kept(Ready wanted, ObjectNode live) {
    String warning =
        "could not restore, %s:%s already exists. Warning: the in-cluster version is different than"
                .formatted(wanted.type().kind(), wanted.target().name())
            + " the backed-up version";
    List<String> all = new ArrayList<>(ReleasedVolume.warnings(wanted.target().type(), live));
    all.addFirst(warning);
    return written(wanted, live, Outcome.SKIPPED, all);
  }

  private Written merge(Operation op, Ready wanted, ObjectNode live) {
    ObjectNode patch = ServiceAccountMerge.patch(live, wanted.item().item());
    if (patch.isEmpty()) {
      return written(wanted, live, Outcome.IDENTICAL, List.of());
    }
    return written(wanted, patch(op, wanted, live, patch), Outcome.UPDATED, List.of());
  }

  private Written update(
      Operation op,
      Ready wanted,
      ObjectNode live,
      Comparison comparison,
      ArrayNode owners,
      List<String> warnings) {
    try {
      ObjectNode patch = comparison.patch();
      if (!Links.linked(live, owners)) {
        patch.withObject("/metadata").set("ownerReferences", Links.merged(live, owners));
      }
      ObjectNode patched = patch(op, wanted, live, patch);
      return finished(op, wanted, patched, Outcome.UPDATED, warnings);
    } catch (Failure.Rejected e) {
      if (!TakenPorts.refused(wanted, e)) {
        throw e;
      }
      ObjectNode portless = wanted.item().item().deepCopy();
      freePorts(portless, e.getMessage());
      Comparison rest = Comparison.of(wanted.target().type(), live, portless);
      return rest.same()
          ? written(wanted, live, Outcome.IDENTICAL, TakenPorts.warnings(wanted, live))
          : finished(op, wanted, patch(op, wanted, live, rest.patch()), Outcome.UPDATED, warnings);
    }
  }

  /** Only if the object is still the one that was looked at. */
  private ObjectNode patch(Operation op, Ready wanted, ObjectNode live, ObjectNode patch) {
    mark.put(patch, Outcome.UPDATED);
    ObjectNode metadata = patch.withObject("/metadata");
    metadata.set("uid", live.path("metadata").path("uid"));
    metadata.set("resourceVersion", live.path("metadata").path("resourceVersion"));
    return send(op, wanted, patch);
  }

  private ObjectNode send(Operation op, Ready wanted, ObjectNode patch) {
    return Target.tree(
        cluster.patch(
            op,
            wanted.type(),
            wanted.target().namespace(),
            wanted.target().name(),
            PatchType.MERGE,
            Json.bytes(patch),
            WriteOptions.NONE));
  }

  private Optional<Written> recreate(
      Operation op, Ready wanted, ObjectNode live, ArrayNode owners, List<String> warnings) {
    Optional<String> refusal = recreation.refusal(op, wanted, live);
    if (refusal.isPresent()) {
      List<String> why = new ArrayList<>(kept(wanted, live).result().warnings());
      why.add(wanted.target() + " is not recreated: " + refusal.get());
      return Optional.of(written(wanted, live, Outcome.SKIPPED, why));
    }
    ObjectNode body = wanted.item().item().deepCopy();
    mark.put(body, Outcome.UPDATED);
    ArrayNode references = Links.merged(live, owners);
    if (!references.isEmpty()) {
      body.withObject("/metadata").set("ownerReferences", references);
    }
    intents.add(wanted.item().source());
    ObjectNode created = recreation.recreate(op, wanted, live, body);
    return Optional.of(finished(op, wanted, created, Outcome.UPDATED, warnings));
  }

  private Written finished(
      Operation op, Ready wanted, ObjectNode live, Outcome outcome, List<String> warnings) {
    second.after(op, wanted, live, outcome, warnings);
    warnings.addAll(TakenPorts.warnings(wanted, live));
    return written(wanted, live, outcome, warnings);
  }

  private static Written written(
      Ready wanted, ObjectNode live, Outcome outcome, List<String> warnings) {
    return new Written(
        new ItemResult(wanted.item().source(), wanted.target(), outcome, null, null, warnings),
        Target.uid(live));
  }

  private static Written failed(Ready wanted, String why) {
    return new Written(ItemResult.failed(wanted.item().source(), wanted.target(), why), "");
  }
}
