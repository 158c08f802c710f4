package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.DeleteOptions;
import dev.holdfast.cluster.Cluster.ListOptions;
import dev.holdfast.cluster.Cluster.WriteOptions;
import dev.holdfast.engine.volume.ExecMover;
import dev.holdfast.engine.volume.PodTrouble;
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

/** Starts the pods in which claims are filled, and removes them. */
final class FillPods {

  private static final Duration START = Duration.ofMinutes(5);
  private static final Duration LOOK = Duration.ofMillis(300);
  private static final Duration CLEANUP = Duration.ofMinutes(1);

  private final Cluster cluster;
  private final Draught draught;
  private final RunMark mark;

  FillPods(Cluster cluster, Draught draught, RunMark mark) {
    this.cluster = cluster;
    this.draught = draught;
    this.mark = mark;
  }

  /** A pod that runs; closing it removes it, and waits until it is gone. */
  final class Running implements AutoCloseable {
    private final Operation op;
    private final String namespace;
    private final String name;

    private Running(Operation op, String namespace, String name) {
      this.op = op;
      this.namespace = namespace;
      this.name = name;
    }

    /** Where the claim of this number is mounted. */
    ExecMover.Place place(int number) {
      return new ExecMover.Place(namespace, name, FillPod.CONTAINER, FillPod.MOUNTS + number);
    }

    @Override
    public void close() {
      remove(Operation.start(op.clock(), op.random()).within(CLEANUP), namespace, name);
    }
  }

  /**
   * Removes what killed attempts left in a namespace: pods of this restore, and others' that have
   * ended.
   */
  void collect(Operation op, String namespace) {
    List<String> left = new ArrayList<>();
    var labelled = new ListOptions(FillPod.LABEL, null, 0);
    cluster.list(
        op,
        type(),
        namespace,
        labelled,
        item -> {
          ObjectNode pod = Target.tree(item);
          String phase = pod.at("/status/phase").asText();
          if (pod.at("/metadata/labels").path(FillPod.LABEL).asText().equals(mark.run())
              || phase.equals("Succeeded")
              || phase.equals("Failed")) {
            left.add(item.name());
          }
        });
    left.forEach(name -> remove(op, namespace, name));
  }

  private ResourceType type() {
    return draught
        .discovery()
        .find(Kinds.PODS)
        .orElseThrow(() -> new Failure.Absent("The cluster does not serve pods"));
  }

  /**
   * Starts one for claims of the same pod of the backup.
   *
   * @param source that pod
   * @param where node affinity that the volumes should have; missing for none
   */
  Running start(Operation op, ObjectNode source, List<FillTask> tasks, JsonNode where) {
    FillTask first = tasks.getFirst();
    String namespace = first.target().namespace();
    String seed = mark.run() + first.pod();
    String name =
        "holdfast-fill-" + Names.sha256(seed.getBytes(StandardCharsets.UTF_8)).substring(0, 10);
    JsonNode container = container(source, first.record().volumeName());
    List<String> claims = tasks.stream().map(task -> task.target().name()).toList();
    String before = first.record().nodeName();
    String node =
        draught.preparation().context().nodes().of(before == null ? "" : before).orElse("");
    ObjectNode pod = FillPod.of(name, source, container, claims, node, where, mark.run());
    Running running = new Running(op, namespace, name);
    try {
      run(op, namespace, pod);
      return running;
    } catch (RuntimeException e) {
      running.close();
      throw e;
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

  private void run(Operation op, String namespace, ObjectNode pod) {
    String name = pod.at("/metadata/name").asText();
    remove(op, namespace, name);
    var _ = cluster.create(op, type(), namespace, Json.bytes(pod), WriteOptions.NONE);
    Instant end = op.now().plus(START);
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
            "the pod that was to fill it did not run (" + phase + "): " + PodTrouble.of(live),
            null,
            null);
      }
      op.pause(LOOK);
    }
  }

  private void remove(Operation op, String namespace, String name) {
    try {
      cluster.delete(op, type(), namespace, name, DeleteOptions.NONE);
      while (cluster.get(op, type(), namespace, name).isPresent()) {
        op.pause(LOOK);
      }
    } catch (Failure.Absent e) {
      // which is what was wanted
    }
  }
}
