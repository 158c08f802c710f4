package dev.holdfast.engine.backup;

import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.volume.SnapshotGroups;
import dev.holdfast.engine.volume.SnapshotMover;
import dev.holdfast.engine.volume.SnapshotTaker;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.store.ObjectStore;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/**
 * All that one run has to do with CSI snapshots. Closing it leaves nothing in the cluster, and
 * nothing in the storage but the snapshots of a backup that was {@link #published}.
 */
final class SnapshotStage implements AutoCloseable {

  private static final Duration CLEANUP = Duration.ofMinutes(2);

  private final Operation op;
  private final Cluster cluster;
  private final Discovery discovery;
  private final BackupRequest request;
  private final VolumeOptions options;
  private final Findings findings;
  private final SnapshotTaker taker;
  private final SnapshotChoices choices;
  private final TemporaryObjects temporary;
  private final LocalSnapshots local;
  private boolean published;

  SnapshotStage(
      Operation op,
      Cluster cluster,
      ObjectStore store,
      Discovery discovery,
      BackupRequest request,
      VolumeOptions options,
      Findings findings) {
    this.op = op;
    this.cluster = cluster;
    this.discovery = discovery;
    this.request = request;
    this.options = options;
    this.findings = findings;
    this.taker = new SnapshotTaker(cluster, discovery);
    this.choices = new SnapshotChoices(op, cluster, discovery, request);
    this.temporary = new TemporaryObjects(op, store, cluster, discovery, request);
    this.local = new LocalSnapshots(taker, temporary, choices, findings);
  }

  SnapshotChoices choices() {
    return choices;
  }

  LocalSnapshots local() {
    return local;
  }

  /** What takes these snapshots. What dead runs left is removed before. */
  CsiSnapshots begin(List<SnapshotTask> tasks, Movers movers, PodVolumes records) {
    temporary.makeUp(op, findings);
    if (!tasks.isEmpty()) {
      temporary.begin(
          op, tasks.stream().map(task -> task.claim().namespace()).collect(Collectors.toSet()));
    }
    var mover = new SnapshotMover(cluster, discovery, options.mover());
    return new CsiSnapshots(
        taker,
        new SnapshotGroups(cluster, discovery),
        mover,
        movers,
        records,
        local,
        temporary,
        request,
        options.filesOtherwise(),
        findings);
  }

  /** From now on the backup exists. */
  void published() {
    published = true;
  }

  /** What cannot be removed now is removed by the next run, whom a note in the location tells. */
  @Override
  public void close() {
    Operation cleanup = Operation.start(op.clock(), op.random()).within(CLEANUP);
    try {
      if (published) {
        local.release(cleanup);
      } else {
        local.abandon(cleanup);
      }
      temporary.end(cleanup, published);
    } catch (Failure e) {
      System.getLogger("dev.holdfast.engine")
          .log(System.Logger.Level.DEBUG, "snapshots are left to the next run", e);
    }
  }
}
