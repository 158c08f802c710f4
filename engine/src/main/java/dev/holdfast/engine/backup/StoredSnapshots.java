package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.ItemDecryption;
import dev.holdfast.archive.Manifest;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.DeleteOptions;
import dev.holdfast.cluster.Cluster.WriteOptions;
import dev.holdfast.engine.inspect.BackupReader;
import dev.holdfast.engine.inspect.Contents;
import dev.holdfast.engine.volume.SnapshotTypes;
import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Names;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import dev.holdfast.store.ObjectStore;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The CSI snapshots that backups keep in the storage of a cluster, and their deletion, which is
 * Velero's (velero.md 4.9): a content that names what is stored and says Delete is made, and
 * deleted, so that the driver deletes both.
 */
public final class StoredSnapshots {

  private static final Duration LOOK = Duration.ofMillis(300);
  private static final Duration ADOPTION = Duration.ofMinutes(1);
  private static final Duration DELETION = Duration.ofMinutes(10);

  /** With it the object stays until the driver has seen that it is to go. */
  private static final String PROTECTION =
      "snapshot.storage.kubernetes.io/volumesnapshotcontent-bound-protection";

  private final ObjectStore store;
  private final Cluster cluster;
  private final @Nullable ItemDecryption identities;
  private final Path scratch;

  /**
   * @param cluster in whose storage they are
   * @param identities for backups with encryption mode {@code all}; null without
   * @param scratch a folder for a scratch file
   */
  public StoredSnapshots(
      ObjectStore store, Cluster cluster, @Nullable ItemDecryption identities, Path scratch) {
    this.store = store;
    this.cluster = cluster;
    this.identities = identities;
    this.scratch = scratch;
  }

  /** Whether a volume's record is that of a snapshot which stayed in the storage. */
  static boolean local(VolumeInfo volume) {
    VolumeInfo.CsiSnapshot csi = volume.csiSnapshotInfo();
    return csi != null
        && "CSISnapshot".equals(volume.backupMethod())
        && !volume.snapshotDataMoved()
        && csi.snapshotHandle() != null
        && !csi.snapshotHandle().isEmpty();
  }

  /**
   * Deletes those of one backup; what is gone already is no error, so that it can be done again.
   *
   * @return how many there were
   * @throws Failure.Invalid if the backup is of another cluster
   * @throws Failure if one could not be deleted: the others may be
   */
  int delete(Operation op, String backup) {
    BackupReader reader = BackupReader.open(op, store, backup, identities);
    List<VolumeInfo> all = reader.volumes().stream().filter(StoredSnapshots::local).toList();
    if (all.isEmpty()) {
      return 0;
    }
    sameCluster(op, reader, backup);
    ResourceType type =
        cluster
            .discover(op)
            .find(SnapshotTypes.CONTENTS)
            .orElseThrow(() ->
                new Failure.Absent(
                    "The CSI snapshots of backup "
                        + backup
                        + " cannot be deleted: the cluster serves no VolumeSnapshotContents",
                    "use the context of the cluster whose storage has them, or --keep-snapshots",
                    null));
    for (ObjectNode content : contents(reader, all)) {
      create(op, type, content);
      adopted(op, type, content);
      remove(op, type, content);
    }
    return all.size();
  }

  private void sameCluster(Operation op, BackupReader reader, String backup) {
    String source = reader.manifest().map(Manifest::clusterId).orElse(null);
    String here = cluster.id(op);
    if (source != null && !here.isEmpty() && !source.equals(here)) {
      throw new Failure.Invalid(
          "The CSI snapshots of backup " + backup + " are in the storage of another cluster",
          "use that one's context, or --keep-snapshots to leave them there");
    }
  }

  /** Contents as they are to be made; the driver may need the annotations of the original. */
  private List<ObjectNode> contents(BackupReader reader, List<VolumeInfo> volumes) {
    List<ObjectNode> contents = new ArrayList<>();
    try (Contents items = reader.contents(scratch)) {
      for (VolumeInfo volume : volumes) {
        VolumeInfo.CsiSnapshot csi = volume.csiSnapshotInfo();
        if (csi != null) {
          contents.add(
              content(csi, String.valueOf(volume.pvcNamespace()), original(items, csi.vscName())));
        }
      }
    }
    return contents;
  }

  private static Optional<JsonNode> original(Contents items, String name) {
    OptionalInt place = items.find(new ItemKey(SnapshotTypes.CONTENTS, "", name));
    return place.isEmpty()
        ? Optional.empty()
        : items.json(place.getAsInt()).map(json -> Json.object(json, name));
  }

  private static ObjectNode content(
      VolumeInfo.CsiSnapshot csi, String namespace, Optional<JsonNode> original) {
    String name = "holdfast-delete-" + Names.sha256(csi.snapshotHandle()).substring(0, 16);
    ObjectNode content = Json.MAPPER.createObjectNode();
    ObjectNode metadata = content.putObject("metadata").put("name", name);
    metadata.putObject("labels").put("app.kubernetes.io/managed-by", "holdfast");
    metadata.putArray("finalizers").add(PROTECTION);
    original
        .map(each -> each.at("/metadata/annotations"))
        .ifPresent(annotations ->
            annotations.properties().stream()
                .filter(each -> each.getKey().startsWith("snapshot.storage.kubernetes.io/deletion"))
                .forEach(each ->
                    metadata
                        .withObject("/annotations")
                        .put(each.getKey(), each.getValue().asText())));
    ObjectNode spec = content.putObject("spec");
    spec.put("deletionPolicy", "Delete").put("driver", csi.driver());
    spec.putObject("source").put("snapshotHandle", csi.snapshotHandle());
    original
        .map(each -> each.at("/spec/sourceVolumeMode").asText())
        .filter(mode -> !mode.isEmpty())
        .ifPresent(mode -> spec.put("sourceVolumeMode", mode));
    spec.putObject("volumeSnapshotRef")
        .put("kind", "VolumeSnapshot")
        .put("name", name)
        .put("namespace", namespace);
    return content;
  }

  private void create(Operation op, ResourceType type, ObjectNode content) {
    content.put("apiVersion", type.apiVersion()).put("kind", type.kind());
    try {
      var _ = cluster.create(op, type, "", Json.bytes(content), WriteOptions.NONE);
    } catch (Failure.Conflict e) {
      // left by a deletion that was interrupted
    }
  }

  private static String name(ObjectNode content) {
    return content.at("/metadata/name").asText();
  }

  /** Waits until the driver knows it; one that it cannot find is gone. */
  private void adopted(Operation op, ResourceType type, ObjectNode content) {
    Instant end = op.now().plus(ADOPTION);
    while (op.now().isBefore(end)) {
      JsonNode status =
          cluster
              .get(op, type, "", name(content))
              .map(item -> Json.object(item.json(), item.name()).path("status"))
              .orElseGet(Json.MAPPER::createObjectNode);
      if (status.path("readyToUse").asBoolean() || status.has("error")) {
        return;
      }
      op.pause(LOOK);
    }
  }

  private void remove(Operation op, ResourceType type, ObjectNode content) {
    Instant end = op.now().plus(DELETION);
    try {
      cluster.delete(op, type, "", name(content), DeleteOptions.NONE);
    } catch (Failure.Absent e) {
      return;
    }
    while (true) {
      Optional<JsonNode> left =
          cluster
              .get(op, type, "", name(content))
              .map(item -> Json.object(item.json(), item.name()));
      if (left.isEmpty()) {
        return;
      }
      if (op.now().isAfter(end)) {
        throw new Failure.Unreachable(
            "The driver has not deleted CSI snapshot "
                + content.at("/spec/source/snapshotHandle").asText()
                + " within "
                + DELETION.toMinutes()
                + " minutes: "
                + left.get().at("/status/error/message").asText("it does not say why"),
            "the backup is still there; see VolumeSnapshotContent " + name(content),
            null);
      }
      op.pause(LOOK);
    }
  }
}
