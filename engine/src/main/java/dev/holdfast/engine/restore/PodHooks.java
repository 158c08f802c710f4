package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.hook.HookRunner;
import dev.holdfast.engine.hook.RestoreHook;
import dev.holdfast.engine.hook.RestoreHooks;
import dev.holdfast.engine.restore.Preparation.Ready;
import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Runs the restore hooks in the pods that this restore created, as soon as their containers run
 * (velero.md 5.9): those of one container one after the other, pods side by side. What has run is
 * in the journal, so that a restore that is resumed runs only the others; the one that a kill fell
 * into runs twice.
 */
final class PodHooks {

  private static final Duration LOOK = Duration.ofMillis(500);
  private static final int PARALLEL = 16;

  private final Cluster cluster;
  private final Draught draught;
  private final Ledger ledger;
  private final Duration patience;
  private final Progress progress;
  private final RestoreHooks hooks;

  /** Pod and number of each hook that an earlier attempt has run. */
  private final Set<String> done = ConcurrentHashMap.newKeySet();

  private final ConcurrentLinkedQueue<String> notes = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<String> remarks = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<String> problems = new ConcurrentLinkedQueue<>();
  private final AtomicInteger attempted = new AtomicInteger();
  private final AtomicInteger failed = new AtomicInteger();

  /** A hook that is still to run, with its number in its pod. */
  private record Pending(int number, RestoreHook hook) {}

  /**
   * @param patience how long a container may take to run if its hook does not say
   */
  PodHooks(Cluster cluster, Draught draught, Ledger ledger, Duration patience, Progress progress) {
    this.cluster = cluster;
    this.draught = draught;
    this.ledger = ledger;
    this.patience = patience;
    this.progress = progress;
    this.hooks =
        new RestoreHooks(draught.preparation().context().spec().hooks(), draught.discovery());
  }

  /** Takes in a line of the journal. */
  void replay(JsonNode line) {
    if (line.has("hook")) {
      done.add(line.path("hook").asText());
      String problem = line.path("problem").asText();
      if (!problem.isEmpty()) {
        problems.add(problem);
      }
    }
  }

  /** What hooks wrote and that they ran, for the log. */
  List<String> notes() {
    return List.copyOf(notes);
  }

  /** What the user should know. */
  List<String> remarks() {
    return List.copyOf(remarks);
  }

  /** Hooks that failed or could not be run: errors of the restore. */
  List<String> problems() {
    return List.copyOf(problems);
  }

  int attempted() {
    return attempted.get();
  }

  int failed() {
    return failed.get();
  }

  /** Runs them all; what fails is a problem, and the other pods go on. */
  void run(Operation op, Journal journal) {
    Map<ItemKey, List<Pending>> pods = new LinkedHashMap<>();
    draught.set().numbers().stream()
        .filter(number -> draught.spool().key(number).type().equals(Kinds.PODS))
        .filter(number -> ledger.outcome(number).filter(Outcome.CREATED::equals).isPresent())
        .forEach(number -> find(number, pods));
    if (pods.isEmpty()) {
      return;
    }
    progress.phase("hooks");
    progress.total(pods.size(), 0);
    op.forEach(
        pods.entrySet().iterator(),
        PARALLEL,
        pod -> {
          pod(op, journal, pod.getKey(), pod.getValue());
          progress.advance(1, 0);
        });
  }

  private void find(int number, Map<ItemKey, List<Pending>> pods) {
    if (!(draught.preparation().prepare(number) instanceof Ready ready)) {
      return;
    }
    ItemKey pod = ready.target();
    try {
      List<RestoreHook> all = hooks.commands(ready.item().item(), pod.namespace());
      List<Pending> open = new ArrayList<>();
      for (int i = 0; i < all.size(); i++) {
        if (!done.contains(id(pod, i))) {
          open.add(new Pending(i, all.get(i)));
        }
      }
      if (!open.isEmpty()) {
        pods.put(pod, open);
      }
    } catch (Failure.Invalid e) {
      problem("The hooks of pod " + text(pod) + " were not run: " + e.describe());
    }
  }

  private static String id(ItemKey pod, int number) {
    return pod + "#" + number;
  }

  private static String text(ItemKey pod) {
    return pod.namespace() + "/" + pod.name();
  }

  private void problem(String sentence) {
    problems.add(sentence);
    progress.error(sentence);
  }

  private void pod(Operation op, Journal journal, ItemKey pod, List<Pending> hooks) {
    Map<String, List<Pending>> byContainer = new LinkedHashMap<>();
    hooks.forEach(each ->
        byContainer
            .computeIfAbsent(each.hook().hook().container(), _ -> new ArrayList<>())
            .add(each));
    Instant start = op.now();
    while (!byContainer.isEmpty()) {
      ObjectNode live = live(op, pod).orElse(null);
      String over = over(live);
      if (over != null) {
        ended(pod, byContainer, over, live != null);
        return;
      }
      if (!step(op, journal, pod, Objects.requireNonNull(live), byContainer, start)) {
        return; // a hook says that the others are not to run
      }
      if (!byContainer.isEmpty()) {
        op.pause(LOOK);
      }
    }
  }

  private Optional<ObjectNode> live(Operation op, ItemKey pod) {
    ResourceType type =
        draught
            .discovery()
            .find(Kinds.PODS)
            .orElseThrow(() -> new Failure.Absent("The cluster does not serve pods"));
    return cluster.get(op, type, pod.namespace(), pod.name()).map(Target::tree);
  }

  /** Why no hook can run in it any more; null if one may. */
  private static @Nullable String over(@Nullable ObjectNode live) {
    if (live == null) {
      return "the pod is gone";
    }
    String phase = live.at("/status/phase").asText();
    return phase.equals("Succeeded") || phase.equals("Failed")
        ? "the pod ended before (" + phase + ")"
        : null;
  }

  private void ended(ItemKey pod, Map<String, List<Pending>> left, String why, boolean there) {
    left.values().stream()
        .flatMap(List::stream)
        .forEach(each -> {
          String sentence =
              each.hook().hook().name() + " of pod " + text(pod) + " was not run: " + why;
          if (there) {
            remarks.add(sentence);
            progress.warning(sentence);
          } else {
            failed.incrementAndGet();
            problem(sentence);
          }
        });
  }

  /**
   * Runs what can run now, and drops what has waited too long.
   *
   * @return false if one failed that stops the others
   */
  private boolean step(
      Operation op,
      Journal journal,
      ItemKey pod,
      ObjectNode live,
      Map<String, List<Pending>> byContainer,
      Instant start) {
    for (String container : List.copyOf(byContainer.keySet())) {
      List<Pending> hooks = Objects.requireNonNull(byContainer.get(container));
      while (!hooks.isEmpty()) {
        Pending next = hooks.getFirst();
        Duration wait = Objects.requireNonNullElse(next.hook().patience(), patience);
        boolean good;
        if (up(live, container, next.hook().ready())) {
          good = one(op, journal, pod, next);
        } else if (op.now().isAfter(start.plus(wait))) {
          good = late(pod, next, wait);
        } else {
          break;
        }
        hooks.removeFirst();
        if (!good && next.hook().hook().stopsOnError()) {
          return false;
        }
      }
      if (hooks.isEmpty()) {
        byContainer.remove(container);
      }
    }
    return true;
  }

  private static boolean up(ObjectNode pod, String container, boolean ready) {
    for (String list : List.of("containerStatuses", "initContainerStatuses")) {
      for (JsonNode status : pod.path("status").path(list)) {
        if (status.path("name").asText().equals(container)) {
          return status.path("state").has("running")
              && (!ready || status.path("ready").asBoolean());
        }
      }
    }
    return false;
  }

  private boolean late(ItemKey pod, Pending next, Duration wait) {
    attempted.incrementAndGet();
    failed.incrementAndGet();
    problem(
        "%s of pod %s was not run: container %s was not %s within %d s"
            .formatted(
                next.hook().hook().name(),
                text(pod),
                next.hook().hook().container(),
                next.hook().ready() ? "ready" : "running",
                wait.toSeconds()));
    return false;
  }

  private boolean one(Operation op, Journal journal, ItemKey pod, Pending next) {
    attempted.incrementAndGet();
    var hook = next.hook().hook();
    HookRunner.Outcome outcome =
        new HookRunner(cluster).run(op, pod.namespace(), pod.name(), hook.container(), hook);
    String what = hook.name() + " of pod " + text(pod);
    String problem = outcome.succeeded() ? "" : what + " failed: " + outcome.problem();
    journal.add(Map.of("hook", id(pod, next.number()), "problem", problem));
    journal.flush();
    if (!outcome.output().isBlank()) {
      notes.add(what + " wrote: " + outcome.output().strip());
    }
    if (outcome.succeeded()) {
      notes.add(what + " has run");
      return true;
    }
    failed.incrementAndGet();
    problem(problem);
    return false;
  }
}
