package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.DeleteOptions;
import dev.holdfast.cluster.Cluster.PatchType;
import dev.holdfast.cluster.Cluster.WriteOptions;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.volume.ExecMover;
import dev.holdfast.engine.volume.PodTrouble;
import dev.holdfast.engine.volume.VolumeRepositories;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Names;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import dev.holdfast.repository.Id;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The barrier before pods: claims that this restore created get their content before anything that
 * uses them exists. One pod for each pod of the backup mounts its claims, which also makes a claim
 * with WaitForFirstConsumer bind where the pod can run. A filled claim carries the run, so that a
 * restore that is resumed fills only what is not. A claim that was there before keeps its content.
 */
final class VolumeFill {

  private static final GroupResource PODS = new GroupResource("", "pods");
  private static final String FILLED = "holdfast.dev/filled";
  private static final Duration START = Duration.ofMinutes(5);
  private static final Duration LOOK = Duration.ofMillis(300);
  private static final Duration CLEANUP = Duration.ofMinutes(1);

  private final Cluster cluster;
  private final Draught draught;
  private final Ledger ledger;
  private final RunMark mark;
  private final VolumeRepositories repositories;
  private final Progress progress;
  private final ExecMover mover;
  private final List<String> problems = new ArrayList<>();

  /** A claim with the record of its content. */
  private record Task(ItemKey claim, VolumeInfo.PodVolume record) {}

  VolumeFill(
      Cluster cluster,
      Draught draught,
      Ledger ledger,
      RunMark mark,
      VolumeRepositories repositories,
      Progress progress) {
    this.cluster = cluster;
    this.draught = draught;
    this.ledger = ledger;
    this.mark = mark;
    this.repositories = repositories;
    this.progress = progress;
    this.mover = new ExecMover(cluster);
  }

  /** Whether a record is of the kind that can be restored: a restic snapshot of a claim. */
  static boolean fits(VolumeInfo volume) {
    VolumeInfo.PodVolume record = volume.pvbInfo();
    return record != null
        && record.uploaderType().equals("restic")
        && volume.pvcName() != null
        && record.snapshotHandle() != null
        && !record.snapshotHandle().isEmpty();
  }

  /** What was not filled, a sentence each: errors of the restore. */
  synchronized List<String> problems() {
    return List.copyOf(problems);
  }

  /** Fills all claims; what cannot be filled is a problem, and the others go on. */
  void run(Operation op) {
    Map<ItemKey, List<Task>> byPod = new LinkedHashMap<>();
    for (VolumeInfo volume : draught.backup().volumes()) {
      VolumeInfo.PodVolume record = volume.pvbInfo();
      if (record != null && fits(volume)) {
        ItemKey claim =
            new ItemKey(
                Kinds.CLAIMS,
                String.valueOf(volume.pvcNamespace()),
                String.valueOf(volume.pvcName()));
        if (created(claim)) {
          ItemKey pod = new ItemKey(PODS, record.podNamespace(), record.podName());
          byPod.computeIfAbsent(pod, _ -> new ArrayList<>()).add(new Task(claim, record));
        }
      }
    }
    if (byPod.isEmpty()) {
      return;
    }
    progress.phase("fill");
    progress.total(byPod.size(), 0);
    op.forEach(
        byPod.entrySet().iterator(),
        2,
        entry -> {
          fill(op, entry.getKey(), entry.getValue());
          progress.advance(1, 0);
        });
  }

  /** Whether this restore made the claim; one that was there before is left alone. */
  private boolean created(ItemKey claim) {
    OptionalInt number = draught.spool().find(claim);
    if (number.isEmpty() || !draught.set().numbers().get(number.getAsInt())) {
      return false;
    }
    Optional<Outcome> outcome = ledger.outcome(number.getAsInt());
    if (outcome.isPresent() && outcome.get() != Outcome.CREATED) {
      problem(claim, "it was there before, and what is in it was left as it is");
      return false;
    }
    return outcome.isPresent();
  }

  private synchronized void problem(ItemKey claim, String why) {
    String sentence =
        "The content of volume claim "
            + claim.namespace()
            + "/"
            + claim.name()
            + " was not restored: "
            + why;
    problems.add(sentence);
    progress.error(sentence);
  }

  private void fill(Operation op, ItemKey pod, List<Task> tasks) {
    List<Task> left = tasks.stream().filter(task -> !filled(op, task)).toList();
    if (left.isEmpty()) {
      return;
    }
    Optional<ObjectNode> source = draught.backup().item(pod);
    if (source.isEmpty()) {
      left.forEach(task ->
          problem(
              task.claim(),
              "its pod "
                  + pod.name()
                  + " is not in the backup, and with it"
                  + " the image to fill it with"));
      return;
    }
    String namespace = draught.target(left.getFirst().claim()).namespace();
    String name =
        "holdfast-fill-"
            + Names.sha256((mark.run() + pod).getBytes(StandardCharsets.UTF_8)).substring(0, 10);
    try {
      JsonNode container = container(source.get(), left.getFirst().record().volumeName());
      List<String> claims = left.stream().map(task -> draught.target(task.claim()).name()).toList();
      String before = left.getFirst().record().nodeName();
      String node =
          draught.preparation().context().nodes().of(before == null ? "" : before).orElse("");
      start(op, namespace, FillPod.of(name, source.get(), container, claims, node, mark.run()));
      for (int i = 0; i < left.size(); i++) {
        one(op, namespace, name, i, left.get(i));
      }
    } catch (Failure.Cancelled e) {
      throw e;
    } catch (Failure e) {
      left.forEach(task -> problem(task.claim(), e.describe()));
    } finally {
      remove(Operation.start(op.clock(), op.random()).within(CLEANUP), namespace, name);
    }
  }

  private static JsonNode container(ObjectNode pod, String volume) {
    for (JsonNode container : pod.at("/spec/containers")) {
      for (JsonNode each : container.path("volumeMounts")) {
        if (each.path("name").asText().equals(volume)) {
          return container;
        }
      }
    }
    return pod.at("/spec/containers/0");
  }

  private ResourceType type(GroupResource type) {
    return draught
        .discovery()
        .find(type)
        .orElseThrow(() -> new Failure.Absent("The cluster does not serve " + type));
  }

  private boolean filled(Operation op, Task task) {
    return live(op, task)
        .map(claim -> claim.at("/metadata/annotations").path(FILLED).asText())
        .filter(mark.run()::equals)
        .isPresent();
  }

  private Optional<ObjectNode> live(Operation op, Task task) {
    ItemKey target = draught.target(task.claim());
    return cluster
        .get(op, type(Kinds.CLAIMS), target.namespace(), target.name())
        .map(item -> Json.object(item.json(), target.toString()));
  }

  private void start(Operation op, String namespace, ObjectNode pod) {
    String name = pod.at("/metadata/name").asText();
    remove(op, namespace, name);
    var _ = cluster.create(op, type(PODS), namespace, Json.bytes(pod), WriteOptions.NONE);
    Instant end = op.now().plus(START);
    while (true) {
      ObjectNode live =
          cluster
              .get(op, type(PODS), namespace, name)
              .map(item -> Json.object(item.json(), name))
              .orElseThrow(() -> new Failure.Absent("Somebody deleted the pod " + name));
      String phase = live.at("/status/phase").asText("Pending");
      if (phase.equals("Running")) {
        return;
      }
      if (!phase.equals("Pending") || op.now().isAfter(end)) {
        throw new Failure.Unreachable(
            "the pod that was to fill it did not run (" + phase + "): " + PodTrouble.of(live),
            null,
            null);
      }
      op.pause(LOOK);
    }
  }

  private void one(Operation op, String namespace, String pod, int number, Task task) {
    VolumeInfo.PodVolume record = task.record();
    try {
      Id tree =
          repositories.tree(op, record.podNamespace(), String.valueOf(record.snapshotHandle()));
      mover.fill(
          op,
          new ExecMover.Place(namespace, pod, FillPod.CONTAINER, FillPod.MOUNTS + number),
          repositories.open(op, record.podNamespace()),
          tree,
          bytes -> progress.advance(0, bytes));
      note(op, draught.target(task.claim()));
    } catch (Failure.Cancelled e) {
      throw e;
    } catch (Failure e) {
      problem(task.claim(), e.describe());
    }
  }

  private void note(Operation op, ItemKey claim) {
    ObjectNode patch = Json.MAPPER.createObjectNode();
    patch.putObject("metadata").putObject("annotations").put(FILLED, mark.run());
    var _ =
        cluster.patch(
            op,
            type(Kinds.CLAIMS),
            claim.namespace(),
            claim.name(),
            PatchType.MERGE,
            Json.bytes(patch),
            WriteOptions.NONE);
  }

  /** Deletes the pod, if it is there, and waits until it is gone. */
  private void remove(Operation op, String namespace, String name) {
    try {
      cluster.delete(op, type(PODS), namespace, name, DeleteOptions.NONE);
      while (cluster.get(op, type(PODS), namespace, name).isPresent()) {
        op.pause(LOOK);
      }
    } catch (Failure.Absent e) {
      // which is what was wanted
    }
  }

  /** Why none of a backup's volumes is filled, for a restore without repositories. */
  static @Nullable String unable(boolean repositories) {
    return repositories
        ? null
        : "there is no password for the repository of volumes: give --password-file,"
            + " --password-command or HOLDFAST_PASSWORD";
  }
}
