package dev.holdfast.engine.volume;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.DeleteOptions;
import dev.holdfast.cluster.Cluster.ExecRequest;
import dev.holdfast.cluster.Cluster.WriteOptions;
import dev.holdfast.cluster.Execution;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Names;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.backup.BackupOptions;
import dev.holdfast.repository.backup.BackupProgress;
import dev.holdfast.repository.backup.SnapshotRun;
import dev.holdfast.repository.remote.Keeper;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Saves a claim through a pod of our own that mounts it read-only beside the pod that uses it. The
 * pod reads, cuts and hashes, and sends only what the repository lacks; files that are as they were
 * are not read. It ends with the stream, also when this process is killed.
 */
public final class PodMover {

  private static final Duration LOOK = Duration.ofMillis(300);
  private static final Duration CLEANUP = Duration.ofMinutes(1);

  /** Names of files that could not be read, in a message. */
  private static final int NAMED = 10;

  private final Cluster cluster;
  private final ResourceType pods;
  private final MoverOptions options;

  /** The pod does not run, or holds no mover that this can speak to: nothing was stored. */
  public static final class NotUsable extends Exception {
    private static final long serialVersionUID = 1L;

    NotUsable(String why) {
      super(why, null, false, false);
    }
  }

  /**
   * What is to be saved.
   *
   * @param user the pod that uses the claim; empty if none does
   * @param container of that pod, which mounts it
   * @param path where it does, for the snapshot
   * @param device the name of the file that a block device is saved as; empty for a file system
   * @param hostPath where the node has it, which is mounted instead of the claim; empty for the
   *     claim
   * @param affinity for the scheduler; null: on the node of the user
   * @param labels of the pod, beside our own
   * @param patience how long the pod may take to run, if that is more than the options say
   */
  public record Source(
      String namespace,
      String user,
      String container,
      String claim,
      String path,
      String device,
      String hostPath,
      @Nullable ObjectNode affinity,
      Map<String, String> labels,
      Duration patience) {

    /** A claim that the user has mounted. */
    public Source(
        String namespace, String user, String container, String claim, String path, String device) {
      this(namespace, user, container, claim, path, device, "", null, Map.of(), Duration.ZERO);
    }

    /** A volume of the user, where its node has it mounted. */
    public static Source onNode(
        String namespace, String user, String container, String path, String hostPath) {
      return new Source(
          namespace, user, container, "", path, "", hostPath, null, Map.of(), Duration.ZERO);
    }

    /** A claim that nobody has mounted yet: the scheduler says where the pod runs. */
    Source scheduled(ObjectNode where, Map<String, String> marks, Duration longest) {
      return new Source(
          namespace, user, container, claim, path, device, hostPath, where, marks, longest);
    }
  }

  /**
   * @param pods the type, as the cluster serves it
   */
  public PodMover(Cluster cluster, ResourceType pods, MoverOptions options) {
    this.cluster = cluster;
    this.pods = pods;
    this.options = options;
  }

  /** Whether there are mover pods at all. */
  public boolean able() {
    return options.pods();
  }

  /**
   * Saves the claim.
   *
   * @param parent the last snapshot of the same volume; null if there is none
   * @throws NotUsable if the pod cannot do it: another mover may
   * @throws Failure if it could not be saved; there is no snapshot
   */
  public ExecMover.Saved save(
      Operation op,
      Source source,
      Repository repository,
      Repository.Identity identity,
      List<String> tags,
      String program,
      @Nullable Id parent,
      BackupProgress progress)
      throws NotUsable {
    String seed = source.claim() + source.hostPath() + op.random().nextLong();
    String name =
        "holdfast-mover-" + Names.sha256(seed.getBytes(StandardCharsets.UTF_8)).substring(0, 10);
    try {
      start(op, source, name);
      return move(op, source, name, repository, identity, tags, program, parent, progress);
    } finally {
      remove(Operation.start(op.clock(), op.random()).within(CLEANUP), source.namespace(), name);
    }
  }

  private void start(Operation op, Source source, String name) throws NotUsable {
    try {
      ObjectNode user =
          source.user().isEmpty()
              ? Json.MAPPER.createObjectNode()
              : live(op, source.namespace(), source.user())
                  .orElseThrow(() -> new NotUsable("pod " + source.user() + " is gone"));
      ObjectNode pod = MoverPod.of(name, user, source, options);
      if (source.affinity() != null) {
        MoverPod.schedule(pod, source.affinity(), source.labels());
      }
      var _ = cluster.create(op, pods, source.namespace(), Json.bytes(pod), WriteOptions.NONE);
    } catch (Failure.Denied | Failure.Rejected e) {
      throw new NotUsable(e.describe());
    }
    Duration patience =
        source.patience().compareTo(options.patience()) > 0
            ? source.patience()
            : options.patience();
    Instant end = op.now().plus(patience);
    while (true) {
      ObjectNode pod =
          live(op, source.namespace(), name)
              .orElseThrow(() -> new NotUsable("somebody deleted the mover's pod"));
      String phase = pod.at("/status/phase").asText("Pending");
      if (phase.equals("Running")) {
        return;
      }
      if (!phase.equals("Pending")) {
        throw new NotUsable(
            "its pod has " + phase.toLowerCase(Locale.ROOT) + ": " + PodTrouble.of(pod));
      }
      if (op.now().isAfter(end)) {
        throw new NotUsable(
            "its pod did not run within %d s (%s): %s"
                .formatted(patience.toSeconds(), phase, PodTrouble.of(pod)));
      }
      op.pause(LOOK);
    }
  }

  private java.util.Optional<ObjectNode> live(Operation op, String namespace, String name) {
    return cluster.get(op, pods, namespace, name).map(item -> Json.object(item.json(), name));
  }

  private ExecMover.Saved move(
      Operation op,
      Source source,
      String pod,
      Repository repository,
      Repository.Identity identity,
      List<String> tags,
      String program,
      @Nullable Id parent,
      BackupProgress progress)
      throws NotUsable {
    List<String> command = new ArrayList<>(options.command());
    command.addAll(List.of("mover", "--session", MoverPod.SESSION));
    if (!source.device().isEmpty()) {
      command.addAll(List.of("--device", source.device()));
    }
    command.add(MoverPod.DATA);
    var request = new ExecRequest(source.namespace(), pod, MoverPod.CONTAINER, command, true);
    BackupOptions how =
        new BackupOptions.Builder(List.of(source.path()), identity)
            .tags(tags)
            .program(program)
            .parent(parent)
            .build();
    Unread unread = new Unread(progress);
    try (Execution execution = cluster.exec(op, request)) {
      Keeper keeper =
          new Keeper(
              op,
              repository,
              how.level(),
              execution.output(),
              execution.input(),
              () -> proven(execution));
      try {
        SnapshotRun.Outcome outcome = new SnapshotRun(repository, how, unread).run(op, keeper);
        return ExecMover.Saved.of(outcome, "", unread.text());
      } catch (Failure.Unsupported e) {
        throw new NotUsable((e.getMessage() + " " + execution.errors().strip()).strip());
      }
    } catch (Failure.Rejected e) {
      throw new NotUsable(e.getMessage());
    }
  }

  private static void proven(Execution execution) {
    int exit = execution.exit();
    if (exit != 0) {
      throw new Failure.Unreachable(
          "The mover ended with exit status " + exit + ": " + execution.errors().strip(),
          null,
          null);
    }
  }

  private void remove(Operation op, String namespace, String name) {
    try {
      cluster.delete(op, pods, namespace, name, DeleteOptions.NONE);
    } catch (Failure.Absent | Failure.Denied e) {
      // it was not there, or it ends by itself
    }
  }

  /** Collects what could not be read. */
  private static final class Unread implements BackupProgress {
    private final BackupProgress next;
    private final List<String> entries = Collections.synchronizedList(new ArrayList<>());

    Unread(BackupProgress next) {
      this.next = next;
    }

    @Override
    public void read(long bytes) {
      next.read(bytes);
    }

    @Override
    public void failed(String path, String why) {
      entries.add(path + ": " + why);
    }

    String text() {
      List<String> all = List.copyOf(entries);
      String head = String.join("; ", all.subList(0, Math.min(NAMED, all.size())));
      return all.size() <= NAMED ? head : head + " and " + (all.size() - NAMED) + " more";
    }
  }
}
