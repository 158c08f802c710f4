package dev.holdfast.engine.backup;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.BackupKeys;
import dev.holdfast.engine.select.BackupRules;
import dev.holdfast.engine.select.TypeFilter;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GoDuration;
import dev.holdfast.model.Json;
import dev.holdfast.model.Names;
import dev.holdfast.model.Operation;
import dev.holdfast.model.velero.Backup;
import dev.holdfast.model.velero.ObjectMeta;
import dev.holdfast.model.velero.Times;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A Backup document that was found valid, with Velero's defaults filled in (velero.md 4.1).
 *
 * @param asked the spec as it was given: filters are judged by it, not by what defaults add
 */
record BackupRequest(
    String name,
    String namespace,
    String uid,
    ObjectMeta metadata,
    Backup.Spec asked,
    Backup.Spec spec,
    Instant started) {

  static final String EXCLUDE_LABEL = "velero.io/exclude-from-backup";
  private static final Duration TTL = Duration.ofDays(30);
  private static final Duration CSI_TIMEOUT = Duration.ofMinutes(10);
  private static final Duration OPERATION_TIMEOUT = Duration.ofHours(4);

  /**
   * @throws Failure.Invalid if the name or the spec is wrong; the message has every reason
   */
  static BackupRequest prepare(Operation op, Backup document) {
    ObjectMeta given = document.metadata();
    String name = given.name() == null ? "" : given.name();
    if (!Names.subdomain(name)) {
      throw new Failure.Invalid(
          "'" + name + "' cannot be the name of a backup",
          "use lower-case letters, digits, '-' and '.', at most 253 characters");
    }
    Backup.Spec asked = document.spec() == null ? Backup.Spec.empty() : document.spec();
    List<String> problems = BackupRules.problems(asked);
    if (!problems.isEmpty()) {
      throw new Failure.Invalid(
          "Backup '" + name + "' is not valid: " + String.join("; ", problems),
          "no backup was made; choose one way to say what is in it");
    }
    Instant now = op.now();
    String namespace = given.namespace() == null ? "velero" : given.namespace();
    String uid = new UUID(op.random().nextLong(), op.random().nextLong()).toString();
    Backup.Spec spec = withDefaults(asked);
    ObjectMeta metadata =
        ObjectMeta.named(namespace, name)
            .with(labels(given, spec), given.annotationsOrEmpty())
            .identified(uid, now);
    return new BackupRequest(name, namespace, uid, metadata, asked, spec, now);
  }

  BackupKeys keys() {
    return new BackupKeys(name);
  }

  Duration ttl() {
    return spec.ttl() == null ? TTL : spec.ttl().value();
  }

  boolean snapshotsVolumes() {
    return !Boolean.FALSE.equals(spec.snapshotVolumes());
  }

  /** How long a CSI snapshot may take until it holds. */
  Duration snapshotPatience() {
    return spec.csiSnapshotTimeout() == null ? CSI_TIMEOUT : spec.csiSnapshotTimeout().value();
  }

  /** How long it may take from then until it can be used. */
  Duration operationPatience() {
    return spec.itemOperationTimeout() == null
        ? OPERATION_TIMEOUT
        : spec.itemOperationTimeout().value();
  }

  /** Whether the content of CSI snapshots goes into the repository, instead of staying there. */
  boolean movesData() {
    return Boolean.TRUE.equals(spec.snapshotMoveData());
  }

  /** The document as it is stored. */
  Backup document(Backup.Status status, Discovery source) {
    return new Backup(
        Backup.API_VERSION,
        Backup.KIND,
        metadata.with(metadata.labels(), annotations(source)),
        spec,
        status);
  }

  private Map<String, String> annotations(Discovery source) {
    Map<String, String> annotations = new TreeMap<>(metadata.annotationsOrEmpty());
    String version = source.serverVersion();
    annotations.put("velero.io/source-cluster-k8s-gitversion", version);
    String[] parts = version.replaceFirst("^v", "").split("[.+-]", 3);
    annotations.put("velero.io/source-cluster-k8s-major-version", parts[0]);
    annotations.put("velero.io/source-cluster-k8s-minor-version", parts.length > 1 ? parts[1] : "");
    annotations.put("velero.io/resource-timeout", "10m0s");
    return annotations;
  }

  private static Map<String, String> labels(ObjectMeta given, Backup.Spec spec) {
    Map<String, String> labels = new TreeMap<>(given.labelsOrEmpty());
    if (spec.storageLocation() != null) {
      labels.put("velero.io/storage-location", Names.toLabelValue(spec.storageLocation()));
    }
    return labels;
  }

  private static Backup.Spec withDefaults(Backup.Spec asked) {
    ObjectNode spec = Json.tree(asked);
    defaultTo(spec, "ttl", asked.ttl(), TTL);
    defaultTo(spec, "csiSnapshotTimeout", asked.csiSnapshotTimeout(), CSI_TIMEOUT);
    defaultTo(spec, "itemOperationTimeout", asked.itemOperationTimeout(), OPERATION_TIMEOUT);
    if (asked.storageLocation() == null || asked.storageLocation().isEmpty()) {
      spec.put("storageLocation", "default");
    }
    if (asked.volumeGroupSnapshotLabelKey() == null) {
      spec.put("volumeGroupSnapshotLabelKey", "velero.io/volume-group");
    }
    if (asked.snapshotMoveData() == null) {
      spec.put("snapshotMoveData", false);
    }
    if (asked.defaultVolumesToFsBackup() == null) {
      spec.put("defaultVolumesToFsBackup", Boolean.TRUE.equals(asked.defaultVolumesToRestic()));
    }
    if (asked.includedNamespaces() == null || asked.includedNamespaces().isEmpty()) {
      spec.putArray("includedNamespaces").add("*");
    }
    excludeSnapshotTypes(spec, asked);
    try {
      return Json.MAPPER.treeToValue(spec, Backup.Spec.class);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A spec that was read cannot be read again", e);
    }
  }

  private static void defaultTo(
      ObjectNode spec, String field, @Nullable GoDuration given, Duration value) {
    if (given == null || given.value().isZero()) {
      spec.put(field, GoDuration.of(value).toString());
    }
  }

  /** Velero shows in the spec that objects of CSI snapshots come only with their volumes. */
  private static void excludeSnapshotTypes(ObjectNode spec, Backup.Spec asked) {
    String namespaced = TypeFilter.VOLUME_SNAPSHOTS.toString();
    String cluster = TypeFilter.VOLUME_SNAPSHOT_CONTENTS.toString();
    if (TypeFilter.usesOldSet(asked)) {
      append(spec, "excludedResources", asked.excludedResources(), List.of(namespaced, cluster));
    } else {
      append(
          spec,
          "excludedNamespaceScopedResources",
          asked.excludedNamespaceScopedResources(),
          List.of(namespaced));
      append(
          spec,
          "excludedClusterScopedResources",
          asked.excludedClusterScopedResources(),
          List.of(cluster));
    }
  }

  private static void append(
      ObjectNode spec, String field, @Nullable List<String> given, List<String> added) {
    List<String> all = new ArrayList<>(given == null ? List.of() : given);
    added.stream().filter(name -> !all.contains(name)).forEach(all::add);
    spec.set(field, Json.MAPPER.valueToTree(all));
  }

  /**
   * The status that a run ends with.
   *
   * @param snapshots how many CSI snapshots were to be kept
   * @param kept how many were
   * @param hooks the hookStatus; empty if none was run
   */
  Backup.Status status(
      String phase,
      Instant completed,
      int warnings,
      int errors,
      int items,
      @Nullable String failureReason,
      int snapshots,
      int kept,
      ObjectNode hooks) {
    return new Backup.Status(
        1,
        "1.1.0",
        Times.text(started.plus(ttl())),
        phase,
        null,
        null,
        Times.text(started),
        Times.text(completed),
        null,
        null,
        failureReason,
        warnings == 0 ? null : warnings,
        errors == 0 ? null : errors,
        new Backup.Progress(items, items),
        snapshots == 0 ? null : snapshots,
        kept == 0 ? null : kept,
        null,
        null,
        null,
        hooks);
  }
}
