package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.volume.SnapshotTaker;
import dev.holdfast.engine.volume.SnapshotTypes;
import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Operation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Claims that a restore makes of CSI snapshots, which are still where they were taken: what the
 * plan says of them, and whether the storage really has them.
 */
final class LocalVolumes {

  /** What the annotation of a claim names. */
  private static final String NAME = "/metadata/annotations/velero.io~1volume-snapshot-name";

  private LocalVolumes() {}

  /** Whether a record is that of a snapshot which the backup can bring back. */
  static boolean fits(Draught draught, VolumeInfo volume) {
    return snapshot(draught, volume).isPresent();
  }

  /** The VolumeSnapshot of a volume, as the backup holds it. */
  private static Optional<ItemKey> snapshot(Draught draught, VolumeInfo volume) {
    String namespace = volume.pvcNamespace();
    String name = volume.pvcName();
    if (!"CSISnapshot".equals(volume.backupMethod())
        || volume.snapshotDataMoved()
        || namespace == null
        || name == null) {
      return Optional.empty();
    }
    return draught
        .backup()
        .item(new ItemKey(Kinds.CLAIMS, namespace, name))
        .map(claim -> claim.at(NAME).asText())
        .map(snapshot -> new ItemKey(SnapshotTypes.SNAPSHOTS, namespace, snapshot))
        .filter(key -> draught.spool().find(key).isPresent());
  }

  /** Where the content of claims comes from, a sentence each. */
  static List<String> ways(Operation op, Cluster cluster, Draught draught) {
    List<String> ways = new ArrayList<>();
    for (VolumeInfo volume : draught.backup().volumes()) {
      VolumeInfo.CsiSnapshot csi = volume.csiSnapshotInfo();
      if (csi != null && snapshot(draught, volume).filter(draught::restores).isPresent()) {
        ways.add(
            "The content of volume claim %s/%s comes from CSI snapshot %s of driver %s"
                .formatted(
                    volume.pvcNamespace(), volume.pvcName(), csi.snapshotHandle(), csi.driver()));
      }
    }
    elsewhere(op, cluster, draught).ifPresent(ways::add);
    return ways;
  }

  /** A warning, if the snapshots are not likely to be in this cluster's storage. */
  static Optional<String> elsewhere(Operation op, Cluster cluster, Draught draught) {
    boolean any =
        draught.backup().volumes().stream()
            .anyMatch(volume -> snapshot(draught, volume).filter(draught::restores).isPresent());
    @Nullable String source = draught.backup().cluster();
    if (!any || source == null) {
      return Optional.empty();
    }
    String target = cluster.id(op);
    return !target.isEmpty() && !source.equals(target)
        ? Optional.of(
            "The backup is of another cluster: its CSI snapshots are in the storage of that one,"
                + " unless both share it")
        : Optional.empty();
  }

  /**
   * Waits until the storage has answered for each snapshot that this restore made, and looks for
   * claims of which nothing was made, because they were there.
   *
   * @return what cannot be had, a sentence each: errors of the restore
   */
  static List<String> check(
      Operation op, Cluster cluster, Draught draught, Ledger ledger, Duration patience) {
    List<String> problems = new ArrayList<>();
    SnapshotTaker taker = new SnapshotTaker(cluster, draught.discovery());
    for (VolumeInfo volume : draught.backup().volumes()) {
      Optional<ItemKey> key = snapshot(draught, volume);
      OptionalInt number = key.map(draught.spool()::find).orElse(OptionalInt.empty());
      if (key.isPresent() && wasThere(draught, ledger, volume)) {
        problems.add(
            "The content of volume claim %s/%s was not restored: it was there before, and was left as it is; delete it to have it made of its CSI snapshot"
                .formatted(volume.pvcNamespace(), volume.pvcName()));
        continue;
      }
      if (key.isEmpty()
          || number.isEmpty()
          || ledger.outcome(number.getAsInt()).filter(Outcome.CREATED::equals).isEmpty()) {
        continue;
      }
      if (withoutContent(draught, ledger, volume)) {
        problems.add(
            problem(
                volume,
                "there is no VolumeSnapshotContent for it, which takes the right to create"
                    + " volumesnapshotcontents.snapshot.storage.k8s.io in the cluster"));
        continue;
      }
      ItemKey target = draught.target(key.get());
      try {
        ObjectNode _ =
            taker.awaitReady(
                op, new SnapshotTaker.Ref(target.namespace(), target.name()), patience);
      } catch (Failure.Cancelled e) {
        throw e;
      } catch (Failure e) {
        problems.add(problem(volume, e.describe()));
      }
    }
    return problems;
  }

  /** Whether the claim was met in the cluster, so that nothing is made of the snapshot. */
  private static boolean wasThere(Draught draught, Ledger ledger, VolumeInfo volume) {
    ItemKey claim = OpenBackup.claim(volume);
    OptionalInt number = draught.spool().find(claim);
    return number.isPresent()
        && ledger
            .outcome(number.getAsInt())
            .filter(outcome -> outcome != Outcome.CREATED && outcome != Outcome.FAILED)
            .isPresent();
  }

  /** Whether the content was to be made and was not: then there is nothing to wait for. */
  private static boolean withoutContent(Draught draught, Ledger ledger, VolumeInfo volume) {
    VolumeInfo.CsiSnapshot csi = volume.csiSnapshotInfo();
    if (csi == null) {
      return false;
    }
    OptionalInt content =
        draught.spool().find(new ItemKey(SnapshotTypes.CONTENTS, "", csi.vscName()));
    return content.isPresent()
        && ledger.outcome(content.getAsInt()).filter(Outcome.FAILED::equals).isPresent();
  }

  private static String problem(VolumeInfo volume, String why) {
    return "The content of volume claim %s/%s was not restored, its CSI snapshot cannot be used: %s"
        .formatted(volume.pvcNamespace(), volume.pvcName(), why);
  }
}
