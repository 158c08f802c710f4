package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.Results;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.spool.Spool;
import dev.holdfast.engine.volume.MoverOptions;
import dev.holdfast.engine.volume.SavedVolumes;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a backup would hold, and which way each volume would go. Reads the cluster, and writes
 * neither there nor to the location.
 *
 * @param items how many of each type
 * @param results what would be missing
 */
public record BackupPlan(
    String backup, Map<String, Integer> items, List<Volume> volumes, Results results) {

  public BackupPlan {
    items = new TreeMap<>(items);
    volumes = List.copyOf(volumes);
  }

  /**
   * A volume.
   *
   * @param name {@code NAMESPACE/CLAIM} or {@code NAMESPACE/POD/VOLUME}
   * @param way a few words
   */
  public record Volume(String name, String way) {}

  /** Draws it up for what {@link BackupRun} would take. */
  public static BackupPlan draw(
      Operation op, Cluster cluster, BackupOptions options, Progress progress) {
    BackupRequest request = BackupRequest.prepare(op, options.document());
    RunReport report = new RunReport(op, request, progress);
    Findings findings = report.findings();
    progress.phase("select");
    Selection selection = new Select(cluster, request.asked(), findings).select(op);
    try (Spool spool = Spool.create(options.scratch())) {
      try (Changes changes = new Changes(op, cluster, spool, findings)) {
        progress.phase("collect");
        new Collect(cluster, selection, spool, changes, findings, progress)
            .collect(op, options.parallel());
      }
      progress.phase("relate");
      new Relate(cluster, selection, spool, findings).relate(op, options.parallel());
      var csi = new SnapshotChoices(op, cluster, selection.discovery(), request);
      var choices = new VolumeChoices(request, spool, findings, options.volumes(), csi).choose();
      Map<String, Integer> items = new TreeMap<>();
      for (int number = 0; number < spool.size(); number++) {
        items.merge(spool.key(number).type().toString(), 1, Integer::sum);
      }
      return new BackupPlan(
          request.name(), items, volumes(choices, options.volumes().mover()), findings.results());
    }
  }

  private static List<Volume> volumes(VolumeChoices choices, MoverOptions mover) {
    List<Volume> volumes = new ArrayList<>();
    for (VolumeTask task : choices.tasks()) {
      String claim = task.claim();
      String namespace = task.pod().namespace();
      String name = claim == null ? task.pod().name() + "/" + task.volume() : claim;
      String exec =
          (task.device() ? "cat" : "tar")
              + " in container "
              + task.container()
              + " of pod "
              + task.pod().name();
      if (!mover.kubelet().isEmpty() && !task.onNode().isEmpty()) {
        String node = "by a mover pod from the kubelet's directory on " + task.node();
        exec = task.whole() ? exec + ", or without a tar there " + node : node;
      }
      boolean pod = mover.pods() && claim != null && !task.exclusive();
      String way =
          pod
              ? "by a mover pod on " + task.node() + ", or by " + exec + " if that does not run"
              : task.whole() ? "by " + exec : exec;
      volumes.add(
          new Volume(namespace + "/" + name, task.device() ? "as a block device, " + way : way));
    }
    for (SnapshotTask task : choices.snapshots()) {
      volumes.add(
          new Volume(
              task.claim().namespace() + "/" + task.claim().name(),
              "by a CSI snapshot, "
                  + (task.local() ? "kept where it is" : "whose content is moved")));
    }
    for (ClaimTask task : choices.claims()) {
      volumes.add(
          new Volume(
              task.claim().namespace() + "/" + task.claim().name(),
              "by a mover pod: no pod of the backup uses it"));
    }
    for (VolumeInfo skipped : choices.skipped()) {
      volumes.add(new Volume(SavedVolumes.name(skipped), "not saved: " + skipped.skippedReason()));
    }
    volumes.sort(Comparator.comparing(Volume::name));
    return volumes;
  }

  /** One JSON document: {@code backup}, {@code items}, {@code volumes}, {@code errors}. */
  public ObjectNode json() {
    ObjectNode json = Json.MAPPER.createObjectNode().put("backup", backup);
    ObjectNode counts = json.putObject("items");
    items.forEach(counts::put);
    ArrayNode ways = json.putArray("volumes");
    volumes.forEach(
        volume -> ways.addObject().put("volume", volume.name()).put("way", volume.way()));
    results.errors().all().forEach(json.putArray("errors")::add);
    return json;
  }
}
