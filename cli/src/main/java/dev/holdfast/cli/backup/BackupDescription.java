package dev.holdfast.cli.backup;

import dev.holdfast.archive.Manifest;
import dev.holdfast.archive.ResourceList;
import dev.holdfast.archive.Results;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.cli.document.Text;
import dev.holdfast.cli.output.Description;
import dev.holdfast.cli.output.Style;
import dev.holdfast.cli.output.Units;
import dev.holdfast.engine.inspect.BackupReader;
import dev.holdfast.engine.volume.SavedVolumes;
import dev.holdfast.model.GoDuration;
import dev.holdfast.model.velero.Backup;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What {@code backup describe} prints: Velero's blocks in Velero's order (velero.md 6.3). */
final class BackupDescription {

  private final BackupReader reader;
  private final Backup backup;
  private final Backup.Spec spec;
  private final Backup.@Nullable Status status;

  BackupDescription(BackupReader reader) {
    this.reader = reader;
    this.backup = reader.document();
    this.spec = Objects.requireNonNullElseGet(backup.spec(), Backup.Spec::empty);
    this.status = backup.status();
  }

  /**
   * @param items null unless details are wanted
   */
  void print(
      PrintWriter out,
      Style style,
      Results results,
      List<VolumeInfo> volumes,
      @Nullable ResourceList items) {
    Description text = new Description(out);
    head(text, style, results);
    what(text);
    how(text);
    when(text);
    stored(text);
    if (items != null) {
      text.section("Resource List", lines(items));
    }
    text.section("Backup Volumes", volumes.stream().map(BackupDescription::line).toList());
  }

  private void head(Description text, Style style, Results results) {
    text.line("Name", backup.metadata().name());
    text.line("Namespace", Objects.requireNonNullElse(backup.metadata().namespace(), "velero"));
    text.lines("Labels", new TreeMap<>(backup.metadata().labelsOrEmpty()));
    text.lines("Annotations", new TreeMap<>(backup.metadata().annotationsOrEmpty())).end();
    String phase = status == null || status.phase() == null ? "New" : status.phase();
    text.line("Phase", style.phase(phase)).end();
    if (status != null && status.failureReason() != null) {
      text.section("Failure", List.of(status.failureReason()));
    }
    if (status != null && status.validationErrors() != null) {
      text.section("Validation errors", status.validationErrors());
    }
    if (results.errors().count() > 0) {
      text.section("Errors", Text.results(results.errors()));
    }
    if (results.warnings().count() > 0) {
      text.section("Warnings", Text.results(results.warnings()));
    }
  }

  private void what(Description text) {
    text.section(
        "Namespaces",
        List.of(
            "Included:  " + Text.list(spec.includedNamespaces(), "*"),
            "Excluded:  " + Text.list(spec.excludedNamespaces(), "<none>")));
    text.section("Resources", scoped() ? scopedTypes() : types());
    text.line("Label selector", Text.selector(spec.labelSelector())).end();
    text.line("Or label selector", Text.selectors(spec.orLabelSelectors())).end();
  }

  private boolean scoped() {
    return spec.includedClusterScopedResources() != null
        || spec.excludedClusterScopedResources() != null
        || spec.includedNamespaceScopedResources() != null
        || spec.excludedNamespaceScopedResources() != null;
  }

  private List<String> types() {
    return List.of(
        "Included:        " + Text.list(spec.includedResources(), "*"),
        "Excluded:        " + Text.list(spec.excludedResources(), "<none>"),
        "Cluster-scoped:  " + Text.choice(spec.includeClusterResources(), "included", "excluded"));
  }

  private List<String> scopedTypes() {
    return List.of(
        "Included cluster-scoped:    " + Text.list(spec.includedClusterScopedResources(), "<none>"),
        "Excluded cluster-scoped:    " + Text.list(spec.excludedClusterScopedResources(), "<none>"),
        "Included namespace-scoped:  " + Text.list(spec.includedNamespaceScopedResources(), "*"),
        "Excluded namespace-scoped:  "
            + Text.list(spec.excludedNamespaceScopedResources(), "<none>"));
  }

  private void how(Description text) {
    text.line("Storage Location", Objects.requireNonNullElse(spec.storageLocation(), "default"));
    text.end();
    text.line("Velero-Native Snapshot PVs", Text.choice(spec.snapshotVolumes(), "true", "false"));
    text.line("File System Backup (Default)", Boolean.TRUE.equals(spec.defaultVolumesToFsBackup()));
    text.line("Snapshot Move Data", Boolean.TRUE.equals(spec.snapshotMoveData()));
    text.line("Data Mover", Objects.requireNonNullElse(spec.datamover(), "velero")).end();
    text.line("TTL", duration(spec.ttl())).end();
    text.line("CSISnapshotTimeout", duration(spec.csiSnapshotTimeout()));
    text.line("ItemOperationTimeout", duration(spec.itemOperationTimeout())).end();
    text.line("Hooks", spec.hooks() == null || spec.hooks().isEmpty() ? "<none>" : spec.hooks());
    text.end();
    Map<String, String> ordered = spec.orderedResources();
    if (ordered != null && !ordered.isEmpty()) {
      text.lines("OrderedResources", new TreeMap<>(ordered)).end();
    }
  }

  private void when(Description text) {
    if (status == null) {
      return;
    }
    text.line("Backup Format Version", Objects.requireNonNullElse(status.formatVersion(), ""));
    text.end();
    text.line("Started", Text.time(status.startTimestamp()));
    text.line("Completed", Text.time(status.completionTimestamp())).end();
    text.line("Expiration", Text.time(status.expiration())).end();
    if (status.progress() != null) {
      text.line("Total items to be backed up", Text.count(status.progress().totalItems()));
      text.line("Items backed up", Text.count(status.progress().itemsBackedUp())).end();
    }
  }

  /** What Velero's describe has no word for. */
  private void stored(Description text) {
    Manifest manifest = reader.manifest().orElse(null);
    int files = reader.present().size();
    text.line("Size", Units.bytes(reader.bytes()) + " in " + Units.count(files, "file"));
    Manifest.Encryption encryption = manifest == null ? null : manifest.encryption();
    text.line("Encryption", encryption == null ? "<none>" : encrypted(encryption));
    text.line("Signed by", reader.signedBy().map(BackupDescription::signed).orElse("<none>"));
    text.line("Written by", manifest == null ? "Velero" : manifest.writer()).end();
  }

  private static String encrypted(Manifest.Encryption encryption) {
    return encryption.mode() + ", to " + String.join(", ", encryption.recipients());
  }

  private static String signed(String fingerprint) {
    return fingerprint + " (not checked: 'backup verify --allowed-signers' does)";
  }

  private static String duration(@Nullable GoDuration duration) {
    return duration == null ? "<none>" : duration.toString();
  }

  private static List<String> lines(ResourceList items) {
    List<String> lines = new ArrayList<>();
    items
        .byType()
        .forEach((type, names) -> {
          lines.add(type + ":");
          names.forEach(name -> lines.add("  - " + name));
        });
    return lines;
  }

  private static String line(VolumeInfo volume) {
    String name = SavedVolumes.name(volume);
    if (volume.skippedReason() != null && !volume.skippedReason().isEmpty()) {
      return name + ": skipped, " + volume.skippedReason();
    }
    VolumeInfo.CsiSnapshot csi = volume.csiSnapshotInfo();
    if (csi != null && csi.snapshotHandle() != null && !csi.snapshotHandle().isEmpty()) {
      name += ": CSI snapshot " + csi.snapshotHandle() + " of " + csi.driver();
      return name + (volume.snapshotDataMoved() ? ", moved" : ", kept in its storage");
    }
    return name
        + ": "
        + Objects.requireNonNullElse(volume.backupMethod(), "?")
        + " "
        + Objects.requireNonNullElse(volume.result(), "");
  }
}
