package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.Documents;
import dev.holdfast.archive.Index;
import dev.holdfast.archive.IndexEntry;
import dev.holdfast.archive.Manifest;
import dev.holdfast.archive.ResourceList;
import dev.holdfast.archive.Results;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Names;
import dev.holdfast.model.Operation;
import dev.holdfast.model.velero.Backup;
import dev.holdfast.model.velero.Times;
import dev.holdfast.store.ObjectStore;
import java.io.ByteArrayOutputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The last stage: records, index, manifest, signature, and then, once, {@code velero-backup.json},
 * which makes the backup exist.
 */
final class Publish {

  private final Operation op;
  private final ObjectStore store;
  private final BackupRequest request;
  private final RunClaim claim;
  private final Records records;
  private final RunReport report;

  Publish(
      Operation op,
      ObjectStore store,
      BackupRequest request,
      RunClaim claim,
      Records records,
      RunReport report) {
    this.op = op;
    this.store = store;
    this.request = request;
    this.claim = claim;
    this.records = records;
    this.report = report;
  }

  /**
   * @param identity what the manifest says about cluster, writer and encryption
   */
  Backup publish(Index index, Volumes volumes, Discovery source, Identity identity) {
    Results results = report.findings().results();
    String phase = results.errors().count() > 0 ? "PartiallyFailed" : "Completed";
    report.findings().info(Findings.About.RUN, "backed up " + index.size() + " items: " + phase);
    Backup document =
        request.document(
            request.status(
                phase,
                op.now(),
                results.warnings().count(),
                results.errors().count(),
                index.size(),
                null,
                volumes.snapshots().attempted(),
                volumes.snapshots().completed(),
                volumes.hookStatus()),
            source);
    BackupKeys keys = request.keys();
    records.put(keys.logs(), report.closeLog());
    records.put(keys.results(), results.toBytes());
    records.put(keys.resourceList(), resourceList(index).toBytes());
    records.put(keys.volumeInfo(), VolumeInfo.toBytes(volumes.infos()));
    records.put(keys.podVolumeBackups(), Documents.all(volumes.podVolumeBackups()));
    records.put(keys.volumeSnapshots(), Documents.all(List.of()));
    volumes.putSnapshots(records, keys);
    records.put(keys.itemOperations(), Documents.all(List.of()));
    records.put(keys.index(), bytes(index));
    byte[] last = Documents.backup(document);
    byte[] manifest = manifest(last, volumes, source, identity).toBytes();
    records.put(keys.manifest(), manifest);
    byte[] signature = identity.sealing().sign(manifest);
    if (signature != null) {
      records.put(keys.manifestSignature(), signature);
    }
    claim.requireHeld();
    if (!store.putIfAbsent(op, keys.backupJson(), last)) {
      throw new Failure.Conflict(
          "Backup '" + request.name() + "' came to exist while this run was writing it",
          "another run published it; this one was not published",
          null);
    }
    return document;
  }

  /**
   * What hooks and movers did.
   *
   * @param snapshots that stay in the storage
   * @param hooks how many were run
   */
  record Volumes(
      List<VolumeInfo> infos,
      List<ObjectNode> podVolumeBackups,
      List<Manifest.Volume> manifest,
      LocalSnapshots snapshots,
      int hooks,
      int failedHooks) {

    /** Only where there are some: up to Velero 1.16 they stand beside the items, too. */
    private void putSnapshots(Records records, BackupKeys keys) {
      if (snapshots.completed() > 0) {
        records.put(keys.csiVolumeSnapshots(), Documents.all(snapshots.snapshots()));
        records.put(keys.csiVolumeSnapshotContents(), Documents.all(snapshots.contents()));
        records.put(keys.csiVolumeSnapshotClasses(), Documents.all(snapshots.classes()));
      }
    }

    private ObjectNode hookStatus() {
      ObjectNode status = Json.MAPPER.createObjectNode();
      if (hooks > 0) {
        status.put("hooksAttempted", hooks);
      }
      if (failedHooks > 0) {
        status.put("hooksFailed", failedHooks);
      }
      return status;
    }
  }

  /**
   * @param clusterId the uid of kube-system, or empty
   * @param writer {@code holdfast/VERSION}
   */
  record Identity(String clusterId, String writer, Sealing sealing) {}

  private Manifest manifest(byte[] last, Volumes volumes, Discovery source, Identity identity) {
    Map<String, Manifest.Key> keys = new HashMap<>(records.written());
    keys.put(
        request.keys().relative(request.keys().backupJson()),
        new Manifest.Key(last.length, Names.sha256(last)));
    return Manifest.create(
        request.name(),
        request.uid(),
        claim.run(),
        identity.writer(),
        Times.text(op.now()),
        identity.clusterId().isEmpty() ? null : identity.clusterId(),
        identity.sealing().description(),
        keys,
        volumes.manifest(),
        source);
  }

  private static ResourceList resourceList(Index index) {
    ResourceList.Builder list = new ResourceList.Builder();
    for (IndexEntry entry : index) {
      list.add(entry.apiVersion(), entry.kind(), entry.key().namespace(), entry.key().name());
    }
    return list.build();
  }

  private static byte[] bytes(Index index) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    index.write(bytes);
    return bytes.toByteArray();
  }
}
