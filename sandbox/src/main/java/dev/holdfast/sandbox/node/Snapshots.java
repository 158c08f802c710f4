package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.control.Controller;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.store.Change;
import dev.holdfast.sandbox.store.Stored;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * VolumeSnapshots, as the snapshot controller keeps them: a snapshot of a claim gets a content, one
 * of a content is bound to it, and shows what its content says. What is stored is {@link
 * SnapshotContents}' matter.
 */
final class Snapshots implements Controller {

  static final String MANAGER = "snapshot-controller";
  static final String BOUND = "snapshot.storage.kubernetes.io/volumesnapshot-bound-protection";

  private static final String DEFAULT_CLASS = "snapshot.storage.kubernetes.io/is-default-class";

  private final Objects objects;

  Snapshots(Objects objects) {
    this.objects = objects;
  }

  @Override
  public void observe(Change change) {
    Stored object = change.object();
    if (object.type().equals(SnapshotTypes.SNAPSHOTS) && change.after() != null) {
      snapshot(objects.read(change.after()));
    } else if (object.type().equals(SnapshotTypes.CONTENTS)) {
      ObjectNode content = objects.read(object);
      ObjectNode snapshot = find(objects, content);
      if (snapshot != null && change.after() == null) {
        snapshot(snapshot);
      } else if (snapshot != null && !terminating(content)) {
        content(content, snapshot);
      }
    }
  }

  static boolean terminating(JsonNode object) {
    return object.path("metadata").hasNonNull("deletionTimestamp");
  }

  static String name(JsonNode object) {
    return object.at("/metadata/name").asText();
  }

  static String uid(JsonNode object) {
    return object.at("/metadata/uid").asText();
  }

  /** The snapshot that a content belongs to; null if it is gone, or another by now. */
  static @Nullable ObjectNode find(Objects objects, JsonNode content) {
    JsonNode ref = content.at("/spec/volumeSnapshotRef");
    ObjectNode snapshot =
        objects.get(
            SnapshotTypes.SNAPSHOTS, ref.path("namespace").asText(), ref.path("name").asText());
    String uid = ref.path("uid").asText();
    return snapshot == null || !uid.isEmpty() && !uid.equals(uid(snapshot)) ? null : snapshot;
  }

  private void snapshot(ObjectNode snapshot) {
    if (terminating(snapshot)) {
      endSnapshot(snapshot);
      return;
    }
    String bound = snapshot.at("/status/boundVolumeSnapshotContentName").asText();
    String given = snapshot.at("/spec/source/volumeSnapshotContentName").asText();
    if (!bound.isEmpty() || snapshot.at("/status/error").isObject()) {
      return;
    }
    if (given.isEmpty()) {
      if (snapshot.at("/metadata/ownerReferences/0/kind").asText().equals("VolumeGroupSnapshot")) {
        return; // the group binds it
      }
      create(snapshot);
      return;
    }
    ObjectNode content = objects.get(SnapshotTypes.CONTENTS, "", given);
    if (content != null && !terminating(content) && snapshot.equals(find(objects, content))) {
      content(content, snapshot);
    }
  }

  private void endSnapshot(ObjectNode snapshot) {
    String bound = snapshot.at("/status/boundVolumeSnapshotContentName").asText();
    ObjectNode content = objects.get(SnapshotTypes.CONTENTS, "", bound);
    if (content != null
        && content.at("/spec/volumeSnapshotRef/uid").asText().equals(uid(snapshot))
        && content.at("/spec/deletionPolicy").asText().equals("Delete")) {
      if (!terminating(content)) {
        objects.delete(SnapshotTypes.CONTENTS, content, -1);
      }
    } else {
      objects.release(SnapshotTypes.SNAPSHOTS, snapshot, BOUND, MANAGER);
    }
  }

  /** A content for a snapshot of a claim. */
  private void create(ObjectNode snapshot) {
    String namespace = snapshot.at("/metadata/namespace").asText();
    String claimName = snapshot.at("/spec/source/persistentVolumeClaimName").asText();
    ObjectNode claim = objects.get(Types.CLAIMS, namespace, claimName);
    if (claim == null) {
      SnapshotContents.fail(
          objects,
          SnapshotTypes.SNAPSHOTS,
          snapshot,
          "Failed to create snapshot content with error snapshot controller failed to update "
              + name(snapshot)
              + " on API server: cannot get claim from snapshot");
      return;
    }
    ObjectNode volume = objects.get(Types.VOLUMES, "", claim.at("/spec/volumeName").asText());
    if (volume == null || !claim.at("/status/phase").asText().equals("Bound")) {
      SnapshotContents.fail(
          objects,
          SnapshotTypes.SNAPSHOTS,
          snapshot,
          "Failed to create snapshot content with error the PVC "
              + claimName
              + " is not yet bound to a PV, will not attempt to take a snapshot");
      return;
    }
    ObjectNode type = type(snapshot, volume.at("/spec/csi/driver").asText());
    if (type != null) {
      objects.protect(SnapshotTypes.SNAPSHOTS, snapshot, BOUND, MANAGER);
      ObjectNode content = content(snapshot, volume, type);
      objects.create(SnapshotTypes.CONTENTS, "", content, MANAGER);
      bind(snapshot, name(content));
    }
  }

  /** The class of a snapshot; null if there is none, which its status then says. */
  private @Nullable ObjectNode type(ObjectNode snapshot, String driver) {
    String wanted = snapshot.at("/spec/volumeSnapshotClassName").asText();
    ObjectNode type;
    String problem;
    if (wanted.isEmpty()) {
      type =
          objects.list(SnapshotTypes.CLASSES, "").stream()
              .filter(each -> each.path("driver").asText().equals(driver))
              .filter(each ->
                  each.at("/metadata/annotations").path(DEFAULT_CLASS).asText().equals("true"))
              .findFirst()
              .orElse(null);
      problem =
          "Failed to set default snapshot class with error cannot find default snapshot class";
    } else {
      type = objects.get(SnapshotTypes.CLASSES, "", wanted);
      problem =
          "Failed to get snapshot class with error volumesnapshotclass.snapshot.storage.k8s.io \""
              + wanted
              + "\" not found";
    }
    if (type != null && !type.path("driver").asText().equals(driver)) {
      type = null;
      problem =
          "Failed to create snapshot content with error volume's driver \""
              + driver
              + "\" is not that of the snapshot class";
    }
    if (type == null) {
      SnapshotContents.fail(objects, SnapshotTypes.SNAPSHOTS, snapshot, problem);
    }
    return type;
  }

  static ObjectNode content(ObjectNode snapshot, ObjectNode volume, ObjectNode type) {
    ObjectNode content = Json.MAPPER.createObjectNode();
    ObjectNode metadata = content.putObject("metadata");
    metadata.put("name", "snapcontent-" + uid(snapshot));
    metadata.putArray("finalizers").add(SnapshotContents.BOUND);
    ObjectNode spec = content.putObject("spec");
    spec.put("deletionPolicy", type.path("deletionPolicy").asText());
    spec.put("driver", type.path("driver").asText());
    spec.putObject("source").put("volumeHandle", volume.at("/spec/csi/volumeHandle").asText());
    spec.put("sourceVolumeMode", volume.at("/spec/volumeMode").asText("Filesystem"));
    if (type.has("metadata")) {
      spec.put("volumeSnapshotClassName", name(type));
    }
    spec.putObject("volumeSnapshotRef")
        .put("apiVersion", "snapshot.storage.k8s.io/v1")
        .put("kind", "VolumeSnapshot")
        .put("name", name(snapshot))
        .put("namespace", snapshot.at("/metadata/namespace").asText())
        .put("uid", uid(snapshot));
    return content;
  }

  private void bind(ObjectNode snapshot, String content) {
    objects.edit(
        SnapshotTypes.SNAPSHOTS,
        snapshot,
        "status",
        MANAGER,
        present -> {
          ObjectNode status = present.withObject("/status");
          status.put("boundVolumeSnapshotContentName", content);
          if (!status.has("readyToUse")) {
            status.put("readyToUse", false);
          }
        });
  }

  private void content(ObjectNode content, ObjectNode snapshot) {
    if (!content.path("status").isEmpty() && !terminating(snapshot) && refers(snapshot, content)) {
      claimed(content, snapshot);
      mirror(content, snapshot);
    }
  }

  private static boolean refers(JsonNode snapshot, JsonNode content) {
    return snapshot
            .at("/spec/source/volumeSnapshotContentName")
            .asText(name(content))
            .equals(name(content))
        && (snapshot.at("/spec/source").has("volumeSnapshotContentName")
            || content.at("/spec/volumeSnapshotRef/uid").asText().equals(uid(snapshot)));
  }

  private void claimed(ObjectNode content, ObjectNode snapshot) {
    if (content.at("/spec/volumeSnapshotRef/uid").asText().isEmpty()) {
      objects.protect(SnapshotTypes.SNAPSHOTS, snapshot, BOUND, MANAGER);
      objects.edit(
          SnapshotTypes.CONTENTS,
          content,
          "",
          MANAGER,
          present -> present.withObject("/spec/volumeSnapshotRef").put("uid", uid(snapshot)));
    }
  }

  /** What the content says is the snapshot's status, too. */
  private void mirror(ObjectNode content, ObjectNode snapshot) {
    JsonNode has = content.path("status");
    objects.edit(
        SnapshotTypes.SNAPSHOTS,
        snapshot,
        "status",
        MANAGER,
        present -> {
          ObjectNode status = present.withObject("/status");
          status.put("boundVolumeSnapshotContentName", name(content));
          status.put("readyToUse", has.path("readyToUse").asBoolean());
          if (has.has("restoreSize")) {
            status.put("restoreSize", quantity(has.path("restoreSize").asLong()));
          }
          if (has.has("creationTime")) {
            long nanos = has.path("creationTime").asLong();
            status.put("creationTime", Instant.ofEpochSecond(nanos / 1_000_000_000).toString());
          }
          if (has.has("error")) {
            status.set("error", has.path("error").deepCopy());
          } else {
            status.remove("error");
          }
        });
  }

  /** As Go prints a number of bytes. */
  static String quantity(long bytes) {
    String[] units = {"", "Ki", "Mi", "Gi", "Ti", "Pi"};
    int unit = 0;
    long value = bytes;
    while (value != 0 && value % 1024 == 0 && unit < units.length - 1) {
      value /= 1024;
      unit++;
    }
    return value + units[unit];
  }
}
