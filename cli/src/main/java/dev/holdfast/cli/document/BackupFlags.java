package dev.holdfast.cli.document;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GoDuration;
import dev.holdfast.model.Json;
import dev.holdfast.model.Names;
import dev.holdfast.model.velero.Backup;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Velero's flags of {@code backup create}, and the Backup document that they make. */
public final class BackupFlags {

  @Mixin final SelectionFlags selection = new SelectionFlags();

  @Option(
      names = "--include-cluster-scoped-resources",
      split = ",",
      paramLabel = "TYPE",
      description = "Cluster-scoped types to include; '*' for all. Not with the older filters.")
  @Nullable List<String> includeClusterScoped;

  @Option(
      names = "--exclude-cluster-scoped-resources",
      split = ",",
      paramLabel = "TYPE",
      description = "Cluster-scoped types to leave out.")
  @Nullable List<String> excludeClusterScoped;

  @Option(
      names = "--include-namespace-scoped-resources",
      split = ",",
      paramLabel = "TYPE",
      description = "Namespaced types to include.")
  @Nullable List<String> includeNamespaceScoped;

  @Option(
      names = "--exclude-namespace-scoped-resources",
      split = ",",
      paramLabel = "TYPE",
      description = "Namespaced types to leave out.")
  @Nullable List<String> excludeNamespaceScoped;

  @Option(
      names = "--labels",
      split = ",",
      paramLabel = "KEY=VALUE",
      description = "Labels of the backup itself.")
  @Nullable Map<String, String> labels;

  @Option(
      names = "--annotations",
      split = ",",
      paramLabel = "KEY=VALUE",
      description = "Annotations of the backup itself.")
  @Nullable Map<String, String> annotations;

  @Option(
      names = "--ordered-resources",
      split = ";",
      paramLabel = "TYPE=ITEMS",
      description = "Items to take first: 'pods=ns1/p1,ns1/p2;persistentvolumes=pv1'.")
  @Nullable Map<String, String> orderedResources;

  @Option(
      names = "--snapshot-volumes",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "BOOL",
      description =
          "true: take CSI snapshots where there is a class for them, and save the files of the"
              + " other volumes; the snapshots stay in the storage unless --snapshot-move-data is"
              + " given. false: leave the content of volumes out, and do not report it as missing.")
  @Nullable Boolean snapshotVolumes;

  @Option(
      names = "--snapshot-move-data",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "BOOL",
      description =
          "Take CSI snapshots where there is a class for them, and save what they hold in the"
              + " location; save the files of the other volumes.")
  @Nullable Boolean snapshotMoveData;

  @Option(
      names = "--snapshot-local",
      description =
          "Take CSI snapshots where there is a class for them, and keep them in the cluster's"
              + " storage: nothing of them is uploaded. Save the files of the other volumes.")
  boolean snapshotLocal;

  @Option(
      names = "--default-volumes-to-fs-backup",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "BOOL",
      description =
          "Save the files of all volumes, except those that a pod's annotation excludes. Default:"
              + " true, unless snapshots are asked for; with -f what the document says.")
  @Nullable Boolean defaultVolumesToFsBackup;

  @Option(
      names = "--resource-policies-configmap",
      paramLabel = "NAME",
      description = "ConfigMap with resource policies.")
  @Nullable String resourcePolicies;

  @Option(
      names = "--ttl",
      paramLabel = "DURATION",
      description = "How long the backup is kept, such as 72h. Default: 720h.")
  @Nullable String ttl;

  @Option(
      names = "--csi-snapshot-timeout",
      paramLabel = "DURATION",
      description = "How long a CSI snapshot may take until it holds. Default: 10m.")
  @Nullable String csiSnapshotTimeout;

  @Option(
      names = "--item-operation-timeout",
      paramLabel = "DURATION",
      description = "How long a CSI snapshot may take until it can be used. Default: 4h.")
  @Nullable String itemOperationTimeout;

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description = "A velero.io Backup or Schedule document; flags win over its fields.")
  @Nullable Path file;

  /** The documents of {@code -f}, for the ConfigMaps among them; null without it. */
  public @Nullable DocumentFile source() {
    return file == null ? null : DocumentFile.read(file);
  }

  /**
   * The Backup that these flags ask for.
   *
   * @param name as given on the command line; null for the document's, or a made one
   * @param location the value of {@code --location}, which may not contradict the document's
   */
  public Backup document(@Nullable String name, @Nullable String location, Instant now) {
    ObjectNode backup = file == null ? empty() : fromFile(DocumentFile.read(file));
    ObjectNode metadata = backup.withObjectProperty("metadata");
    ObjectNode spec = backup.withObjectProperty("spec");
    if (name != null) {
      metadata.put("name", name);
    } else if (!metadata.path("name").isTextual()) {
      metadata.put("name", defaultName(metadata.path("generateName").textValue(), now));
    }
    metadata.remove("generateName");
    requireName(metadata.get("name").textValue());
    contradicts(spec, location);
    SelectionFlags.map(metadata, "labels", labels);
    SelectionFlags.map(metadata, "annotations", annotations);
    fill(spec);
    return Json.read(Json.bytes(backup), Backup.class, "The Backup document");
  }

  /** The document with the location's name in its spec. */
  public static Backup inLocation(Backup document, String location) {
    ObjectNode tree = Json.tree(document);
    tree.withObjectProperty("spec").put("storageLocation", location);
    return Json.read(Json.bytes(tree), Backup.class, "The Backup document");
  }

  private void fill(ObjectNode spec) {
    selection.into(spec);
    SelectionFlags.list(spec, "includedClusterScopedResources", includeClusterScoped);
    SelectionFlags.list(spec, "excludedClusterScopedResources", excludeClusterScoped);
    SelectionFlags.list(spec, "includedNamespaceScopedResources", includeNamespaceScoped);
    SelectionFlags.list(spec, "excludedNamespaceScopedResources", excludeNamespaceScoped);
    SelectionFlags.map(spec, "orderedResources", orderedResources);
    if (snapshotLocal && (Boolean.TRUE.equals(snapshotMoveData) || isFalse(snapshotVolumes))) {
      throw new Failure.Invalid(
          "--snapshot-local contradicts "
              + (isFalse(snapshotVolumes) ? "--snapshot-volumes=false" : "--snapshot-move-data"),
          "give one of them");
    }
    flag(spec, "snapshotVolumes", snapshotLocal ? Boolean.TRUE : snapshotVolumes);
    flag(spec, "snapshotMoveData", snapshotLocal ? Boolean.FALSE : snapshotMoveData);
    // The command saves volumes unless it is told not to; a document keeps Velero's default.
    boolean saves = file == null && !isFalse(snapshotVolumes) && !snapshots();
    flag(
        spec,
        "defaultVolumesToFsBackup",
        defaultVolumesToFsBackup == null && saves ? Boolean.TRUE : defaultVolumesToFsBackup);
    duration(spec, "ttl", "--ttl", ttl);
    duration(spec, "csiSnapshotTimeout", "--csi-snapshot-timeout", csiSnapshotTimeout);
    duration(spec, "itemOperationTimeout", "--item-operation-timeout", itemOperationTimeout);
    if (resourcePolicies != null) {
      spec.putObject("resourcePolicy").put("kind", "configmap").put("name", resourcePolicies);
    }
  }

  private static boolean isFalse(@Nullable Boolean flag) {
    return Boolean.FALSE.equals(flag);
  }

  /** Whether the command line asks for snapshots: where none can be taken, files are saved. */
  public boolean snapshots() {
    return snapshotLocal
        || Boolean.TRUE.equals(snapshotMoveData)
        || Boolean.TRUE.equals(snapshotVolumes);
  }

  static void flag(ObjectNode spec, String field, @Nullable Boolean value) {
    if (value != null) {
      spec.put(field, value);
    }
  }

  static void duration(ObjectNode spec, String field, String flag, @Nullable String text) {
    if (text != null) {
      try {
        spec.put(field, GoDuration.parse(text).toString());
      } catch (Failure.Invalid e) {
        throw new Failure.Invalid(flag + ": " + e.getMessage(), e.next(), e);
      }
    }
  }

  /** A Backup as it stands; a Schedule's template with the Schedule's name before the time. */
  private ObjectNode fromFile(DocumentFile source) {
    if (source.all(Backup.KIND).isEmpty() && !source.all("Schedule").isEmpty()) {
      ObjectNode schedule = source.only("Schedule");
      ObjectNode backup = empty();
      if (schedule.path("spec").get("template") instanceof ObjectNode template) {
        backup.set("spec", template.deepCopy());
        if (template.get("metadata") instanceof ObjectNode metadata) {
          backup.set("metadata", metadata.deepCopy());
        }
      }
      ObjectNode metadata = backup.withObjectProperty("metadata");
      metadata.remove("name");
      metadata.put("generateName", schedule.path("metadata").path("name").asText("schedule"));
      return backup;
    }
    return source.only(Backup.KIND).deepCopy();
  }

  private String defaultName(@Nullable String prefix, Instant now) {
    String before = prefix != null ? prefix : selection.onlyNamespace();
    return DefaultName.of(before == null ? "cluster" : before, now);
  }

  private static ObjectNode empty() {
    ObjectNode backup = Json.MAPPER.createObjectNode();
    backup.put("apiVersion", Backup.API_VERSION).put("kind", Backup.KIND);
    backup.putObject("metadata").put("namespace", "velero");
    return backup;
  }

  private static void requireName(String name) {
    if (!Names.subdomain(name)) {
      throw new Failure.Invalid(
          "'" + name + "' is no valid backup name",
          "use lower-case letters, digits, '-' and '.', beginning and ending with a letter or"
              + " digit, at most 253 characters");
    }
  }

  private static void contradicts(ObjectNode spec, @Nullable String location) {
    String own = spec.path("storageLocation").asText("");
    if (location != null && !own.isEmpty() && !own.equals(location)) {
      throw new Failure.Invalid(
          "--location " + location + " contradicts the document's storageLocation: " + own,
          "leave --location out, or remove storageLocation from the document");
    }
  }
}
