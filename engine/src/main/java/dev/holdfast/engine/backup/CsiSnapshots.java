package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.engine.volume.SnapshotGroups;
import dev.holdfast.engine.volume.SnapshotMover;
import dev.holdfast.engine.volume.SnapshotTaker;
import dev.holdfast.engine.volume.SnapshotTaker.Ref;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Names;
import dev.holdfast.model.Operation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The CSI snapshots of a backup. {@link #take} is called while a block is frozen, and returns when
 * the instant is held; {@link #finish} moves or keeps what was taken, after the block has thawed.
 * Thread-safe.
 */
final class CsiSnapshots {

  private static final Duration CLEANUP = Duration.ofMinutes(1);

  private final SnapshotTaker taker;
  private final SnapshotGroups groups;
  private final SnapshotMover mover;
  private final Movers movers;
  private final PodVolumes records;
  private final LocalSnapshots local;
  private final TemporaryObjects temporary;
  private final BackupRequest request;
  private final boolean filesOtherwise;
  private final Findings findings;

  /**
   * A snapshot that is on its way.
   *
   * @param group the VolumeGroupSnapshot that it came with; null if it was taken by itself
   */
  record Taken(SnapshotTask task, Ref ref, Instant start, @Nullable Ref group) {
    Taken(SnapshotTask task, Ref ref, Instant start) {
      this(task, ref, start, null);
    }
  }

  /**
   * @param records of what goes into the repository
   * @param local of what stays
   * @param filesOtherwise whether the files of a volume are saved that cannot be snapshotted
   */
  CsiSnapshots(
      SnapshotTaker taker,
      SnapshotGroups groups,
      SnapshotMover mover,
      Movers movers,
      PodVolumes records,
      LocalSnapshots local,
      TemporaryObjects temporary,
      BackupRequest request,
      boolean filesOtherwise,
      Findings findings) {
    this.taker = taker;
    this.groups = groups;
    this.mover = mover;
    this.movers = movers;
    this.records = records;
    this.local = local;
    this.temporary = temporary;
    this.request = request;
    this.filesOtherwise = filesOtherwise;
    this.findings = findings;
  }

  /**
   * Takes the snapshots of a block: groups where the driver takes them, the others all at once.
   *
   * @param taken given those that hold; of the others the files are saved, or they are errors
   */
  void take(Operation op, List<SnapshotTask> tasks, List<Taken> taken) {
    List<SnapshotTask> single = new ArrayList<>();
    for (List<SnapshotTask> together : together(tasks)) {
      Optional<String> type =
          together.size() == 1
              ? Optional.empty()
              : groups.choose(
                  op,
                  together.getFirst().driver(),
                  together.getFirst().object(),
                  request.metadata().annotationsOrEmpty());
      if (type.isPresent()) {
        group(op, together, type.get(), taken);
      } else {
        single.addAll(together);
      }
    }
    single(op, single, taken);
  }

  /** Tasks of one group, and of one driver in it. */
  private static Collection<List<SnapshotTask>> together(List<SnapshotTask> tasks) {
    Map<String, List<SnapshotTask>> groups = new LinkedHashMap<>();
    for (SnapshotTask task : tasks) {
      String key =
          task.group().isEmpty()
              ? task.claim().toString()
              : task.claim().namespace() + " " + task.group() + " " + task.driver();
      groups.computeIfAbsent(key, _ -> new ArrayList<>()).add(task);
    }
    return groups.values();
  }

  private void group(Operation op, List<SnapshotTask> tasks, String type, List<Taken> taken) {
    Instant start = op.now();
    SnapshotTask first = tasks.getFirst();
    Ref ref = new Ref(first.claim().namespace(), name(op, first));
    Map<String, Ref> members = new HashMap<>();
    try {
      members.putAll(
          groups.take(
              op,
              ref,
              String.valueOf(request.spec().volumeGroupSnapshotLabelKey()),
              first.group(),
              type,
              temporary.labels(),
              request.snapshotPatience()));
      findings.info(Findings.About.item(first.claim()), "VolumeGroupSnapshot " + ref + " holds");
    } catch (Failure e) {
      remove(ref, first, false);
      if (e instanceof Failure.Cancelled) {
        throw e;
      }
      tasks.forEach(task -> instead(op, new Taken(task, ref, start), e));
      return;
    }
    for (SnapshotTask task : tasks) {
      Ref member = members.get(task.claim().name());
      if (member == null) {
        var none = new Failure.Absent("VolumeGroupSnapshot " + ref + " has no snapshot of it");
        instead(op, new Taken(task, ref, start), none);
      } else {
        taken.add(new Taken(task, member, start, ref));
      }
    }
  }

  private void single(Operation op, List<SnapshotTask> tasks, List<Taken> taken) {
    List<Taken> asked = new ArrayList<>();
    try {
      for (SnapshotTask task : tasks) {
        Taken one = new Taken(task, new Ref(task.claim().namespace(), name(op, task)), op.now());
        asked.add(one);
        if (!attempt(
            op,
            one,
            () ->
                taker.take(
                    op, one.ref(), task.claim().name(), task.snapshotClass(), labels(task)))) {
          asked.remove(one);
        }
      }
      for (Taken one : List.copyOf(asked)) {
        if (attempt(op, one, () -> awaitTaken(op, one))) {
          taken.add(one);
        } else {
          asked.remove(one);
        }
      }
    } catch (RuntimeException | Error e) {
      asked.removeAll(taken);
      asked.forEach(this::remove);
      throw e;
    }
  }

  private void awaitTaken(Operation op, Taken one) {
    var _ = taker.awaitTaken(op, one.ref(), request.snapshotPatience());
    findings.info(
        Findings.About.item(one.task().claim()), "VolumeSnapshot " + one.ref() + " holds");
  }

  /** As Velero calls them. */
  private static String name(Operation op, SnapshotTask task) {
    String random = Names.sha256(task.claim() + "/" + op.random().nextLong()).substring(0, 5);
    String claim = task.claim().name();
    return "velero-" + claim.substring(0, Math.min(claim.length(), 200)) + "-" + random;
  }

  private Map<String, String> labels(SnapshotTask task) {
    Map<String, String> labels =
        new HashMap<>(task.local() ? Items.labels(task.object()) : Map.of());
    labels.putAll(temporary.labels());
    return labels;
  }

  /** False if it failed: then the snapshot is removed, and the volume saved otherwise or missed. */
  private boolean attempt(Operation op, Taken one, Runnable action) {
    try {
      action.run();
      return true;
    } catch (Failure.Cancelled e) {
      throw e;
    } catch (Failure e) {
      remove(one);
      instead(op, one, e);
      return false;
    }
  }

  private void instead(Operation op, Taken one, Failure why) {
    VolumeTask user = one.task().user();
    if (filesOtherwise && one.task().files() && user != null) {
      findings.warning(
          Findings.About.item(one.task().claim()),
          "no CSI snapshot could be taken, its files are saved instead",
          why);
      records.save(op, user);
    } else {
      fail(one, why.describe(), op.now());
    }
  }

  private void fail(Taken one, String why, Instant end) {
    VolumeTask user = one.task().user();
    if (one.task().local() || user == null) {
      local.fail(one, why, end);
    } else {
      records.fail(user, why, one.start(), end);
    }
  }

  /** Records a claim that is not saved because a hook of its pod failed. */
  void leave(SnapshotTask task) {
    fail(
        new Taken(task, new Ref(task.claim().namespace(), ""), request.started()),
        "a pre hook of its pod failed",
        request.started());
  }

  /** Moves or keeps what was taken. Only a cancellation is thrown. */
  void finish(Operation op, List<Taken> all) {
    List<Taken> left = new ArrayList<>(all);
    try {
      for (Taken one : all) {
        try {
          ObjectNode snapshot = taker.awaitReady(op, one.ref(), request.operationPatience());
          if (one.task().local()) {
            local.keep(op, one, snapshot);
            left.remove(one);
          } else {
            move(op, one, snapshot);
          }
        } catch (Failure.Cancelled e) {
          throw e;
        } catch (Failure e) {
          fail(one, e.describe(), op.now());
        }
      }
    } finally {
      left.forEach(this::remove);
      endGroups(all, left);
    }
  }

  /** A group of which something is kept leaves what is stored, else all goes with it. */
  private void endGroups(List<Taken> all, List<Taken> removed) {
    Map<Ref, Taken> open = new LinkedHashMap<>();
    all.forEach(one -> {
      if (one.group() != null) {
        open.put(one.group(), one);
      }
    });
    open.forEach((group, one) -> {
      boolean keep =
          all.stream().anyMatch(each -> group.equals(each.group()) && !removed.contains(each));
      remove(group, one.task(), keep);
    });
  }

  private void remove(Ref group, SnapshotTask task, boolean keep) {
    try {
      groups.remove(Operation.start().within(CLEANUP), group, keep);
    } catch (Failure e) {
      findings.warning(
          Findings.About.item(task.claim()),
          "VolumeGroupSnapshot " + group + " could not be removed; the next backup tries again",
          e);
    }
  }

  private void move(Operation op, Taken one, ObjectNode snapshot) {
    VolumeTask user = one.task().user();
    if (user == null) {
      throw new IllegalStateException("A snapshot without a pod cannot be moved");
    }
    var source =
        new SnapshotMover.Source(
            snapshot,
            one.task().object(),
            one.task().affinity(),
            user.pod().name(),
            user.container(),
            user.path(),
            temporary.labels(),
            request.snapshotPatience());
    records.save(
        op,
        user,
        one.start(),
        (repository, identity, tags, progress) -> {
          var moved =
              mover.save(
                  op,
                  source,
                  repository,
                  identity,
                  tags,
                  movers.program(),
                  movers.parent(op, user.claimUid(), repository),
                  progress);
          if (!moved.why().isEmpty()) {
            findings.warning(
                Findings.About.item(one.task().claim()),
                "its snapshot was read by exec, as no mover pod could: " + moved.why());
          }
          return new Movers.Moved(moved.saved(), moved.way());
        });
  }

  /** Removes what was taken and will not be finished. */
  void abandon(List<Taken> all) {
    all.forEach(this::remove);
    endGroups(all, all);
  }

  private void remove(Taken one) {
    Operation cleanup = Operation.start().within(CLEANUP);
    try {
      taker
          .remove(cleanup, one.ref())
          .ifPresent(content ->
              findings.info(
                  Findings.About.item(one.task().claim()),
                  "VolumeSnapshotContent "
                      + content
                      + " may not be read: if its class says Retain, it stays"));
    } catch (Failure e) {
      findings.warning(
          Findings.About.item(one.task().claim()),
          "VolumeSnapshot " + one.ref() + " could not be removed; the next backup tries again",
          e);
    }
  }
}
