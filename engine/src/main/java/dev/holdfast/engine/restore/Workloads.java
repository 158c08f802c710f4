package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.ListOptions;
import dev.holdfast.cluster.Cluster.PatchType;
import dev.holdfast.cluster.Cluster.WriteOptions;
import dev.holdfast.engine.Progress;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Takes the pods away that use claims, and brings them back: Deployments, StatefulSets, ReplicaSets
 * and ReplicationControllers are scaled to none. How many replicas one had is written on it in the
 * same write that scales it, so that whoever goes on after a kill can give them back.
 */
final class Workloads {

  /**
   * {@code RUN ATTEMPT REPLICAS}. The attempt is {@code created} if it was restored so, and begins
   * with {@link #UNFILLED} if its volumes were not whole when it was stopped.
   */
  static final String STOPPED = "holdfast.dev/stopped-by-restore";

  static final String CREATED = "created";
  private static final String NOTE = "/metadata/annotations/holdfast.dev~1stopped-by-restore";
  private static final String UNFILLED = "unfilled-";
  private static final Duration LOOK = Duration.ofMillis(300);
  private static final int TRIES = 5;

  private final Cluster cluster;
  private final Discovery discovery;
  private final RunMark mark;
  private final Duration patience;
  private final Progress progress;

  /** Makes that an attempt which was replaced by another brings nothing back. */
  private final String attempt = UUID.randomUUID().toString().substring(0, 8);

  /** What this attempt stopped, with the claims that each uses. */
  private final Map<ItemKey, Set<String>> stopped = new LinkedHashMap<>();

  private final Set<ItemKey> doubtful = new LinkedHashSet<>();

  Workloads(
      Cluster cluster, Discovery discovery, RunMark mark, Duration patience, Progress progress) {
    this.cluster = cluster;
    this.discovery = discovery;
    this.mark = mark;
    this.patience = patience;
    this.progress = progress;
  }

  /**
   * Stops what uses the claims of a namespace.
   *
   * @param kept whether what was in the claims is kept until they have their new content
   * @return claim → why what uses it cannot be stopped; no pod uses the others any more
   */
  Map<String, String> stop(Operation op, String namespace, Set<String> claims, boolean kept) {
    ClaimUsers users = ClaimUsers.find(op, cluster, discovery, namespace);
    Map<String, String> refused = new LinkedHashMap<>();
    Map<ItemKey, Set<String>> wanted = new LinkedHashMap<>();
    for (String claim : claims) {
      Optional<String> obstacle = users.obstacle(claim);
      if (obstacle.isPresent()) {
        refused.put(claim, obstacle.get());
      } else {
        users
            .workloads(claim)
            .forEach(each -> wanted.computeIfAbsent(each, _ -> new LinkedHashSet<>()).add(claim));
      }
    }
    wanted.forEach((workload, its) -> {
      stopped.put(workload, its);
      if (scaleDown(op, workload, kept)) {
        its.forEach(claim -> doubtful.add(new ItemKey(Kinds.CLAIMS, namespace, claim)));
      }
    });
    Set<String> free = new LinkedHashSet<>(claims);
    free.removeAll(refused.keySet());
    await(op, namespace, free)
        .forEach((claim, pod) ->
            refused.put(
                claim,
                "pod %s still uses it after %d seconds".formatted(pod, patience.toSeconds())));
    return refused;
  }

  /** Waits until no pod uses them. Claim → pod, for those that are still used. */
  private Map<String, String> await(Operation op, String namespace, Set<String> claims) {
    Instant end = op.now().plus(patience);
    while (true) {
      Map<String, String> used = ClaimUsers.inUse(op, cluster, discovery, namespace, claims);
      if (used.isEmpty() || op.now().isAfter(end)) {
        return used;
      }
      op.pause(LOOK);
    }
  }

  /**
   * Claims that may be empty or half filled, because what uses them was found stopped: an earlier
   * attempt or restore did not bring it back.
   */
  Set<ItemKey> doubtful() {
    return Set.copyOf(doubtful);
  }

  /** Whether it was found stopped with a note, so that its claims may not be whole. */
  private boolean scaleDown(Operation op, ItemKey workload, boolean kept) {
    AtomicBoolean doubt = new AtomicBoolean();
    edit(
        op,
        workload,
        live -> {
          String noted = note(live);
          long running = live.at("/spec/replicas").asLong(1);
          boolean found = running == 0 && !noted.isEmpty();
          long replicas = found ? replicas(noted) : running;
          if (replicas == 0) {
            return Optional.empty();
          }
          doubt.set(
              found && !(mine(noted) || kept && stoppedWhole(noted))
                  || noted.startsWith(attempt(true) + " "));
          progress.note("%s is scaled to 0 replicas; it had %d".formatted(workload, replicas));
          return Optional.of(change(live, 0, "%s %d".formatted(attempt(doubt.get()), replicas)));
        });
    return doubt.get();
  }

  private String attempt(boolean doubtful) {
    return mark.run() + " " + (doubtful ? UNFILLED : "") + attempt;
  }

  /** Whether this restore stopped it, while its claims were whole. */
  private boolean stoppedWhole(String noted) {
    String prefix = mark.run() + " ";
    return noted.startsWith(prefix)
        && !noted.startsWith(prefix + CREATED)
        && !noted.startsWith(prefix + UNFILLED);
  }

  private static long replicas(String noted) {
    String number = noted.substring(noted.lastIndexOf(' ') + 1);
    return number.matches("\\d{1,9}") ? Long.parseLong(number) : 1;
  }

  /**
   * A JSON patch that sets the replicas and the note, if both still are what they were.
   *
   * @param note null to take it off
   */
  private static ArrayNode change(JsonNode live, long replicas, @Nullable String note) {
    ArrayNode patch = Json.MAPPER.createArrayNode();
    step(patch, "test", "/spec/replicas").set("value", live.at("/spec/replicas"));
    JsonNode noted = live.at("/metadata/annotations").path(STOPPED);
    if (!live.at("/metadata").has("annotations")) {
      step(patch, "add", "/metadata/annotations").putObject("value");
    } else if (noted.isTextual()) {
      step(patch, "test", NOTE).set("value", noted);
    }
    if (note == null) {
      step(patch, "remove", NOTE);
    } else {
      step(patch, "add", NOTE).put("value", note);
    }
    step(patch, "replace", "/spec/replicas").put("value", replicas);
    return patch;
  }

  private static ObjectNode step(ArrayNode patch, String operation, String path) {
    return patch.addObject().put("op", operation).put("path", path);
  }

  /**
   * Gives their replicas back to what this attempt stopped.
   *
   * @param unsafe claims whose content is not whole: what uses one stays stopped
   * @return what stays stopped, a sentence each
   */
  List<String> start(Operation op, Set<ItemKey> unsafe) {
    List<String> remarks = new ArrayList<>();
    stopped.forEach((workload, claims) -> {
      if (whole(op, workload, claims, unsafe)) {
        scaleUp(op, workload, this::mine);
      } else {
        remarks.add(
            "%s stays at 0 replicas, because a volume of it is not whole: restore again, or give it back its replicas with kubectl scale"
                .formatted(workload));
      }
    });
    return remarks;
  }

  /** Those of its claims that it was stopped for, and any other. */
  private boolean whole(Operation op, ItemKey workload, Set<String> claims, Set<ItemKey> unsafe) {
    HeldBack held = new HeldBack(unsafe, Set.of(), mark);
    return claims.stream()
            .map(claim -> new ItemKey(Kinds.CLAIMS, workload.namespace(), claim))
            .noneMatch(unsafe::contains)
        && cluster
            .get(op, type(workload), workload.namespace(), workload.name())
            .flatMap(live -> held.claim(workload.namespace(), Target.tree(live)))
            .isEmpty();
  }

  /**
   * Gives their replicas back to what an earlier attempt stopped, all of whose claims are filled.
   *
   * @param unsafe claims that are not
   */
  void startLeft(Operation op, String namespace, Set<ItemKey> unsafe) {
    HeldBack held = new HeldBack(unsafe, Set.of(), mark);
    List<ItemKey> left = new ArrayList<>();
    noted(
        op,
        namespace,
        (workload, live) -> {
          if (note(live).startsWith(mark.run() + " ") && held.claim(namespace, live).isEmpty()) {
            left.add(workload);
          }
        });
    left.stream()
        .filter(each -> !stopped.containsKey(each))
        .forEach(each -> scaleUp(op, each, note -> note.startsWith(mark.run() + " ")));
  }

  /** Those of the claims that something uses which any restore left stopped: not whole, maybe. */
  Set<ItemKey> held(Operation op, String namespace, Set<ItemKey> claims) {
    Set<ItemKey> found = new LinkedHashSet<>();
    noted(
        op,
        namespace,
        (_, live) ->
            claims.stream()
                .filter(claim -> claim.namespace().equals(namespace))
                .filter(claim -> live.at("/spec/replicas").asLong(1) == 0)
                .filter(claim -> HeldBack.uses(live, claim.name()))
                .forEach(found::add));
    return found;
  }

  /** What carries a note, of any restore; kinds that may not be listed have none to be found. */
  private void noted(Operation op, String namespace, BiConsumer<ItemKey, ObjectNode> each) {
    for (GroupResource kind : ClaimUsers.SCALED) {
      try {
        discovery
            .find(kind)
            .ifPresent(type ->
                cluster.list(
                    op,
                    type,
                    namespace,
                    ListOptions.ALL,
                    item -> {
                      ObjectNode live = Target.tree(item);
                      if (!note(live).isEmpty()) {
                        each.accept(new ItemKey(kind, item.namespace(), item.name()), live);
                      }
                    }));
      } catch (Failure.Denied e) {
        if (e.ofEverything()) {
          throw e;
        }
      }
    }
  }

  private static String note(JsonNode live) {
    return live.at("/metadata/annotations").path(STOPPED).asText();
  }

  /** Whether a note is of this attempt. */
  private boolean mine(String note) {
    return note.startsWith(attempt(false) + " ") || note.startsWith(attempt(true) + " ");
  }

  private void scaleUp(Operation op, ItemKey workload, Predicate<String> ours) {
    edit(
        op,
        workload,
        live -> {
          String noted = note(live);
          if (!ours.test(noted)) {
            return Optional.empty(); // somebody else took it over
          }
          progress.note("%s has its %d replicas again".formatted(workload, replicas(noted)));
          return Optional.of(change(live, replicas(noted), null));
        });
  }

  private interface Edit {
    /** A JSON patch; empty if there is nothing to change. */
    Optional<ArrayNode> of(ObjectNode live);
  }

  private ResourceType type(ItemKey workload) {
    return discovery
        .find(workload.type())
        .orElseThrow(() -> new Failure.Absent("The cluster does not serve " + workload.type()));
  }

  private void edit(Operation op, ItemKey workload, Edit edit) {
    ResourceType type = type(workload);
    for (int attempt = 1; ; attempt++) {
      Optional<ObjectNode> live =
          cluster.get(op, type, workload.namespace(), workload.name()).map(Target::tree);
      Optional<ArrayNode> patch = live.flatMap(edit::of);
      if (patch.isEmpty()) {
        return;
      }
      try {
        var _ =
            cluster.patch(
                op,
                type,
                workload.namespace(),
                workload.name(),
                PatchType.JSON,
                Json.bytes(patch.get()),
                WriteOptions.NONE);
        return;
      } catch (Failure.Conflict | Failure.Rejected e) {
        if (attempt == TRIES) {
          throw e;
        }
        op.pause(LOOK);
      }
    }
  }
}
