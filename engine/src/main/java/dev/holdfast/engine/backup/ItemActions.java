package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.engine.volume.SnapshotMover;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The fifth stage: what changes in an item before it is stored (velero.md 4.6). Everything else is
 * stored with the server's own bytes.
 *
 * <p>Velero's {@code crd-remap-version} is left out: it is for servers that still serve v1beta1
 * definitions, which Kubernetes 1.22 ended.
 */
final class ItemActions {

  private static final String SNAPSHOT_NAME = "velero.io/volume-snapshot-name";
  private static final String MUST_INCLUDE = "backup.velero.io/must-include-additional-items";

  private static final Set<String> STALE_LABELS =
      Set.of("velero.io/restore-name", SNAPSHOT_NAME, MUST_INCLUDE);

  private final String backup;
  private final Map<ItemKey, LocalSnapshots.Mark> snapshots;

  /**
   * @param snapshots claims whose CSI snapshots are items of the backup
   */
  ItemActions(String backup, Map<ItemKey, LocalSnapshots.Mark> snapshots) {
    this.backup = backup;
    this.snapshots = Map.copyOf(snapshots);
  }

  byte[] apply(ItemKey key, byte[] json) {
    if (!key.type().equals(Relate.CLAIMS)) {
      return json;
    }
    ObjectNode claim = Json.object(json, key.toString());
    ObjectNode changed = claim.deepCopy();
    cleanBound(changed);
    LocalSnapshots.Mark mark = snapshots.get(key);
    if (mark != null) {
      mark(changed, mark);
    }
    return changed.equals(claim) ? json : Json.bytes(changed);
  }

  /** It comes back from its snapshot, and must then be as large as that. */
  private static void mark(ObjectNode claim, LocalSnapshots.Mark mark) {
    ObjectNode metadata = claim.withObject("/metadata");
    metadata
        .withObject("/annotations")
        .put(SNAPSHOT_NAME, mark.snapshot())
        .put(MUST_INCLUDE, "true");
    metadata.withObject("/labels").put(SNAPSHOT_NAME, Names.toLabelValue(mark.snapshot()));
    ObjectNode requests = claim.withObject("/spec/resources/requests");
    requests.put(
        "storage", SnapshotMover.larger(requests.path("storage").asText("0"), mark.size()));
  }

  /**
   * A bound claim must not point at where its content once came from, nor choose its volume by
   * labels, unless it forbids a storage class.
   */
  private void cleanBound(ObjectNode claim) {
    if (!claim.path("status").path("phase").asText().equals("Bound")
        || !(claim.path("spec") instanceof ObjectNode spec)
        || spec.path("volumeName").asText().isEmpty()) {
      return;
    }
    spec.remove(List.of("dataSource", "dataSourceRef"));
    JsonNode storageClass = spec.path("storageClassName");
    if (!storageClass.isTextual() || !storageClass.asText().isEmpty()) {
      spec.remove("selector");
    }
    removeStale(spec.path("selector").path("matchLabels"), true);
    removeStale(claim.path("metadata").path("labels"), false);
  }

  private void removeStale(JsonNode labels, boolean all) {
    if (!(labels instanceof ObjectNode object)) {
      return;
    }
    List<String> stale = new ArrayList<>();
    object
        .properties()
        .forEach(label -> {
          String name = label.getKey();
          boolean foreign =
              name.equals("velero.io/backup-name") && !label.getValue().asText().equals(backup);
          if (STALE_LABELS.contains(name) || foreign || all && name.startsWith("velero.io/")) {
            stale.add(name);
          }
        });
    object.remove(stale);
  }
}
