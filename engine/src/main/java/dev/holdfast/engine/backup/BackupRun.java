package dev.holdfast.engine.backup;

import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.Documents;
import dev.holdfast.archive.Index;
import dev.holdfast.archive.Results;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.hook.BackupHooks;
import dev.holdfast.engine.spool.Spool;
import dev.holdfast.engine.volume.EndedPods;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.velero.Backup;
import dev.holdfast.store.ObjectStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * One backup: select → collect → relate → per block: hooks and volumes → archive → publish. Nothing
 * exists until the last step, and a run that is killed before leaves only rubbish under its claim,
 * and a note of the post hooks that the next run makes up for.
 */
public final class BackupRun {

  private static final Duration CLEANUP = Duration.ofMinutes(1);

  private final Cluster cluster;
  private final ObjectStore store;
  private final BackupOptions options;
  private final Progress progress;

  public BackupRun(Cluster cluster, ObjectStore store, BackupOptions options, Progress progress) {
    this.cluster = cluster;
    this.store = store;
    this.options = options;
    this.progress = progress;
  }

  /**
   * Makes the backup.
   *
   * @return what was stored, complete or with parts missing
   * @throws Failure.Invalid if the document, a recipient or the signing key is wrong; nothing was
   *     written
   * @throws Failure.Absent if only namespaces are named that do not exist; nothing was written
   * @throws Failure.Conflict if the backup exists; {@link Failure.Locked} if another run writes it
   * @throws Failure.Cancelled after everything that was written has been removed
   * @throws Failure if it failed; where the store still takes it, a record with phase Failed says
   *     why
   */
  public BackupOutcome run(Operation op) {
    BackupRequest request = BackupRequest.prepare(op, options.document());
    Sealing sealing = Sealing.of(options);
    RunReport report = new RunReport(op, request, progress);
    progress.phase("select");
    Selection selection = new Select(cluster, request.asked(), report.findings()).select(op);
    LocationFormat.ensure(op, store);
    try (RunClaim claim = RunClaim.take(op, store, request.keys(), writer())) {
      try (Spool spool = Spool.create(options.scratch())) {
        return write(op, new Parts(request, sealing, report, selection, claim, spool));
      } catch (Failure.Locked e) {
        throw e;
      } catch (Failure.Cancelled e) {
        withdraw(op, claim, e);
        throw e;
      } catch (RuntimeException | Error e) {
        publishFailure(op, request, selection, report, sealing, claim, e);
        throw e;
      }
    }
  }

  /** What one run works with. */
  private record Parts(
      BackupRequest request,
      Sealing sealing,
      RunReport report,
      Selection selection,
      RunClaim claim,
      Spool spool) {}

  private BackupOutcome write(Operation op, Parts run) {
    Findings findings = run.report().findings();
    Spool spool = run.spool();
    Selection selection = run.selection();

    Index index;
    List<VolumeInfo> volumes;
    Movers movers = movers(run);
    PodVolumes saved =
        new PodVolumes(movers, options.volumes().repositories(), run.request(), findings, progress);
    var claims =
        new ClaimVolumes(
            movers, options.volumes().repositories(), run.request(), findings, progress);
    BlockRun blocks;
    var records = new Records(op, store, run.request().keys(), run.sealing(), run.claim());
    try (var snapshots = snapshots(op, run)) {
      try (Changes changes = new Changes(op, cluster, spool, findings)) {
        progress.phase("collect");
        new Collect(cluster, selection, spool, changes, findings, progress)
            .collect(op, options.parallel());
        progress.phase("relate");
        var relate = new Relate(cluster, selection, spool, findings);
        relate.relate(op, options.parallel());
        records.definitions(relate.carried(op));
        Rollouts.report(spool, findings);
        progress.phase("volumes");
        var choices =
            new VolumeChoices(
                    run.request(), spool, findings, options.volumes(), snapshots.choices())
                .choose();
        blocks =
            blocks(
                op,
                run,
                movers,
                saved,
                snapshots.begin(choices.snapshots(), movers, saved),
                choices);
        claims(op, claims, choices.claims());
        volumes = new ArrayList<>(saved.infos());
        volumes.addAll(claims.infos());
        volumes.addAll(snapshots.local().infos());
        volumes.addAll(choices.skipped());

        progress.phase("archive");
        var actions = new ItemActions(run.request().name(), snapshots.local().archive(spool));
        index =
            new Archive(
                    selection,
                    spool,
                    actions,
                    run.sealing(),
                    records,
                    findings,
                    progress,
                    blocks.excluded())
                .write(op, options.parallel());
        changes.lookAgain();
      }
      progress.phase("publish");
      Backup document =
          new Publish(op, store, run.request(), run.claim(), records, run.report())
              .publish(
                  index,
                  new Publish.Volumes(
                      volumes,
                      saved.podVolumeBackups(),
                      Stream.concat(saved.manifest().stream(), claims.manifest().stream()).toList(),
                      snapshots.local(),
                      blocks.attempted(),
                      blocks.failed()),
                  selection.discovery(),
                  new Publish.Identity(cluster.id(op), writer(), run.sealing()));
      snapshots.published();
      return new BackupOutcome(document, findings.results(), volumes, index.size(), spool.bytes());
    }
  }

  private SnapshotStage snapshots(Operation op, Parts run) {
    return new SnapshotStage(
        op,
        cluster,
        store,
        run.selection().discovery(),
        run.request(),
        options.volumes(),
        run.report().findings());
  }

  private void claims(Operation op, ClaimVolumes claims, List<ClaimTask> tasks) {
    op.forEach(tasks.iterator(), options.volumes().parallel(), task -> claims.save(op, task));
    claims.verify(op);
  }

  private Movers movers(Parts run) {
    return new Movers(
        cluster,
        run.selection().discovery(),
        options.volumes().mover(),
        run.report().findings(),
        "holdfast " + options.version());
  }

  /** Runs hooks and saves volumes, some blocks at a time. */
  private BlockRun blocks(
      Operation op,
      Parts run,
      Movers movers,
      PodVolumes saved,
      CsiSnapshots snapshots,
      VolumeChoices choices) {
    Findings findings = run.report().findings();
    Discovery discovery = run.selection().discovery();
    OpenHooks open = new OpenHooks(op, store, cluster, run.request());
    open.makeUp(op, discovery, findings);
    var hooks = new BackupHooks(run.request().spec().hooks(), discovery);
    discovery
        .find(Relate.PODS)
        .ifPresent(pods ->
            choices.tasks().stream()
                .map(task -> task.pod().namespace())
                .distinct()
                .forEach(namespace -> EndedPods.collect(op, cluster, pods, namespace)));
    List<Block> blocks =
        Block.of(run.spool(), hooks, choices.tasks(), choices.snapshots(), findings);
    progress.total(blocks.size(), 0);
    var block = new BlockRun(cluster, open, saved, snapshots, findings);
    var mounts = new PodMounts(run.spool());
    try (var shares = movers.share(blocks, mounts::object, options.volumes().parallel())) {
      block.run(op, blocks, shares, options.volumes().parallel(), progress);
    }
    saved.verify(op);
    return block;
  }

  private String writer() {
    return "holdfast/" + options.version();
  }

  /** Leaves nothing: the name is free again. Cancelled is not failed. */
  private static void withdraw(Operation op, RunClaim claim, Throwable why) {
    try {
      claim.withdraw(Operation.start(op.clock(), op.random()).within(CLEANUP));
    } catch (RuntimeException | Error e) {
      why.addSuppressed(e);
    }
  }

  /**
   * Log, results and a document with phase Failed; never over a document that is there. Where the
   * store does not take them, for example because it is full, nothing stays.
   */
  private void publishFailure(
      Operation op,
      BackupRequest request,
      Selection selection,
      RunReport report,
      Sealing sealing,
      RunClaim claim,
      Throwable why) {
    try {
      String reason = why instanceof Failure f ? f.getMessage() : why.toString();
      report.findings().error(Findings.About.RUN, "the backup failed: " + reason);
      Results results = report.findings().results();
      var records = new Records(op, store, request.keys(), sealing, claim);
      BackupKeys keys = request.keys();
      records.put(keys.logs(), report.closeLog());
      records.put(keys.results(), results.toBytes());
      Backup document =
          request.document(
              request.status(
                  "Failed",
                  op.now(),
                  results.warnings().count(),
                  results.errors().count(),
                  0,
                  reason,
                  0,
                  0,
                  Json.MAPPER.createObjectNode()),
              selection.discovery());
      claim.requireHeld();
      store.putIfAbsent(op, keys.backupJson(), Documents.backup(document));
    } catch (RuntimeException | Error e) {
      why.addSuppressed(e);
      withdraw(op, claim, why);
    }
  }
}
