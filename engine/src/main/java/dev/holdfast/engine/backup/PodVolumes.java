package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.Manifest;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.volume.ExecMover;
import dev.holdfast.engine.volume.VolumeRepositories;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.model.velero.Times;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.backup.BackupProgress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Saves volumes and records them as Velero does its pod volume backups (velero.md 1.3, 3.8, 4.11).
 * A volume that cannot be saved is an error and a failed record; the others go on. Thread-safe.
 */
final class PodVolumes {

  /** What Velero's record says of one that is saved. */
  private static final String DEVICE =
      "a block device is no pod volume backup; its content is in holdfast's manifest";

  private final Movers movers;
  private final @Nullable VolumeRepositories repositories;
  private final BackupRequest request;
  private final Findings findings;
  private final Progress progress;
  private final List<Entry> records = new ArrayList<>();

  /** What became of one volume; {@code saved} is null if it failed. */
  private record Entry(
      VolumeTask task,
      ExecMover.@Nullable Saved saved,
      String problem,
      Instant start,
      Instant end) {}

  /**
   * @param repositories null if nothing is to be saved
   */
  PodVolumes(
      Movers movers,
      @Nullable VolumeRepositories repositories,
      BackupRequest request,
      Findings findings,
      Progress progress) {
    this.movers = movers;
    this.repositories = repositories;
    this.request = request;
    this.findings = findings;
    this.progress = progress;
  }

  /** One way of getting a volume's content into a repository. */
  @FunctionalInterface
  interface Way {
    Movers.Moved move(
        Repository repository,
        Repository.Identity identity,
        List<String> tags,
        BackupProgress progress);
  }

  /**
   * Gets ready what a block's volumes need, so that the block is not frozen for that. What cannot
   * be had is told when they are saved; only a cancellation is thrown.
   */
  void prepare(Operation op, Block block) {
    VolumeRepositories all = repositories;
    if (all == null || block.pods().stream().allMatch(pod -> pod.volumes().isEmpty())) {
      return;
    }
    String namespace = block.pods().getFirst().key().namespace();
    var _ =
        op.<Boolean>all(
            List.of(
                () -> {
                  movers.prepare(op, block);
                  return true;
                },
                () -> {
                  try {
                    movers.prepare(op, all.openOrInit(op, namespace));
                  } catch (Failure.Cancelled e) {
                    throw e;
                  } catch (Failure e) {
                    return false; // opened again, and told, by each that is saved
                  }
                  return true;
                }));
  }

  /** Saves one volume through the pods that use it. Only a cancellation is thrown. */
  void save(Operation op, VolumeTask task) {
    save(
        op,
        task,
        op.now(),
        (repository, identity, tags, counting) ->
            movers.save(op, task, repository, identity, tags, counting));
  }

  /**
   * Saves one volume. Only a cancellation is thrown.
   *
   * @param start of when its content is
   */
  void save(Operation op, VolumeTask task, Instant start, Way way) {
    if (repositories == null) {
      throw new IllegalStateException("No repository to save " + task.text() + " in");
    }
    try {
      Movers.Moved moved =
          way.move(
              repositories.openOrInit(op, task.pod().namespace()),
              repositories.identity(),
              tags(task).entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList(),
              new CountedReads(progress));
      tell(task, moved);
      add(new Entry(task, moved.saved(), "", start, op.now()));
    } catch (Failure.Cancelled e) {
      throw e;
    } catch (Failure e) {
      fail(task, e.describe(), start, op.now());
    }
  }

  /** Records a volume that is not saved because its pod's hooks failed. */
  void leave(VolumeTask task) {
    fail(task, "a pre hook of its pod failed", request.started(), request.started());
  }

  /** Records a volume that could not be saved. */
  void fail(VolumeTask task, String why, Instant start, Instant end) {
    add(failed(task, why, start, end));
  }

  private Entry failed(VolumeTask task, String why, Instant start, Instant end) {
    findings.error(
        Findings.About.item(task.pod()),
        "the data of " + task.text() + " is not in the backup: " + why);
    return new Entry(task, null, why, start, end);
  }

  private synchronized void add(Entry record) {
    records.add(record);
  }

  private void tell(VolumeTask task, Movers.Moved moved) {
    ExecMover.Saved saved = moved.saved();
    Findings.About about = Findings.About.item(task.pod());
    findings.info(
        about,
        task.text()
            + " saved by "
            + moved.way()
            + ": "
            + saved.files()
            + " files, "
            + saved.bytes()
            + " bytes, "
            + saved.added()
            + " new; snapshot "
            + saved.snapshot());
    if (!saved.changed().isEmpty()) {
      findings.warning(
          about, "files of " + task.text() + " changed while they were read: " + saved.changed());
    }
    if (!saved.unread().isEmpty()) {
      findings.error(about, "files of " + task.text() + " could not be read: " + saved.unread());
    }
  }

  private Map<String, String> tags(VolumeTask task) {
    Map<String, String> tags = new LinkedHashMap<>();
    tags.put("backup", request.name());
    tags.put("backup-uid", request.uid());
    tags.put("ns", task.pod().namespace());
    tags.put("pod", task.pod().name());
    tags.put("pod-uid", task.podUid());
    if (!task.claimUid().isEmpty()) {
      tags.put("pvc-uid", task.claimUid());
    }
    tags.put("volume", task.volume());
    return tags;
  }

  /**
   * Reads back from the store what was saved. What cannot be relied on becomes an error and a
   * failed record.
   */
  synchronized void verify(Operation op) {
    records.sort(
        Comparator.comparing((Entry r) -> r.task().pod()).thenComparing(r -> r.task().volume()));
    if (repositories == null) {
      return;
    }
    Map<Id, String> broken =
        repositories.verify(op, records.stream().mapMulti(PodVolumes::written));
    records.replaceAll(record -> {
      String why = record.saved() == null ? null : broken.get(record.saved().snapshot());
      return why == null ? record : failed(record.task(), why, record.start(), record.end());
    });
  }

  private static void written(Entry record, Consumer<VolumeRepositories.Written> sink) {
    if (record.saved() != null) {
      sink.accept(
          new VolumeRepositories.Written(
              record.task().pod().namespace(), record.saved().snapshot()));
    }
  }

  /** For {@code N-volumeinfo.json.gz}. */
  synchronized List<VolumeInfo> infos() {
    return records.stream().map(PodVolumes::info).toList();
  }

  private static VolumeInfo info(Entry record) {
    VolumeTask task = record.task();
    ExecMover.Saved saved = record.saved();
    if (task.device()) {
      return VolumeInfo.skipped(
          task.claim(),
          task.pod().namespace(),
          task.persistentVolume(),
          saved == null ? record.problem() : DEVICE,
          task.persistentVolumeInfo());
    }
    return new VolumeInfo(
        task.claim(),
        task.claim() == null ? null : task.pod().namespace(),
        task.persistentVolume(),
        "PodVolumeBackup",
        false,
        false,
        false,
        null,
        Times.text(record.start()),
        Times.text(record.end()),
        saved == null ? "failed" : "succeeded",
        null,
        null,
        null,
        new VolumeInfo.PodVolume(
            saved == null ? null : saved.snapshot().toString(),
            saved == null ? 0 : saved.bytes(),
            saved == null ? 0 : saved.added(),
            "restic",
            task.volume(),
            task.pod().name(),
            task.pod().namespace(),
            task.node(),
            saved == null ? "Failed" : "Completed"),
        task.persistentVolumeInfo());
  }

  /** For the manifest: what is saved. */
  synchronized List<Manifest.Volume> manifest() {
    List<Manifest.Volume> volumes = new ArrayList<>();
    for (Entry record : records) {
      VolumeTask task = record.task();
      ExecMover.Saved saved = record.saved();
      if (saved != null) {
        volumes.add(
            new Manifest.Volume(
                task.pod().namespace(),
                task.claim(),
                task.pod().name(),
                task.volume(),
                VolumeRepositories.folder(task.pod().namespace()),
                saved.snapshot().toString(),
                saved.tree().toString(),
                saved.files(),
                saved.bytes()));
      }
    }
    return volumes;
  }

  /** For {@code N-podvolumebackups.json.gz}: Velero would not find devices where it looks. */
  synchronized List<ObjectNode> podVolumeBackups() {
    List<ObjectNode> documents = new ArrayList<>();
    for (Entry record : records) {
      if (!record.task().device()) {
        documents.add(document(record, documents.size()));
      }
    }
    return documents;
  }

  private ObjectNode document(Entry record, int number) {
    VolumeTask task = record.task();
    ExecMover.Saved saved = record.saved();
    var document = new PodVolumeBackupDocument(request, task, number);
    return document.write(
        tags(task),
        saved == null ? "Failed" : "Completed",
        record.start(),
        record.end(),
        saved == null ? record.problem() : "",
        saved);
  }
}
