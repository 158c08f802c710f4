package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.ExecRequest;
import dev.holdfast.cluster.Execution;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.restore.action.RestoreWait;
import dev.holdfast.engine.volume.ExecMover;
import dev.holdfast.engine.volume.PodTrouble;
import dev.holdfast.engine.volume.VolumeRepositories;
import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import dev.holdfast.repository.Id;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Fills volumes that live in their pod, such as an emptyDir: the pod was created with a first init
 * container that waits (see {@link RestoreWait}), which gets the content by exec and is then told
 * to end. A pod whose init container has ended was filled before.
 */
final class PodFill {

  private static final Duration LOOK = Duration.ofMillis(500);

  private final Cluster cluster;
  private final Draught draught;
  private final Ledger ledger;
  private final VolumeRepositories repositories;
  private final Duration patience;
  private final Progress progress;
  private final ExecMover mover;
  private final ConcurrentLinkedQueue<String> problems = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<String> remarks = new ConcurrentLinkedQueue<>();

  /**
   * @param patience how long an init container may take to run
   */
  PodFill(
      Cluster cluster,
      Draught draught,
      Ledger ledger,
      VolumeRepositories repositories,
      Duration patience,
      Progress progress) {
    this.cluster = cluster;
    this.draught = draught;
    this.ledger = ledger;
    this.repositories = repositories;
    this.patience = patience;
    this.progress = progress;
    this.mover = new ExecMover(cluster);
  }

  /** Whether a record is that of a volume of a pod whose content can be restored. */
  static boolean fits(VolumeInfo volume) {
    VolumeInfo.PodVolume record = volume.pvbInfo();
    return record != null
        && volume.pvcName() == null
        && record.uploaderType().equals("restic")
        && record.snapshotHandle() != null
        && !record.snapshotHandle().isEmpty();
  }

  /** What was not filled, a sentence each: errors of the restore. */
  List<String> problems() {
    return List.copyOf(problems);
  }

  /** What the user should know of volumes that were filled. */
  List<String> remarks() {
    return List.copyOf(remarks);
  }

  void run(Operation op) {
    Map<ItemKey, List<VolumeInfo.PodVolume>> pods = new LinkedHashMap<>();
    for (VolumeInfo volume : draught.backup().volumes()) {
      VolumeInfo.PodVolume record = volume.pvbInfo();
      if (record != null && fits(volume)) {
        ItemKey pod = new ItemKey(Kinds.PODS, record.podNamespace(), record.podName());
        if (created(pod)) {
          pods.computeIfAbsent(pod, _ -> new ArrayList<>()).add(record);
        }
      }
    }
    if (pods.isEmpty()) {
      return;
    }
    progress.phase("fill pods");
    progress.total(pods.size(), 0);
    op.forEach(
        pods.entrySet().iterator(),
        4,
        pod -> {
          fill(op, draught.target(pod.getKey()), pod.getValue());
          progress.advance(1, 0);
        });
  }

  private boolean created(ItemKey pod) {
    OptionalInt number = draught.spool().find(pod);
    return number.isPresent()
        && ledger.outcome(number.getAsInt()).filter(Outcome.CREATED::equals).isPresent();
  }

  private void fill(Operation op, ItemKey pod, List<VolumeInfo.PodVolume> volumes) {
    try {
      if (!waits(op, pod)) {
        return;
      }
      for (VolumeInfo.PodVolume record : volumes) {
        Id tree =
            repositories.tree(op, record.podNamespace(), String.valueOf(record.snapshotHandle()));
        var place =
            new ExecMover.Place(
                pod.namespace(),
                pod.name(),
                RestoreWait.CONTAINER,
                RestoreWait.path(record.volumeName()));
        mover.fill(
            op,
            place,
            repositories.open(op, record.podNamespace()),
            tree,
            bytes -> progress.advance(0, bytes));
        dress(op, place, pod, record);
      }
      release(op, pod, volumes.getLast().volumeName());
    } catch (Failure.Cancelled e) {
      throw e;
    } catch (Failure e) {
      String names =
          String.join(", ", volumes.stream().map(VolumeInfo.PodVolume::volumeName).toList());
      String sentence =
          "The content of volume %s of pod %s/%s was not restored, and the pod waits for it: %s"
              .formatted(names, pod.namespace(), pod.name(), e.describe());
      problems.add(sentence);
      progress.error(sentence);
    }
  }

  private void dress(
      Operation op, ExecMover.Place place, ItemKey pod, VolumeInfo.PodVolume record) {
    repositories
        .root(op, record.podNamespace(), String.valueOf(record.snapshotHandle()))
        .map(root -> mover.dress(op, place, root))
        .filter(why -> !why.isEmpty())
        .ifPresent(why ->
            remarks.add(
                "Volume %s of pod %s/%s: %s"
                    .formatted(record.volumeName(), pod.namespace(), pod.name(), why)));
  }

  /**
   * Waits until the init container runs.
   *
   * @return false if it has ended, or the pod has none: somebody else made it
   */
  private boolean waits(Operation op, ItemKey pod) {
    ResourceType type =
        draught
            .discovery()
            .find(Kinds.PODS)
            .orElseThrow(() -> new Failure.Absent("The cluster does not serve pods"));
    Instant end = op.now().plus(patience);
    while (true) {
      ObjectNode live =
          cluster
              .get(op, type, pod.namespace(), pod.name())
              .map(Target::tree)
              .orElseThrow(() -> new Failure.Absent("the pod is gone"));
      if (!live.at("/spec/initContainers/0/name").asText().equals(RestoreWait.CONTAINER)) {
        return false;
      }
      for (JsonNode status : live.at("/status/initContainerStatuses")) {
        if (status.path("name").asText().equals(RestoreWait.CONTAINER)) {
          if (status.path("state").has("running")) {
            return true;
          }
          if (status.at("/state/terminated/exitCode").asInt(-1) == 0) {
            return false;
          }
        }
      }
      if (op.now().isAfter(end)) {
        throw new Failure.Unreachable(
            "its init container did not run: " + PodTrouble.of(op, cluster, type, live),
            null,
            null);
      }
      op.pause(LOOK);
    }
  }

  private void release(Operation op, ItemKey pod, String volume) {
    String restore = draught.preparation().context().restoreName();
    var request =
        new ExecRequest(
            pod.namespace(),
            pod.name(),
            RestoreWait.CONTAINER,
            RestoreWait.release(restore, volume),
            false);
    try (Execution execution = cluster.exec(op, request)) {
      int exit = execution.exit();
      if (exit != 0) {
        throw new Failure.Unreachable(
            "it could not be told to go on: " + execution.errors().strip(), null, null);
      }
    }
  }
}
