package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.volume.VolumeFacts;
import dev.holdfast.engine.volume.VolumeRepositories;
import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Operation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The barrier before pods: claims get their content before anything that uses them exists. A filled
 * claim carries the run, so that a restore that is resumed fills only what is not. A claim that was
 * there before keeps its content, unless the user asked otherwise: then what uses it is scaled down
 * first, and given back its replicas afterwards.
 */
final class VolumeFill {

  private static final Duration CLEANUP = Duration.ofMinutes(5);

  private final Cluster cluster;
  private final Draught draught;
  private final Ledger ledger;
  private final RunMark mark;
  private final boolean resumed;
  private final ExistingVolumes existing;
  private final int parallel;
  private final Progress progress;
  private final Claims claims;
  private final Replacement replacement;
  private final Workloads workloads;
  private final FillRun fill;

  /** Claims of the backup whose content it has. */
  private final Set<ItemKey> content;

  /** Claims that were there before and are not touched. */
  private final Set<ItemKey> kept = new HashSet<>();

  /** Claims that earlier attempts filled. */
  private final Set<ItemKey> whole = new HashSet<>();

  private final List<String> problems = new ArrayList<>();
  private final List<String> remarks = new ArrayList<>();

  /**
   * @param options for what to do with claims that exist, the patience with their users, the mover
   */
  VolumeFill(
      Cluster cluster,
      Draught draught,
      Ledger ledger,
      RunMark mark,
      RestoreOptions options,
      VolumeRepositories repositories,
      Progress progress) {
    this.cluster = cluster;
    this.draught = draught;
    this.ledger = ledger;
    this.mark = mark;
    this.resumed = options.resume();
    this.existing = options.inputs().existing();
    this.parallel = options.mover().parallel();
    this.progress = progress;
    this.content =
        draught.backup().volumes().stream()
            .filter(VolumeFill::fits)
            .map(OpenBackup::claim)
            .collect(Collectors.toUnmodifiableSet());
    this.claims = new Claims(cluster, draught.discovery(), mark);
    this.replacement = new Replacement(cluster, draught.discovery(), claims, mark);
    this.workloads =
        new Workloads(cluster, draught.discovery(), mark, options.patience(), progress);
    this.fill =
        new FillRun(
            draught,
            repositories,
            progress,
            claims,
            replacement,
            new FillPods(
                cluster,
                draught,
                mark,
                options.mover(),
                options.patience(),
                new Apart(draught, claims),
                this::remark),
            this::problem,
            this::remark);
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

  /** Whether the backup has the content of a claim of it. */
  boolean fills(ItemKey source) {
    return content.contains(source);
  }

  /** What was not filled, a sentence each: errors of the restore. */
  synchronized List<String> problems() {
    return List.copyOf(problems);
  }

  /** What the user has to know, a sentence each. */
  synchronized List<String> remarks() {
    return List.copyOf(remarks);
  }

  /** Claims of the cluster whose content is not whole. */
  Set<ItemKey> unsafe() {
    return fill.unsafe();
  }

  /** Fills all claims; what cannot be filled is a problem, and the others go on. */
  void run(Operation op) {
    List<FillTask> tasks = new ArrayList<>();
    for (VolumeInfo volume : draught.backup().volumes()) {
      task(volume).ifPresent(tasks::add);
    }
    Set<String> places = new TreeSet<>();
    tasks.forEach(task -> places.add(task.target().namespace()));
    doubt(op, places);
    if (tasks.isEmpty()) {
      return;
    }
    try {
      places.forEach(namespace -> collect(op, namespace));
      fill(op, free(op, unused(op, open(op, tasks), places), places));
    } finally {
      // Not under op, which may be cancelled: what was stopped must not stay so.
      bringBack(Operation.start(op.clock(), op.random()).within(CLEANUP), tasks, places);
    }
  }

  /** Nothing that this restore writes starts on a claim that another one has not filled. */
  private void doubt(Operation op, Set<String> filled) {
    Set<String> places = new TreeSet<>(filled);
    kept.forEach(claim -> places.add(claim.namespace()));
    for (String namespace : places) {
      fill.doubt(workloads.held(op, namespace, kept));
      // What this restore replaced is rolled back to the volume before, unless it is filled.
      fill.doubt(claims.unfilled(op, namespace, existing != ExistingVolumes.REPLACE));
    }
  }

  /** What is to be done about a volume of the backup; empty if nothing, or if that is a problem. */
  private Optional<FillTask> task(VolumeInfo volume) {
    VolumeInfo.PodVolume record = volume.pvbInfo();
    if (record == null || !fits(volume)) {
      return Optional.empty();
    }
    ItemKey claim = OpenBackup.claim(volume);
    OptionalInt number = draught.spool().find(claim);
    if (number.isEmpty() || !draught.set().numbers().get(number.getAsInt())) {
      return Optional.empty();
    }
    Optional<Outcome> outcome = ledger.outcome(number.getAsInt());
    if (outcome.isEmpty()) {
      return Optional.empty();
    }
    FillTask.Way way =
        switch (existing) {
          case OVERWRITE -> FillTask.Way.OVERWRITE;
          case REPLACE -> FillTask.Way.REPLACE;
          case KEEP -> FillTask.Way.NEW;
        };
    if (outcome.get() == Outcome.CREATED) {
      way = FillTask.Way.NEW;
    } else if (existing == ExistingVolumes.KEEP) {
      problem(
          claim,
          "it was there before, and what is in it was left as it is; --existing-volumes replace"
              + " or overwrite restores it");
      kept.add(draught.target(claim));
      return Optional.empty();
    }
    boolean device = draught.backup().item(claim).filter(VolumeFacts::device).isPresent();
    return Optional.of(new FillTask(claim, draught.target(claim), record, device, way));
  }

  private void collect(Operation op, String namespace) {
    try {
      fill.collect(op, namespace);
    } catch (Failure.Denied e) {
      // who may not list pods has none to look for
    }
  }

  private List<FillTask> open(Operation op, List<FillTask> tasks) {
    return tasks.stream().filter(task -> open(op, task)).toList();
  }

  private boolean open(Operation op, FillTask task) {
    Optional<ObjectNode> live = claims.get(op, task.target());
    if (live.filter(claims::filled).isPresent()) {
      whole.add(task.target());
      return false;
    }
    Optional<ObjectNode> saved = draught.backup().item(task.source());
    Optional<String> obstacle =
        live.flatMap(claim ->
            saved.flatMap(before -> ClaimFit.obstacle(before, task.record().size(), claim)));
    obstacle.ifPresent(why -> fill.refuse(task, why));
    return obstacle.isEmpty();
  }

  /**
   * New claims that nobody uses. Nothing that this restore makes does yet: it is a pod that waited
   * for the claim, and has begun on an empty one.
   */
  private List<FillTask> unused(Operation op, List<FillTask> tasks, Set<String> places) {
    List<FillTask> unused = new ArrayList<>(tasks);
    for (String namespace : places) {
      List<FillTask> fresh =
          tasks.stream()
              .filter(task -> task.way() == FillTask.Way.NEW)
              .filter(task -> task.target().namespace().equals(namespace))
              .toList();
      Map<String, String> used = users(op, namespace, fresh);
      for (FillTask task : fresh) {
        String pod = used.get(task.target().name());
        if (pod != null) {
          fill.refuse(
              task,
              "pod %s waited for this claim and uses it, so that nothing was written to it: end that pod, and restore again with --existing-volumes overwrite"
                  .formatted(pod));
          unused.remove(task);
        }
      }
    }
    return unused;
  }

  /** Claim → a pod that uses it. */
  private Map<String, String> users(Operation op, String namespace, List<FillTask> tasks) {
    Set<String> names = new TreeSet<>();
    tasks.forEach(task -> names.add(task.target().name()));
    try {
      return ClaimUsers.inUse(op, cluster, draught.discovery(), namespace, names);
    } catch (Failure.Denied e) {
      return Map.of(); // who may not list pods cannot know
    }
  }

  /** Scales down what uses claims that exist; those that stay in use are problems. */
  private List<FillTask> free(Operation op, List<FillTask> tasks, Set<String> places) {
    List<FillTask> free = new ArrayList<>(tasks);
    for (String namespace : places) {
      Set<String> busy = new TreeSet<>();
      tasks.stream()
          .filter(task -> task.way() != FillTask.Way.NEW)
          .filter(task -> task.target().namespace().equals(namespace))
          .forEach(task -> busy.add(task.target().name()));
      if (!busy.isEmpty()) {
        progress.phase("scale down");
        Map<String, String> refused = refused(op, namespace, busy);
        for (FillTask task : tasks) {
          String why = refused.get(task.target().name());
          if (task.target().namespace().equals(namespace)
              && task.way() != FillTask.Way.NEW
              && why != null) {
            problem(task.source(), why);
            free.remove(task);
          }
        }
      }
    }
    return free;
  }

  private Map<String, String> refused(Operation op, String namespace, Set<String> busy) {
    try {
      return workloads.stop(op, namespace, busy, existing == ExistingVolumes.REPLACE);
    } catch (Failure.Denied | Failure.Rejected | Failure.Conflict | Failure.Absent e) {
      Map<String, String> all = new TreeMap<>();
      busy.forEach(claim -> all.put(claim, "what uses it cannot be stopped: " + e.describe()));
      return all;
    } finally {
      fill.doubt(workloads.doubtful());
    }
  }

  private void fill(Operation op, List<FillTask> tasks) {
    Map<ItemKey, List<FillTask>> byPod = new LinkedHashMap<>();
    tasks.forEach(task -> byPod.computeIfAbsent(task.group(), _ -> new ArrayList<>()).add(task));
    progress.phase("fill");
    progress.total(byPod.size(), 0);
    op.forEach(
        byPod.values().iterator(),
        parallel,
        each -> {
          fill.run(op, each);
          progress.advance(1, 0);
        });
  }

  /** What earlier attempts left is brought back, too, unless this one failed on it. */
  private void bringBack(Operation op, List<FillTask> tasks, Set<String> places) {
    if (existing == ExistingVolumes.KEEP && !resumed) {
      return;
    }
    try {
      if (existing == ExistingVolumes.REPLACE) {
        replacement.commit(op);
      }
      workloads.start(op, fill.unsafe()).forEach(this::remark);
      Set<ItemKey> unfilled = new HashSet<>(fill.unsafe());
      tasks.stream()
          .map(FillTask::target)
          .filter(claim -> !whole.contains(claim) && !fill.filled().contains(claim))
          .forEach(unfilled::add);
      places.forEach(namespace -> workloads.startLeft(op, namespace, unfilled));
    } catch (Failure e) {
      remark("Not all that was scaled down has its replicas again: " + e.describe());
    }
  }

  private synchronized void remark(String sentence) {
    remarks.add(sentence);
    progress.warning(sentence);
  }

  private void problem(ItemKey claim, String why) {
    String sentence =
        "The content of volume claim "
            + claim.namespace()
            + "/"
            + claim.name()
            + " was not restored: "
            + why;
    synchronized (this) {
      problems.add(sentence);
    }
    progress.error(sentence);
  }
}
