package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.volume.SnapshotClasses;
import dev.holdfast.engine.volume.SnapshotTypes;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Operation;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether a CSI snapshot can be taken of a claim, and how (velero.md 4.9): its volume must be a CSI
 * driver's, there must be a class, and the caller must have the rights. The cluster is asked only
 * for claims that are to be snapshotted.
 */
final class SnapshotChoices {

  private static final String PROVISIONER = "volume.kubernetes.io/storage-provisioner";
  private static final String OLD_PROVISIONER = "volume.beta.kubernetes.io/storage-provisioner";

  private final Operation op;
  private final Cluster cluster;
  private final Discovery discovery;
  private final BackupRequest request;
  private final Map<String, String> lacking = new HashMap<>();
  private @Nullable SnapshotClasses classes;

  /** What was decided. */
  sealed interface Decision {}

  /** A snapshot is taken. */
  record Take(SnapshotTask task) implements Decision {}

  /**
   * None can be.
   *
   * @param reason why, for a sentence
   */
  record Cannot(String reason) implements Decision {}

  SnapshotChoices(Operation op, Cluster cluster, Discovery discovery, BackupRequest request) {
    this.op = op;
    this.cluster = cluster;
    this.discovery = discovery;
    this.request = request;
  }

  /**
   * Whether volumes are snapshotted that no resource policy decides on.
   *
   * @param declined whether the pod's annotation keeps its files out of the backup
   */
  boolean wanted(boolean declined) {
    if (!request.snapshotsVolumes()) {
      return false;
    }
    boolean files = Boolean.TRUE.equals(request.spec().defaultVolumesToFsBackup());
    return !files
        || declined
            && (Boolean.TRUE.equals(request.spec().snapshotVolumes()) || request.movesData());
  }

  /**
   * Decides on one claim.
   *
   * @param volume its PersistentVolume; null if that may not be read
   * @param ofPolicy the class that a resource policy names; empty for none
   * @param user the pod that uses it
   * @param files whether that pod mounts all of it
   */
  Decision decide(
      ItemKey claim,
      ObjectNode object,
      @Nullable ObjectNode volume,
      VolumeInfo.@Nullable PersistentVolume volumeInfo,
      String ofPolicy,
      @Nullable VolumeTask user,
      boolean files) {
    if (discovery.find(SnapshotTypes.SNAPSHOTS).isEmpty()) {
      return new Cannot("the cluster serves no VolumeSnapshots");
    }
    String driver = driver(object, volume);
    if (driver.isEmpty()) {
      return new Cannot("its volume is not one of a CSI driver");
    }
    boolean local = !request.movesData();
    if (!local && user == null) {
      return new Cannot("no pod uses it, whose image could read the snapshot");
    }
    String right = lacking.computeIfAbsent(claim.namespace(), name -> lacking(name, local));
    if (!right.isEmpty()) {
      return new Cannot("a CSI snapshot of it needs the right to " + right);
    }
    String chosen;
    try {
      chosen =
          classes()
              .choose(
                  driver,
                  new SnapshotClasses.Wish(
                      object.at("/metadata/annotations"),
                      ofPolicy,
                      request.metadata().annotationsOrEmpty()));
    } catch (Failure.Absent | Failure.Invalid e) {
      return new Cannot(e.describe());
    }
    return new Take(
        new SnapshotTask(
            claim,
            object,
            driver,
            chosen,
            local,
            group(object),
            user,
            files,
            volume == null ? MissingNode.getInstance() : volume.at("/spec/nodeAffinity"),
            object.at("/spec/volumeName").asText(),
            volumeInfo));
  }

  private String group(ObjectNode claim) {
    String key = request.spec().volumeGroupSnapshotLabelKey();
    return key == null ? "" : Items.labels(claim).getOrDefault(key, "");
  }

  /** By its volume, or as far as that may not be read, by what the claim says who made it. */
  private static String driver(ObjectNode claim, @Nullable ObjectNode volume) {
    if (volume != null) {
      return volume.at("/spec/csi/driver").asText();
    }
    JsonNode annotations = claim.at("/metadata/annotations");
    String by = annotations.path(PROVISIONER).asText(annotations.path(OLD_PROVISIONER).asText());
    return by.startsWith("kubernetes.io/") ? "" : by;
  }

  synchronized SnapshotClasses classes() {
    SnapshotClasses known = classes;
    if (known == null) {
      known = SnapshotClasses.of(op, cluster, discovery);
      classes = known;
    }
    return known;
  }

  private record Right(String verb, GroupResource type, boolean everywhere) {}

  /** The first right that the caller lacks; empty if he has all. */
  private String lacking(String namespace, boolean local) {
    List<Right> rights =
        local
            ? List.of(
                new Right("create", SnapshotTypes.SNAPSHOTS, false),
                new Right("get", SnapshotTypes.SNAPSHOTS, false),
                new Right("delete", SnapshotTypes.SNAPSHOTS, false),
                new Right("get", SnapshotTypes.CONTENTS, true),
                new Right("patch", SnapshotTypes.CONTENTS, true),
                new Right("delete", SnapshotTypes.CONTENTS, true))
            : List.of(
                new Right("create", SnapshotTypes.SNAPSHOTS, false),
                new Right("get", SnapshotTypes.SNAPSHOTS, false),
                new Right("delete", SnapshotTypes.SNAPSHOTS, false),
                new Right("create", Relate.CLAIMS, false),
                new Right("delete", Relate.CLAIMS, false),
                new Right("create", Relate.PODS, false),
                new Right("delete", Relate.PODS, false));
    for (Right right : rights) {
      if (!cluster.may(op, right.verb(), right.type(), right.everywhere() ? "" : namespace)) {
        return right.verb()
            + " "
            + right.type()
            + (right.everywhere() ? " in the cluster" : " in namespace " + namespace);
      }
    }
    return "";
  }
}
