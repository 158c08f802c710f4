package dev.holdfast.engine.volume;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Names;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.backup.BackupProgress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Saves a claim through a pod of our own that mounts it read-only beside the pod that uses it. The
 * pod reads, cuts and hashes, and sends only what the repository lacks; files that are as they were
 * are not read. It ends with the stream, also when this process is killed.
 */
public final class PodMover {

  private final Cluster cluster;
  private final ResourceType pods;
  private final MoverOptions options;

  /** The pod does not run, or holds no mover that this can speak to: nothing was stored. */
  public static final class NotUsable extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean waiting;

    public NotUsable(String why) {
      this(why, false);
    }

    NotUsable(String why, boolean waiting) {
      super(why, null, false, false);
      this.waiting = waiting;
    }

    /** Whether the pod waited for something, which may be one of its claims. */
    boolean waiting() {
      return waiting;
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
   * Where the content goes.
   *
   * @param program for the snapshot
   * @param parent the last snapshot of the same volume; null if there is none
   */
  public record Target(
      Repository repository,
      Repository.Identity identity,
      List<String> tags,
      String program,
      @Nullable Id parent,
      BackupProgress progress) {}

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
   * What two volumes must agree in so that one pod may have both, beside their namespace.
   *
   * @param user the pod that uses the volume
   * @param container of that pod, which mounts it
   */
  public String likeness(ObjectNode user, String container) {
    return MoverPod.spec(user, container, options).toString();
  }

  MoverOptions options() {
    return options;
  }

  /**
   * Saves the claim, by a pod of its own.
   *
   * @throws NotUsable if the pod cannot do it: another mover may
   * @throws Failure if it could not be saved; there is no snapshot
   */
  public ExecMover.Saved save(Operation op, Source source, Target target) throws NotUsable {
    Duration patience =
        source.patience().compareTo(options.patience()) > 0
            ? source.patience()
            : options.patience();
    return save(op, source, target, patience);
  }

  /** The same with a pod that is given up earlier or later. */
  ExecMover.Saved save(Operation op, Source source, Target target, Duration patience)
      throws NotUsable {
    ObjectNode user = user(op, source);
    try (RunningMover mover = start(op, user, List.of(source), patience)) {
      return mover.save(op, source, target);
    }
  }

  private ObjectNode user(Operation op, Source source) throws NotUsable {
    if (source.user().isEmpty()) {
      return Json.MAPPER.createObjectNode();
    }
    try {
      return cluster
          .get(op, pods, source.namespace(), source.user())
          .map(item -> Json.object(item.json(), item.name()))
          .orElseThrow(() -> new NotUsable("pod " + source.user() + " is gone"));
    } catch (Failure.Denied e) {
      throw new NotUsable(e.describe());
    }
  }

  /**
   * Starts a pod for volumes that can be in one.
   *
   * @param user a pod that uses them; empty if none does
   */
  RunningMover start(Operation op, ObjectNode user, List<Source> sources, Duration patience)
      throws NotUsable {
    Source first = sources.getFirst();
    String seed = first.claim() + first.hostPath() + op.random().nextLong();
    String name =
        "holdfast-mover-" + Names.sha256(seed.getBytes(StandardCharsets.UTF_8)).substring(0, 10);
    ObjectNode pod = MoverPod.of(name, user, sources, options);
    if (first.affinity() != null) {
      MoverPod.schedule(pod, first.affinity(), first.labels());
    }
    RunningMover mover = new RunningMover(op, cluster, pods, first.namespace(), name, sources);
    try {
      mover.start(pod, options.command(), patience);
      return mover;
    } catch (NotUsable | RuntimeException | Error e) {
      mover.close();
      throw e;
    }
  }
}
