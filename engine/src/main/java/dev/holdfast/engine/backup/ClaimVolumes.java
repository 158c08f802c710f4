package dev.holdfast.engine.backup;

import dev.holdfast.archive.Manifest;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.volume.ExecMover;
import dev.holdfast.engine.volume.VolumeRepositories;
import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Saves claims that no pod of the backup uses. Velero's pod volume backups belong to pods, so that
 * its records call such a claim skipped; our manifest has its snapshot. Thread-safe.
 */
final class ClaimVolumes {

  /** What Velero's record says of one that is saved. */
  private static final String SAVED =
      "no pod of the backup uses it, so that it is no pod volume backup; its files are in"
          + " holdfast's manifest";

  private final Movers movers;
  private final @Nullable VolumeRepositories repositories;
  private final BackupRequest request;
  private final Findings findings;
  private final Progress progress;
  private final List<Entry> entries = new ArrayList<>();

  /** What became of one; {@code saved} is null if it failed. */
  private record Entry(ClaimTask task, ExecMover.@Nullable Saved saved, String problem) {}

  ClaimVolumes(
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

  /** Saves one. Only a cancellation is thrown. */
  void save(Operation op, ClaimTask task) {
    if (repositories == null) {
      throw new IllegalStateException("No repository to save " + task.claim() + " in");
    }
    ItemKey claim = task.claim();
    List<String> tags =
        List.of(
            "backup=" + request.name(),
            "backup-uid=" + request.uid(),
            "ns=" + claim.namespace(),
            "pvc=" + claim.name(),
            "pvc-uid=" + task.uid());
    try {
      ExecMover.Saved saved =
          movers.save(
              op,
              task,
              repositories.openOrInit(op, claim.namespace()),
              repositories.identity(),
              tags,
              new CountedReads(progress));
      findings.info(
          Findings.About.item(claim),
          "saved by mover pod: %d files, %d bytes, %d new; snapshot %s"
              .formatted(saved.files(), saved.bytes(), saved.added(), saved.snapshot()));
      if (!saved.unread().isEmpty()) {
        findings.error(
            Findings.About.item(claim), "files of it could not be read: " + saved.unread());
      }
      add(new Entry(task, saved, ""));
    } catch (Failure.Cancelled e) {
      throw e;
    } catch (Failure e) {
      add(failed(task, e.describe()));
    }
  }

  private synchronized void add(Entry entry) {
    entries.add(entry);
  }

  private Entry failed(ClaimTask task, String why) {
    findings.error(
        Findings.About.item(task.claim()),
        "the data of volume " + task.persistentVolume() + " is not in the backup: " + why);
    return new Entry(task, null, why);
  }

  /** Reads back from the store what was saved; what cannot be relied on is not saved. */
  synchronized void verify(Operation op) {
    entries.sort(Comparator.comparing(entry -> entry.task().claim()));
    if (repositories == null) {
      return;
    }
    Map<Id, String> broken =
        repositories.verify(op, entries.stream().mapMulti(ClaimVolumes::written));
    entries.replaceAll(entry -> {
      String why = entry.saved() == null ? null : broken.get(entry.saved().snapshot());
      return why == null ? entry : failed(entry.task(), why);
    });
  }

  private static void written(Entry entry, Consumer<VolumeRepositories.Written> sink) {
    if (entry.saved() != null) {
      sink.accept(
          new VolumeRepositories.Written(
              entry.task().claim().namespace(), entry.saved().snapshot()));
    }
  }

  /** For {@code N-volumeinfo.json.gz}. */
  synchronized List<VolumeInfo> infos() {
    return entries.stream()
        .map(entry ->
            VolumeInfo.skipped(
                entry.task().claim().name(),
                entry.task().claim().namespace(),
                entry.task().persistentVolume(),
                entry.saved() == null ? entry.problem() : SAVED,
                entry.task().persistentVolumeInfo()))
        .toList();
  }

  /** For the manifest: what is saved. */
  synchronized List<Manifest.Volume> manifest() {
    List<Manifest.Volume> volumes = new ArrayList<>();
    for (Entry entry : entries) {
      ExecMover.Saved saved = entry.saved();
      if (saved != null) {
        ItemKey claim = entry.task().claim();
        volumes.add(
            new Manifest.Volume(
                claim.namespace(),
                claim.name(),
                null,
                null,
                VolumeRepositories.folder(claim.namespace()),
                saved.snapshot().toString(),
                saved.tree().toString(),
                saved.files(),
                saved.bytes()));
      }
    }
    return volumes;
  }
}
