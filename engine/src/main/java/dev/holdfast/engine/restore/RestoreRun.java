package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.Results;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.ListOptions;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.volume.VolumeRepositories;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import dev.holdfast.model.velero.Restore;
import dev.holdfast.model.velero.Times;
import dev.holdfast.store.ObjectStore;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One restore, from the backup in the location to the objects in the cluster: open → draw up →
 * apply, with volumes filled before pods → hooks → publish. It can be killed at any instant and run
 * again.
 */
public final class RestoreRun {

  private final Cluster cluster;
  private final ObjectStore location;
  private final RestoreOptions options;
  private final Progress progress;
  private final @Nullable VolumeRepositories repositories;

  /** Without a password for the content of volumes: a backup that holds some is refused. */
  public RestoreRun(
      Cluster cluster, ObjectStore location, RestoreOptions options, Progress progress) {
    this(cluster, location, options, progress, null);
  }

  /**
   * @param repositories where the content of volumes is; null if there is no password
   */
  public RestoreRun(
      Cluster cluster,
      ObjectStore location,
      RestoreOptions options,
      Progress progress,
      @Nullable VolumeRepositories repositories) {
    this.repositories = repositories;
    this.cluster = cluster;
    this.location = location;
    this.options = options;
    this.progress = progress;
  }

  /**
   * Restores; returns also when some items failed, which the outcome says.
   *
   * @throws Failure.Invalid if the request is wrong; nothing was changed
   * @throws Failure.Conflict if a restore of this name has ended, or was begun otherwise
   * @throws Failure.WrongKey if the password does not open the content of volumes; nothing was
   *     changed
   * @throws Failure.Locked if another process is at it, or prunes the repository; nothing was
   *     changed
   * @throws Failure if cluster or location failed for good; what was done is in the journal, and
   *     the same call goes on from there
   */
  public RestoreOutcome run(Operation op) {
    RestoreRules.check(options.spec());
    refuseWithoutConsent();
    try (OpenBackup backup = new Opener(location, options, progress).open(op)) {
      Discovery discovery = cluster.discover(op);
      Draught draught =
          Draught.of(
              backup,
              discovery,
              options,
              storageClasses(op, cluster, discovery, options),
              volumes());
      draught
          .remarks()
          .addAll(NodeCheck.check(op, cluster, discovery, options.inputs().nodeMapping()));
      LocalVolumes.elsewhere(op, cluster, draught).ifPresent(draught.remarks()::add);
      if (!Boolean.FALSE.equals(options.spec().restorePVs())) {
        VolumeContent.open(op, draught, repositories);
      }
      return restore(op, backup, draught);
    }
  }

  private void refuseWithoutConsent() {
    if (options.existing() == ExistingPolicy.RECREATE && !options.yes()) {
      throw new Failure.Invalid(
          "The policy 'recreate' deletes objects that differ from the backup",
          "look at 'restore plan' first, then give --yes");
    }
    if (options.inputs().existing() != ExistingVolumes.KEEP && !options.yes()) {
      throw new Failure.Invalid(
          "--existing-volumes %s puts the backup's content into volumes that are in use now"
              .formatted(options.inputs().existing().text()),
          "what is in them is lost then; look at 'restore plan' first, then give --yes");
    }
  }

  private RestoreOutcome restore(Operation op, OpenBackup backup, Draught draught) {
    ObjectStore records = Objects.requireNonNullElse(options.state(), location);
    RestoreState state = new RestoreState(records, backup, options.name());
    Restore begun = state.begin(op, options);
    RunMark mark =
        new RunMark(options.name(), Objects.requireNonNullElse(begun.metadata().uid(), ""));
    Ledger ledger = new Ledger(backup.spool(), draught.preparation().context());
    PodHooks hooks = new PodHooks(cluster, draught, ledger, options.patience(), progress);
    Consumer<JsonNode> replay = ledger::replay;
    try (Journal journal =
        Journal.open(
            op, records, state.journal(), options.resume(), replay.andThen(hooks::replay))) {
      VolumeFill fill =
          repositories == null || !volumes()
              ? null
              : new VolumeFill(cluster, draught, ledger, mark, options, repositories, progress);
      Apply apply = new Apply(cluster, draught, ledger, journal, mark, options, progress, fill);
      apply.run(op);
      PodFill pods = podFill(draught, ledger);
      if (pods != null) {
        pods.run(op);
        pods.problems().forEach(apply::problem);
        pods.remarks().forEach(apply::remark);
      }
      if (!Boolean.FALSE.equals(options.spec().restorePVs())) {
        LocalVolumes.check(op, cluster, draught, ledger, options.patience())
            .forEach(sentence -> {
              apply.problem(sentence);
              progress.error(sentence);
            });
      }
      hooks.run(op, journal);
      return publish(op, records, state, begun, draught, ledger, apply, hooks);
    }
  }

  private boolean volumes() {
    return repositories != null && !Boolean.FALSE.equals(options.spec().restorePVs());
  }

  private @Nullable PodFill podFill(Draught draught, Ledger ledger) {
    return repositories == null || !volumes()
        ? null
        : new PodFill(cluster, draught, ledger, repositories, options.patience(), progress);
  }

  private RestoreOutcome publish(
      Operation op,
      ObjectStore store,
      RestoreState state,
      Restore begun,
      Draught draught,
      Ledger ledger,
      Apply apply,
      PodHooks hooks) {
    progress.phase("publish");
    RestoreRecords records = new RestoreRecords(options.name(), draught.spool(), ledger);
    draught.remarks().forEach(text -> warn(records, text));
    apply.remarks().forEach(text -> warn(records, text));
    NotRestored.of(options.spec(), draught)
        .forEach(text -> {
          records.error(text);
          progress.error(text);
        });
    apply.problems().forEach(records::error);
    hooks.notes().forEach(records::note);
    hooks.remarks().forEach(records::warning);
    hooks.problems().forEach(records::error);
    Results results = records.results();
    records.publish(op, store, results);
    Restore ended = ended(op, begun, results, draught, ledger, hooks);
    state.end(op, ended);
    return new RestoreOutcome(ended, results, ledger.counts(), apply.secondWrites());
  }

  private void warn(RestoreRecords records, String text) {
    records.warning(text);
    progress.warning(text);
  }

  private static Restore ended(
      Operation op,
      Restore begun,
      Results results,
      Draught draught,
      Ledger ledger,
      PodHooks hooks) {
    int errors = results.errors().count();
    int warnings = results.warnings().count();
    Restore.Status before = begun.status();
    int restored = ledger.counts().values().stream().mapToInt(Integer::intValue).sum();
    Restore.Status status =
        new Restore.Status(
            errors == 0 ? "Completed" : "PartiallyFailed",
            null,
            warnings == 0 ? null : warnings,
            errors == 0 ? null : errors,
            null,
            before == null ? null : before.startTimestamp(),
            Times.text(op.now()),
            new Restore.Progress(Math.max(restored, draught.set().size()), restored),
            hookStatus(hooks));
    return new Restore(begun.apiVersion(), begun.kind(), begun.metadata(), begun.spec(), status);
  }

  private static @Nullable ObjectNode hookStatus(PodHooks hooks) {
    if (hooks.attempted() == 0) {
      return null;
    }
    ObjectNode status = Json.MAPPER.createObjectNode().put("hooksAttempted", hooks.attempted());
    return hooks.failed() == 0 ? status : status.put("hooksFailed", hooks.failed());
  }

  /**
   * Names of the target's storage classes, asked for only if classes are mapped. Whoever may not
   * list them, as a user with the rights of one namespace, is believed.
   */
  static Set<String> storageClasses(
      Operation op, Cluster cluster, Discovery discovery, RestoreOptions options) {
    Map<String, String> mapped = options.inputs().classMapping().classes();
    Optional<ResourceType> type =
        mapped.isEmpty() ? Optional.empty() : discovery.find(Kinds.STORAGE_CLASSES);
    if (type.isEmpty()) {
      return Set.of();
    }
    try {
      Set<String> names = new HashSet<>();
      cluster.list(op, type.get(), "", ListOptions.ALL, item -> names.add(item.name()));
      return names;
    } catch (Failure.Denied e) {
      if (e.ofEverything()) {
        throw e;
      }
      return Set.copyOf(mapped.values());
    }
  }
}
