package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.volume.ClaimHolder;
import dev.holdfast.engine.volume.ExecMover;
import dev.holdfast.engine.volume.MoverOptions;
import dev.holdfast.engine.volume.PodMover;
import dev.holdfast.engine.volume.SharedMover;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.backup.BackupProgress;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Saves a volume by the first way that can: a mover pod beside its user, else exec, else, if that
 * is asked for, a mover pod that sees what the kubelet has mounted.
 */
final class Movers {

  private final ExecMover exec;
  private final Cluster cluster;
  private final Discovery discovery;
  private final Parents parents = new Parents();
  private final @Nullable PodMover pod;
  private final String kubelet;
  private final Findings findings;
  private final String program;
  private volatile @Nullable MoverShares shares;

  /**
   * A volume that was saved.
   *
   * @param way for the log: {@code exec}, {@code mover pod}
   */
  record Moved(ExecMover.Saved saved, String way) {}

  /**
   * @param program for snapshots: {@code holdfast VERSION}
   */
  Movers(
      Cluster cluster,
      Discovery discovery,
      MoverOptions options,
      Findings findings,
      String program) {
    this.cluster = cluster;
    this.discovery = discovery;
    this.exec = new ExecMover(cluster);
    this.pod =
        discovery
            .find(Relate.PODS)
            .map(type -> new PodMover(cluster, type, options))
            .filter(PodMover::able)
            .orElse(null);
    this.kubelet = options.kubelet();
    this.findings = findings;
    this.program = program;
  }

  /**
   * Divides the volumes of these blocks among mover pods, from now until the result is closed.
   *
   * @param users the pods of the backup
   * @param parallel blocks that are worked on at a time
   */
  MoverShares share(
      List<Block> blocks, Function<ItemKey, @Nullable ObjectNode> users, int parallel) {
    var pods = discovery.find(Relate.PODS);
    var claims = discovery.find(Relate.CLAIMS);
    PodMover mover = pod;
    if (mover == null || pods.isEmpty() || claims.isEmpty()) {
      return new MoverShares(parallel);
    }
    MoverShares planned =
        new MoverShares(parallel)
            .plan(
                blocks,
                users,
                mover::likeness,
                members -> new SharedMover(mover, cluster, pods.get(), claims.get(), members));
    shares = planned;
    return planned;
  }

  /** Reads what the repository has of all claims. */
  void prepare(Operation op, Repository repository) {
    if (pod != null) {
      var _ = parents.of(op, repository, "");
    }
  }

  /** Has the mover pods of a block run before it is frozen. */
  void prepare(Operation op, Block block) {
    MoverShares planned = shares;
    if (planned == null) {
      return;
    }
    for (SharedMover each : planned.of(block)) {
      try {
        each.prepare(op);
      } catch (Failure.Cancelled e) {
        throw e;
      } catch (Failure e) {
        // its volumes try again, and tell
      }
    }
  }

  /**
   * Saves it.
   *
   * @throws dev.holdfast.model.Failure if no way led to a snapshot
   */
  Moved save(
      Operation op,
      VolumeTask task,
      Repository repository,
      Repository.Identity identity,
      List<String> tags,
      BackupProgress progress) {
    String claim = task.claim();
    if (pod != null && claim != null && !task.exclusive()) {
      try {
        Id parent = parent(op, task.claimUid(), repository);
        var target = new PodMover.Target(repository, identity, tags, program, parent, progress);
        MoverShares planned = shares;
        SharedMover share = planned == null ? null : planned.of(task);
        return new Moved(
            share == null
                ? pod.save(op, MoverShares.source(task, claim), target)
                : share.save(op, claim, target),
            "mover pod");
      } catch (PodMover.NotUsable e) {
        findings.warning(
            Findings.About.item(task.pod()),
            task.text() + " goes by exec, as no mover pod can save it: " + e.getMessage());
      }
    }
    if (!task.whole()) {
      return byNode(
          op, task, "no container mounts the whole of it", repository, identity, tags, progress);
    }
    try {
      return byExec(op, task, repository, identity, tags, progress);
    } catch (Failure.Unsupported e) {
      if (kubelet.isEmpty() || task.onNode().isEmpty()) {
        throw e;
      }
      return byNode(op, task, e.getMessage(), repository, identity, tags, progress);
    }
  }

  private Moved byExec(
      Operation op,
      VolumeTask task,
      Repository repository,
      Repository.Identity identity,
      List<String> tags,
      BackupProgress progress) {
    var place =
        new ExecMover.Place(
            task.pod().namespace(), task.pod().name(), task.container(), task.path());
    var saved =
        task.deviceFile().isEmpty()
            ? exec.save(op, place, repository, identity, tags, program, progress)
            : exec.saveDevice(
                op, place, task.deviceFile(), repository, identity, tags, program, progress);
    return new Moved(saved, "exec");
  }

  /**
   * By a mover pod that sees what the kubelet has mounted.
   *
   * @param why no other way can
   */
  private Moved byNode(
      Operation op,
      VolumeTask task,
      @Nullable String why,
      Repository repository,
      Repository.Identity identity,
      List<String> tags,
      BackupProgress progress) {
    if (pod == null) {
      throw new Failure.Unsupported(String.valueOf(why), "give --mover-image");
    }
    ItemKey user = task.pod();
    var source =
        PodMover.Source.onNode(
            user.namespace(),
            user.name(),
            task.container(),
            task.path(),
            kubelet + "/" + task.onNode());
    try {
      Id parent = task.claimUid().isEmpty() ? null : parent(op, task.claimUid(), repository);
      var target = new PodMover.Target(repository, identity, tags, program, parent, progress);
      return new Moved(pod.save(op, source, target), "mover pod from the kubelet's directory");
    } catch (PodMover.NotUsable e) {
      throw new Failure.Unreachable(
          why
              + "; nor can it be read where the node has it ("
              + source.hostPath()
              + "): "
              + e.getMessage(),
          "--kubelet-directory needs a namespace whose Pod Security standard is privileged, and"
              + " the kubelets' own root directory",
          e);
    }
  }

  /**
   * Saves a claim that no pod of the backup uses.
   *
   * @throws dev.holdfast.model.Failure if that did not lead to a snapshot
   */
  ExecMover.Saved save(
      Operation op,
      ClaimTask task,
      Repository repository,
      Repository.Identity identity,
      List<String> tags,
      BackupProgress progress) {
    if (pod == null) {
      throw new Failure.Unsupported("there are no mover pods", "give --mover-image");
    }
    try {
      PodMover.Source source = source(op, task);
      Id parent = parent(op, task.uid(), repository);
      var target = new PodMover.Target(repository, identity, tags, program, parent, progress);
      return pod.save(op, source, target);
    } catch (PodMover.NotUsable e) {
      throw new Failure.Unreachable("no mover pod can save it: " + e.getMessage(), null, e);
    }
  }

  /** Beside a pod that is not in the backup, if one has the claim: its volume may be only there. */
  private PodMover.Source source(Operation op, ClaimTask task) throws PodMover.NotUsable {
    String namespace = task.claim().namespace();
    String name = task.claim().name();
    String device = task.device() ? name : "";
    Optional<ClaimHolder> holder =
        discovery
            .find(Relate.PODS)
            .flatMap(pods -> ClaimHolder.of(op, cluster, pods, namespace, name, ""));
    if (holder.isEmpty()) {
      return new PodMover.Source(namespace, "", "", name, "/" + name, device);
    }
    ClaimHolder user = holder.get();
    if (task.exclusive()) {
      throw new PodMover.NotUsable(
          "pod %s on node %s uses it, and nobody else may, as it is ReadWriteOncePod: have that pod in the backup, or end it"
              .formatted(user.pod(), user.node()));
    }
    return new PodMover.Source(namespace, user.pod(), user.container(), name, "/" + name, device);
  }

  /** For snapshots: {@code holdfast VERSION}. */
  String program() {
    return program;
  }

  /** The last snapshot of the same claim; null if there is none. */
  @Nullable Id parent(Operation op, String claimUid, Repository repository) {
    return parents.of(op, repository, claimUid);
  }
}
