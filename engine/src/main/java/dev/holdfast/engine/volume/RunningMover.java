package dev.holdfast.engine.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.DeleteOptions;
import dev.holdfast.cluster.Cluster.ExecRequest;
import dev.holdfast.cluster.Cluster.WriteOptions;
import dev.holdfast.cluster.Execution;
import dev.holdfast.engine.volume.PodMover.NotUsable;
import dev.holdfast.engine.volume.PodMover.Source;
import dev.holdfast.engine.volume.PodMover.Target;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import dev.holdfast.repository.backup.BackupOptions;
import dev.holdfast.repository.backup.SnapshotRun;
import dev.holdfast.repository.remote.KeeperSession;
import java.io.EOFException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The pod of a mover, and the session with what runs in it: one after the other it saves what the
 * pod mounts. After a failure it is of no more use. Closing it removes the pod.
 */
final class RunningMover implements AutoCloseable {

  private static final Duration FIRST_LOOK = Duration.ofMillis(50);
  private static final Duration LONGEST_LOOK = Duration.ofMillis(300);
  private static final Duration CLEANUP = Duration.ofMinutes(1);

  /** What a container waits for that claims have no part in, as kubelets call it. */
  private static final Set<String> OWN_TROUBLE =
      Set.of(
          "ErrImagePull",
          "ImagePullBackOff",
          "ErrImageNeverPull",
          "InvalidImageName",
          "ImageInspectError",
          "RegistryUnavailable",
          "CreateContainerConfigError",
          "CreateContainerError",
          "RunContainerError");

  private final Operation op;
  private final Cluster cluster;
  private final ResourceType pods;
  private final String namespace;
  private final String name;
  private final List<Source> sources;
  private @Nullable Execution execution;
  private @Nullable KeeperSession session;
  private boolean used;
  private boolean broken;

  /**
   * @param sources what the pod mounts, in this order
   */
  RunningMover(
      Operation op,
      Cluster cluster,
      ResourceType pods,
      String namespace,
      String name,
      List<Source> sources) {
    this.op = op;
    this.cluster = cluster;
    this.pods = pods;
    this.namespace = namespace;
    this.name = name;
    this.sources = List.copyOf(sources);
  }

  /**
   * Creates the pod, waits until it runs, and begins the session.
   *
   * @param command in the pod, without {@code mover}
   */
  void start(ObjectNode pod, List<String> command, Duration patience) throws NotUsable {
    try {
      var _ = cluster.create(op, pods, namespace, Json.bytes(pod), WriteOptions.NONE);
    } catch (Failure.Denied | Failure.Rejected e) {
      throw new NotUsable(e.describe());
    }
    await(patience);
    List<String> words = new ArrayList<>(command);
    words.addAll(List.of("mover", "--session", MoverPod.SESSION, MoverPod.DATA));
    try {
      Execution begun =
          cluster.exec(op, new ExecRequest(namespace, name, MoverPod.CONTAINER, words, true));
      execution = begun;
      session = session(begun);
    } catch (Failure.Rejected e) {
      throw new NotUsable(e.getMessage());
    }
  }

  private static KeeperSession session(Execution begun) throws NotUsable {
    try {
      return new KeeperSession(begun.output(), begun.input());
    } catch (Failure.Unsupported e) {
      throw new NotUsable((e.getMessage() + " " + begun.errors().strip()).strip());
    }
  }

  private void await(Duration patience) throws NotUsable {
    Instant end = op.now().plus(patience);
    Duration pause = FIRST_LOOK;
    while (true) {
      ObjectNode pod =
          cluster
              .get(op, pods, namespace, name)
              .map(item -> Json.object(item.json(), name))
              .orElseThrow(() -> new NotUsable("somebody deleted the mover's pod"));
      String phase = pod.at("/status/phase").asText("Pending");
      if (phase.equals("Running")) {
        return;
      }
      if (!phase.equals("Pending")) {
        throw new NotUsable(
            "its pod has "
                + phase.toLowerCase(Locale.ROOT)
                + ": "
                + PodTrouble.of(op, cluster, pods, pod));
      }
      if (op.now().isAfter(end)) {
        throw new NotUsable(
            "its pod did not run within %d s (%s): %s"
                .formatted(patience.toSeconds(), phase, PodTrouble.of(op, cluster, pods, pod)),
            !ownTrouble(pod));
      }
      op.pause(pause);
      Duration longer = pause.multipliedBy(3).dividedBy(2);
      pause = longer.compareTo(LONGEST_LOOK) < 0 ? longer : LONGEST_LOOK;
    }
  }

  private static boolean ownTrouble(ObjectNode pod) {
    for (JsonNode status : pod.at("/status/containerStatuses")) {
      if (OWN_TROUBLE.contains(status.at("/state/waiting/reason").asText())) {
        return true;
      }
    }
    return false;
  }

  boolean mounts(Source source) {
    return sources.contains(source);
  }

  /**
   * Saves one of the sources.
   *
   * @throws Failure if it could not be saved; there is no snapshot
   */
  ExecMover.Saved save(Operation op, Source source, Target target) {
    KeeperSession open = session;
    if (open == null) {
      throw new IllegalStateException("The mover was not started");
    }
    BackupOptions how =
        new BackupOptions.Builder(List.of(source.path()), target.identity())
            .tags(target.tags())
            .program(target.program())
            .parent(target.parent())
            .build();
    Unread unread = new Unread(target.progress());
    String place = MoverPod.place(sources.indexOf(source), sources.size());
    boolean done = false;
    try {
      SnapshotRun.Outcome outcome =
          new SnapshotRun(target.repository(), how, unread)
              .run(op, open.saving(op, target.repository(), how.level(), place, source.device()));
      used = true;
      done = true;
      return ExecMover.Saved.of(outcome, unread.changes(), unread.text());
    } catch (Failure.Unreachable e) {
      throw ended(e);
    } finally {
      broken = !done;
    }
  }

  /** With what the mover's process left to say. */
  private Failure.Unreachable ended(Failure.Unreachable why) {
    if (execution == null || !(why.getCause() instanceof EOFException)) {
      return why;
    }
    String said = execution.errors().strip();
    return new Failure.Unreachable(
        why.getMessage()
            + " (exit status "
            + execution.exit()
            + (said.isEmpty() ? ")" : "): " + said),
        null,
        why);
  }

  /**
   * Whether the session broke while nothing was being saved: what was asked for last may be asked
   * for again.
   */
  boolean brokeIdle() {
    return used && session != null && !session.answered();
  }

  @Override
  public void close() {
    Operation cleanup = Operation.start(op.clock(), op.random()).within(CLEANUP);
    try {
      if (session != null && !broken) {
        session.end();
      }
    } catch (Failure e) {
      System.getLogger("dev.holdfast.engine")
          .log(System.Logger.Level.DEBUG, "the mover ends with its stream", e);
    }
    if (execution != null) {
      execution.close();
    }
    try {
      cluster.delete(cleanup, pods, namespace, name, DeleteOptions.NONE);
    } catch (Failure e) {
      System.getLogger("dev.holdfast.engine")
          .log(System.Logger.Level.DEBUG, "pod " + name + " is not there, or ends by itself", e);
    }
  }
}
