package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.volume.VolumeRepositories;
import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Fills the claims of one pod of the backup: one pod mounts them all, which also makes claims with
 * WaitForFirstConsumer bind where the application's pod can run. A claim that gets another volume
 * and is not filled has its old one again in the end, whatever happened.
 */
final class FillRun {

  private static final Duration CLEANUP = Duration.ofMinutes(5);

  private final Draught draught;
  private final VolumeRepositories repositories;
  private final Progress progress;
  private final Claims claims;
  private final Replacement replacement;
  private final FillPods pods;
  private final BiConsumer<ItemKey, String> problem;
  private final Consumer<String> remark;
  private final Set<ItemKey> unsafe = ConcurrentHashMap.newKeySet();
  private final Set<ItemKey> doubtful = ConcurrentHashMap.newKeySet();
  private final Set<ItemKey> filled = ConcurrentHashMap.newKeySet();

  /**
   * @param problem told of a claim that was not filled (its key in the backup), and why
   * @param remark told what the user should know of claims that were
   */
  FillRun(
      Draught draught,
      VolumeRepositories repositories,
      Progress progress,
      Claims claims,
      Replacement replacement,
      FillPods pods,
      BiConsumer<ItemKey, String> problem,
      Consumer<String> remark) {
    this.draught = draught;
    this.repositories = repositories;
    this.progress = progress;
    this.claims = claims;
    this.replacement = replacement;
    this.pods = pods;
    this.problem = problem;
    this.remark = remark;
  }

  /** Claims of the cluster that are empty, or were emptied, and are not filled. */
  Set<ItemKey> unsafe() {
    return Set.copyOf(unsafe);
  }

  /** Claims of the cluster that this attempt filled. */
  Set<ItemKey> filled() {
    return Set.copyOf(filled);
  }

  /** Takes claims for unsafe until they are filled: they were not whole before. */
  void doubt(Set<ItemKey> claims) {
    doubtful.addAll(claims);
    unsafe.addAll(claims);
  }

  /** Removes pods that killed attempts left in a namespace. */
  void collect(Operation op, String namespace) {
    pods.collect(op, namespace);
  }

  /** Leaves one as it is: a problem, and nothing starts on it if this restore made it. */
  void refuse(FillTask task, String why) {
    if (task.way() == FillTask.Way.NEW) {
      unsafe.add(task.target());
    }
    problem.accept(task.source(), why);
  }

  /** Fills them; what cannot be filled is a problem. */
  void run(Operation op, List<FillTask> tasks) {
    Optional<ObjectNode> source = draught.backup().item(tasks.getFirst().pod());
    Set<FillTask> done = new HashSet<>();
    Map<FillTask, String> failed = new HashMap<>();
    String all = "";
    try {
      ObjectNode none = Json.MAPPER.createObjectNode();
      if (source.isPresent() || pods.withoutApplication()) {
        fill(op, source.orElse(none), tasks, done, failed);
      } else {
        all = pods.unable(tasks.getFirst());
      }
    } catch (Failure.Cancelled e) {
      throw e;
    } catch (Failure e) {
      all = e.describe();
    } finally {
      for (FillTask task : tasks) {
        if (!done.contains(task) && task.way() == FillTask.Way.REPLACE) {
          failed.merge(task, undo(op, task), (why, more) -> why + more);
        }
      }
    }
    for (FillTask task : tasks) {
      if (!done.contains(task)) {
        refuse(task, all + failed.getOrDefault(task, ""));
      }
    }
  }

  /** Words to add to the reason. */
  private String undo(Operation op, FillTask task) {
    try {
      boolean kept =
          replacement.rollBack(
              Operation.start(op.clock(), op.random()).within(CLEANUP), task.target());
      if (!doubtful.contains(task.target())) {
        unsafe.remove(task.target());
      }
      return kept ? "; the claim has the volume again that it had before" : "";
    } catch (Failure e) {
      unsafe.add(task.target());
      return "; its volume from before is kept, and could not be given back: " + e.describe();
    }
  }

  private void fill(
      Operation op,
      ObjectNode source,
      List<FillTask> tasks,
      Set<FillTask> done,
      Map<FillTask, String> failed) {
    JsonNode where = MissingNode.getInstance();
    for (FillTask task : tasks) {
      if (task.way() == FillTask.Way.REPLACE) {
        unsafe.add(task.target()); // until it is filled, or has its old volume again
        try {
          where = replacement.begin(op, task.target());
        } catch (Failure.Cancelled e) {
          throw e;
        } catch (Failure e) {
          failed.put(task, e.describe());
        }
      }
    }
    List<FillTask> left = tasks.stream().filter(task -> !failed.containsKey(task)).toList();
    if (left.isEmpty()) {
      return;
    }
    try (FillPods.Running pod = pods.start(op, source, left, where)) {
      for (int i = 0; i < left.size(); i++) {
        try {
          one(op, left.get(i), pod, i);
          done.add(left.get(i));
        } catch (Failure.Cancelled e) {
          throw e;
        } catch (Failure e) {
          FillTask task = left.get(i);
          failed.put(
              task, ClaimFit.describe(e, task.record().size(), claims.get(op, task.target())));
        }
      }
    }
  }

  private void one(Operation op, FillTask task, FillPods.Running pod, int number) {
    VolumeInfo.PodVolume record = task.record();
    Id tree = repositories.tree(op, record.podNamespace(), String.valueOf(record.snapshotHandle()));
    var repository = repositories.open(op, record.podNamespace());
    if (task.way() != FillTask.Way.NEW) {
      unsafe.add(task.target());
      claims.unfill(op, task.target());
      if (!task.device()) {
        pod.filler().empty(op, pod.place(number));
      }
    }
    LongConsumer told = bytes -> progress.advance(0, bytes);
    if (task.device()) {
      pod.filler().device(op, pod.place(number), repository, tree, told);
    } else {
      pod.filler().fill(op, pod.place(number), repository, tree, told);
    }
    repositories
        .root(op, record.podNamespace(), String.valueOf(record.snapshotHandle()))
        .map(root -> pod.filler().dress(op, pod.place(number), root))
        .filter(why -> !why.isEmpty())
        .ifPresent(why -> remark.accept("Volume claim " + task.target() + ": " + why));
    claims.fill(op, task.target());
    unsafe.remove(task.target());
    filled.add(task.target());
  }
}
