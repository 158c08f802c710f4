package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.engine.volume.ExecMover;
import dev.holdfast.engine.volume.VolumeRepositories;
import dev.holdfast.model.Json;
import dev.holdfast.model.Names;
import dev.holdfast.model.velero.Backup;
import dev.holdfast.model.velero.Times;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A PodVolumeBackup as Velero keeps it beside a backup (velero.md 3.8). */
final class PodVolumeBackupDocument {

  private final BackupRequest request;
  private final VolumeTask task;
  private final String name;

  /**
   * @param number of the volume in its backup, for the name
   */
  PodVolumeBackupDocument(BackupRequest request, VolumeTask task, int number) {
    this.request = request;
    this.task = task;
    this.name = request.name() + "-" + suffix(number);
  }

  /** Five characters, as Kubernetes generates them, the same for the same volume of a backup. */
  private String suffix(int number) {
    String text = request.uid() + "/" + number;
    return Names.sha256(text.getBytes(StandardCharsets.UTF_8)).substring(0, 5);
  }

  ObjectNode write(
      Map<String, String> tags,
      String phase,
      Instant start,
      Instant end,
      String message,
      ExecMover.@Nullable Saved saved) {
    ObjectNode document = Json.MAPPER.createObjectNode();
    document.put("kind", "PodVolumeBackup").put("apiVersion", Backup.API_VERSION);
    metadata(document.putObject("metadata"), start);
    ObjectNode spec = document.putObject("spec");
    spec.put("node", task.node());
    spec.putObject("pod")
        .put("kind", "Pod")
        .put("namespace", task.pod().namespace())
        .put("name", task.pod().name())
        .put("uid", task.podUid());
    spec.put("volume", task.volume());
    spec.put("backupStorageLocation", request.spec().storageLocation());
    spec.put("repoIdentifier", VolumeRepositories.folder(task.pod().namespace()));
    spec.put("uploaderType", "restic");
    tags.forEach(spec.putObject("tags")::put);
    ObjectNode status = document.putObject("status").put("phase", phase);
    status.put("path", task.path());
    if (saved != null) {
      status.put("snapshotID", saved.snapshot().toString());
      status.putObject("progress").put("totalBytes", saved.bytes()).put("bytesDone", saved.bytes());
    } else {
      status.put("message", message).putObject("progress");
    }
    status.put("startTimestamp", Times.text(start)).put("completionTimestamp", Times.text(end));
    return document;
  }

  private void metadata(ObjectNode metadata, Instant created) {
    metadata.put("name", name).put("generateName", request.name() + "-");
    metadata.put("namespace", request.namespace());
    metadata.put(
        "uid",
        UUID.nameUUIDFromBytes((request.uid() + name).getBytes(StandardCharsets.UTF_8)).toString());
    metadata.put("creationTimestamp", Times.text(created));
    ObjectNode labels = metadata.putObject("labels");
    labels.put("velero.io/backup-name", Names.toLabelValue(request.name()));
    labels.put("velero.io/backup-uid", request.uid());
    if (!task.claimUid().isEmpty()) {
      labels.put("velero.io/pvc-uid", task.claimUid());
    }
    if (task.claim() != null) {
      metadata.putObject("annotations").put("velero.io/pvc-name", task.claim());
    }
    metadata
        .putArray("ownerReferences")
        .addObject()
        .put("apiVersion", Backup.API_VERSION)
        .put("kind", Backup.KIND)
        .put("name", request.name())
        .put("uid", request.uid())
        .put("controller", true);
  }
}
