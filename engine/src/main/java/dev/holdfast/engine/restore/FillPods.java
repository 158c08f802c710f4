package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.DeleteOptions;
import dev.holdfast.cluster.Cluster.ExecRequest;
import dev.holdfast.cluster.Cluster.ListOptions;
import dev.holdfast.cluster.Cluster.WriteOptions;
import dev.holdfast.cluster.Execution;
import dev.holdfast.engine.volume.EndedPods;
import dev.holdfast.engine.volume.ExecMover;
import dev.holdfast.engine.volume.MoverFill;
import dev.holdfast.engine.volume.MoverOptions;
import dev.holdfast.engine.volume.PodTrouble;
import dev.holdfast.engine.volume.VolumeFiller;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Names;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Starts the pods in which claims are filled, and removes them: with the mover's image, if there is
 * one and it runs in time, else with the application's own. As long as one is filled a stream is
 * open to it, and it ends with that: also if this process is killed.
 */
final class FillPods {

  /** A pod that does not run after this never will. */
  private static final Duration LONGEST = Duration.ofMinutes(5);

  private static final Duration LOOK = Duration.ofMillis(300);
  private static final Duration CLEANUP = Duration.ofMinutes(1);

  private final Cluster cluster;
  private final Draught draught;
  private final RunMark mark;
  private final MoverOptions mover;
  private final Apart apart;

  /** One pod at a time that has to be apart from others: only then is it known where they are. */
  private final ReentrantLock one = new ReentrantLock();

  private final Duration patience;
  private final VolumeFiller tar;
  private final VolumeFiller program;
  private final Consumer<String> remarks;

  /**
   * @param patience how long a pod of the application's image may take to run
   * @param remarks told why a mover pod could not be used, a sentence each
   */
  FillPods(
      Cluster cluster,
      Draught draught,
      RunMark mark,
      MoverOptions mover,
      Duration patience,
      Apart apart,
      Consumer<String> remarks) {
    this.cluster = cluster;
    this.draught = draught;
    this.mark = mark;
    this.mover = mover;
    this.apart = apart;
    this.patience = patience.compareTo(LONGEST) < 0 ? patience : LONGEST;
    this.tar = new ExecMover(cluster);
    this.program = new MoverFill(cluster, mover.command());
    this.remarks = remarks;
  }

  /** A pod that runs; closing it removes it, and waits until it is gone. */
  final class Running implements AutoCloseable {
    private final Operation op;
    private final String namespace;
    private final String name;
    private VolumeFiller filler = tar;
    private @Nullable Execution hold;

    private Running(Operation op, String namespace, String name) {
      this.op = op;
      this.namespace = namespace;
      this.name = name;
    }

    /** What writes the content into the volume. */
    VolumeFiller filler() {
      return filler;
    }

    /** Where the claim of this number is mounted. */
    ExecMover.Place place(int number) {
      return new ExecMover.Place(namespace, name, FillPod.CONTAINER, FillPod.path(number));
    }

    private void hold(List<String> command) {
      hold = cluster.exec(op, new ExecRequest(namespace, name, FillPod.CONTAINER, command, true));
    }

    @Override
    public void close() {
      if (hold != null) {
        hold.close();
      }
      try {
        // Longer than remove() waits, which knows more to say.
        Operation cleanup =
            Operation.start(op.clock(), op.random()).within(CLEANUP.multipliedBy(2));
        remove(cleanup, namespace, name);
      } catch (Failure e) {
        remarks.accept(
            "Pod %s/%s, in which claims were filled, has to be deleted by hand: %s"
                .formatted(namespace, name, e.describe()));
      }
    }
  }

  /** Removes what killed attempts left in a namespace: pods of this restore, and ended ones. */
  void collect(Operation op, String namespace) {
    EndedPods.collect(op, cluster, type(), namespace);
    List<String> left = new ArrayList<>();
    var own = new ListOptions(FillPod.LABEL + "=" + mark.run(), null, 0);
    cluster.list(op, type(), namespace, own, item -> left.add(item.name()));
    left.forEach(name -> remove(op, namespace, name));
  }

  private ResourceType type() {
    return draught
        .discovery()
        .find(Kinds.PODS)
        .orElseThrow(() -> new Failure.Absent("The cluster does not serve pods"));
  }

  /** Whether a claim can be filled whose pod is not in the backup. */
  boolean withoutApplication() {
    return mover.pods();
  }

  /** Why such a claim cannot be filled, and what to do. */
  String unable(FillTask task) {
    String why =
        task.pod().name().isEmpty()
            ? "no pod used it when it was saved"
            : "its pod " + task.pod().name() + " is not in the backup";
    return why + ", so that there is no image to fill it with: give --mover-image";
  }

  /**
   * Starts one for claims of the same pod of the backup.
   *
   * @param source that pod
   * @param where node affinity that the volumes should have; missing for none
   */
  Running start(Operation op, ObjectNode source, List<FillTask> tasks, JsonNode where) {
    if (!Apart.concerns(source)) {
      return startOne(op, source, tasks, where);
    }
    one.lock();
    try {
      return startOne(op, source, tasks, where);
    } finally {
      one.unlock();
    }
  }

  private Running startOne(Operation op, ObjectNode source, List<FillTask> tasks, JsonNode where) {
    if (mover.pods()) {
      try {
        FillPod pod = pod(op, source, tasks, where).mover(mover);
        return start(op, tasks, pod, mover.patience(), program, hold(mover.command()));
      } catch (Failure.Cancelled e) {
        throw e;
      } catch (Failure e) {
        if (source.isEmpty()) {
          throw e;
        }
        remarks.accept(
            "Claims of pod %s are filled by tar in the application's image, as no mover pod can do it: %s"
                .formatted(tasks.getFirst().pod().name(), e.describe()));
      }
    }
    return start(op, tasks, pod(op, source, tasks, where), patience, tar, FillPod.hold());
  }

  private static List<String> hold(List<String> command) {
    List<String> words = new ArrayList<>(command);
    words.addAll(List.of("mover", "--hold", "--session", FillPod.SESSION));
    return words;
  }

  private FillPod pod(Operation op, ObjectNode source, List<FillTask> tasks, JsonNode where) {
    FillTask first = tasks.getFirst();
    String seed = mark.run() + first.group();
    String name =
        "holdfast-fill-" + Names.sha256(seed.getBytes(StandardCharsets.UTF_8)).substring(0, 10);
    JsonNode container = container(source, first.record().volumeName());
    FillPod pod = new FillPod(name, source, container, tasks, mark.run());
    String before =
        Objects.requireNonNullElse(first.record().nodeName(), source.at("/spec/nodeName").asText());
    Optional<String> node = draught.preparation().context().nodes().of(before);
    if (node.isPresent()) {
      return pod.on(node.get());
    }
    if (where.has("nodeSelectorTerms")) {
      return pod.where(where);
    }
    Set<String> others = Apart.concerns(source) ? apart.nodes(op, first.pod(), source) : Set.of();
    return others.isEmpty() ? pod : pod.notOn(others);
  }

  private Running start(
      Operation op,
      List<FillTask> tasks,
      FillPod pod,
      Duration patience,
      VolumeFiller filler,
      List<String> hold) {
    String namespace = tasks.getFirst().target().namespace();
    Running running = new Running(op, namespace, pod.json().at("/metadata/name").asText());
    running.filler = filler;
    try {
      run(op, namespace, pod.json(), patience);
      running.hold(hold);
      return running;
    } catch (RuntimeException | Error e) {
      running.close();
      throw e;
    }
  }

  private static JsonNode container(ObjectNode pod, String volume) {
    for (JsonNode container : pod.at("/spec/containers")) {
      for (String list : List.of("volumeMounts", "volumeDevices")) {
        for (JsonNode each : container.path(list)) {
          if (each.path("name").asText().equals(volume)) {
            return container;
          }
        }
      }
    }
    return pod.at("/spec/containers/0");
  }

  private void run(Operation op, String namespace, ObjectNode pod, Duration patience) {
    String name = pod.at("/metadata/name").asText();
    remove(op, namespace, name);
    var _ = cluster.create(op, type(), namespace, Json.bytes(pod), WriteOptions.NONE);
    Instant end = op.now().plus(patience);
    while (true) {
      ObjectNode live =
          cluster
              .get(op, type(), namespace, name)
              .map(Target::tree)
              .orElseThrow(() -> new Failure.Absent("Somebody deleted the pod " + name));
      String phase = live.at("/status/phase").asText("Pending");
      if (phase.equals("Running")) {
        return;
      }
      if (!phase.equals("Pending") || op.now().isAfter(end)) {
        throw new Failure.Unreachable(
            "the pod that was to fill it did not run ("
                + phase
                + "): "
                + PodTrouble.of(op, cluster, type(), live),
            null,
            null);
      }
      op.pause(LOOK);
    }
  }

  /**
   * Deletes a pod and waits until it is gone.
   *
   * @throws Failure.Unreachable if it does not go, as on a node that is lost
   */
  private void remove(Operation op, String namespace, String name) {
    try {
      cluster.delete(op, type(), namespace, name, DeleteOptions.NONE);
      Instant end = op.now().plus(patience.compareTo(CLEANUP) < 0 ? patience : CLEANUP);
      for (var live = cluster.get(op, type(), namespace, name);
          live.isPresent();
          live = cluster.get(op, type(), namespace, name)) {
        if (op.now().isAfter(end)) {
          String node = Target.tree(live.get()).at("/spec/nodeName").asText();
          throw new Failure.Unreachable(
              "pod %s does not end on node %s".formatted(name, node),
              "if that node is gone for good: kubectl delete pod %s -n %s --force"
                  .formatted(name, namespace),
              null);
        }
        op.pause(LOOK);
      }
    } catch (Failure.Absent e) {
      // which is what was wanted
    }
  }
}
