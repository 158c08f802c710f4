package dev.holdfast.archive;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import java.util.List;

/** The order in which Velero writes the fields of a Backup's spec, and the names they once had. */
final class VeleroOrder {

  private static final List<String> SPEC =
      List.of(
          "metadata",
          "includedNamespaces",
          "excludedNamespaces",
          "includedResources",
          "excludedResources",
          "includedClusterScopedResources",
          "excludedClusterScopedResources",
          "includedNamespaceScopedResources",
          "excludedNamespaceScopedResources",
          "labelSelector",
          "orLabelSelectors",
          "snapshotVolumes",
          "ttl",
          "volumeGroupSnapshotLabelKey",
          "includeClusterResources",
          "hooks",
          "storageLocation",
          "volumeSnapshotLocations",
          "defaultVolumesToRestic",
          "defaultVolumesToFsBackup",
          "orderedResources",
          "csiSnapshotTimeout",
          "itemOperationTimeout",
          "resourcePolicy",
          "snapshotMoveData",
          "datamover",
          "uploaderConfig",
          "backupType");

  /** Structs without a pointer: Go writes them even when empty. */
  private static final List<String> ALWAYS = List.of("metadata", "hooks");

  private VeleroOrder() {}

  static ObjectNode spec(ObjectNode spec) {
    ObjectNode ordered = Json.MAPPER.createObjectNode();
    for (String field : SPEC) {
      JsonNode value = spec.get(field);
      if (value != null && !value.isNull()) {
        ordered.set(field, value);
      } else if (ALWAYS.contains(field)) {
        ordered.putObject(field);
      }
    }
    spec.properties().forEach(f -> ordered.putIfAbsent(f.getKey(), f.getValue()));
    return ordered;
  }

  /** Before Velero 1.10 {@code defaultVolumesToFsBackup} was {@code defaultVolumesToRestic}. */
  static void modernise(ObjectNode backup) {
    if (backup.get("spec") instanceof ObjectNode spec
        && spec.hasNonNull("defaultVolumesToRestic")
        && !spec.hasNonNull("defaultVolumesToFsBackup")) {
      spec.set("defaultVolumesToFsBackup", spec.get("defaultVolumesToRestic"));
    }
  }
}
