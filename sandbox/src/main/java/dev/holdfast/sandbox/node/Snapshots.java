package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.api.Deletions;
import dev.holdfast.sandbox.control.Controller;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.store.Change;
import dev.holdfast.sandbox.store.Stored;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * VolumeSnapshots and their contents, as the snapshot controller and a driver's sidecar keep them:
 * a snapshot of a claim gets a content, one of a content is bound to it; with the deletion policy
 * Delete a content goes with its snapshot and takes what is stored along.
 *
 * <p>The parameter {@code readySeconds} of a class is how long its snapshots take from the instant
 * that they hold until they can be used, -1 for ever; {@code fail} is an error that the driver
 * gives.
 */
final class Snapshots implements Controller {

  static final String MANAGER = "snapshot-controller";

  private static final String DRIVER = "csi-snapshotter";
  private static final String DEFAULT_CLASS = "snapshot.storage.kubernetes.io/is-default-class";
  static final String SNAPSHOT_BOUND =
      "snapshot.storage.kubernetes.io/volumesnapshot-bound-protection";
  private static final String CONTENT_BOUND =
      "snapshot.storage.kubernetes.io/volumesnapshotcontent-bound-protection";

  private final Objects objects;
  private final SnapshotDisk disk;
  private final Set<String> taking = ConcurrentHashMap.newKeySet();

  Snapshots(Objects objects, SnapshotDisk disk) {
    this.objects = objects;
    this.disk = disk;
  }

  @Override
  public void observe(Change change) {
    Stored object = change.object();
    if (object.type().equals(SnapshotTypes.SNAPSHOTS)) {
      if (change.after() == null) {
        objects.list(SnapshotTypes.CONTENTS, "").forEach(this::end);
      } else {
        snapshot(objects.read(change.after()));
      }
    } else if (object.type().equals(SnapshotTypes.CONTENTS)) {
      if (change.after() == null) {
        snapshotOf(objects.read(object));
      } else {
        content(objects.read(change.after()));
      }
    }
  }

  private static boolean terminating(JsonNode object) {
    return object.path("metadata").hasNonNull("deletionTimestamp");
  }

  private static String name(JsonNode object) {
    return object.at("/metadata/name").asText();
  }

  private static String uid(JsonNode object) {
    return object.at("/metadata/uid").asText();
  }

  private void snapshotOf(JsonNode content) {
    ObjectNode snapshot = find(content);
    if (snapshot != null) {
      snapshot(snapshot);
    }
  }

  /** The snapshot that a content belongs to; null if it is gone, or another by now. */
  private @Nullable ObjectNode find(JsonNode content) {
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
    if (content != null) {
      content(content);
    }
  }

  private void endSnapshot(ObjectNode snapshot) {
    String bound = snapshot.at("/status/boundVolumeSnapshotContentName").asText();
    ObjectNode content = objects.get(SnapshotTypes.CONTENTS, "", bound);
    if (content != null
        && content.at("/spec/volumeSnapshotRef/uid").asText().equals(uid(snapshot))
        && content.at("/spec/deletionPolicy").asText().equals("Delete")) {
      if (terminating(content)) {
        end(content);
      } else {
        objects.delete(SnapshotTypes.CONTENTS, content, -1);
      }
    } else {
      release(SnapshotTypes.SNAPSHOTS, snapshot, SNAPSHOT_BOUND);
    }
  }

  private void release(GroupResource type, ObjectNode object, String finalizer) {
    objects.edit(
        type,
        object,
        "",
        MANAGER,
        present -> Deletions.removeFinalizer(present.withObject("/metadata"), finalizer));
  }

  private void protect(GroupResource type, ObjectNode object, String finalizer) {
    objects.edit(
        type,
        object,
        "",
        MANAGER,
        present -> {
          ArrayNode finalizers = present.withObject("/metadata").withArray("finalizers");
          if (finalizers.valueStream().noneMatch(each -> each.asText().equals(finalizer))) {
            finalizers.add(finalizer);
          }
        });
  }

  /** A content for a snapshot of a claim. */
  private void create(ObjectNode snapshot) {
    String namespace = snapshot.at("/metadata/namespace").asText();
    String claimName = snapshot.at("/spec/source/persistentVolumeClaimName").asText();
    ObjectNode claim = objects.get(Types.CLAIMS, namespace, claimName);
    if (claim == null) {
      fail(
          SnapshotTypes.SNAPSHOTS,
          snapshot,
          "Failed to create snapshot content with error snapshot controller failed to update "
              + name(snapshot)
              + " on API server: cannot get claim from snapshot");
      return;
    }
    ObjectNode volume = objects.get(Types.VOLUMES, "", claim.at("/spec/volumeName").asText());
    if (volume == null || !claim.at("/status/phase").asText().equals("Bound")) {
      fail(
          SnapshotTypes.SNAPSHOTS,
          snapshot,
          "Failed to create snapshot content with error the PVC "
              + claimName
              + " is not yet bound to a PV, will not attempt to take a snapshot");
      return;
    }
    ObjectNode type = type(snapshot, volume.at("/spec/csi/driver").asText());
    if (type != null) {
      protect(SnapshotTypes.SNAPSHOTS, snapshot, SNAPSHOT_BOUND);
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
      fail(SnapshotTypes.SNAPSHOTS, snapshot, problem);
    }
    return type;
  }

  static ObjectNode content(ObjectNode snapshot, ObjectNode volume, ObjectNode type) {
    ObjectNode content = Json.MAPPER.createObjectNode();
    ObjectNode metadata = content.putObject("metadata");
    metadata.put("name", "snapcontent-" + uid(snapshot));
    metadata.putArray("finalizers").add(CONTENT_BOUND);
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

  private void content(ObjectNode content) {
    if (terminating(content)) {
      end(content);
      return;
    }
    protect(SnapshotTypes.CONTENTS, content, CONTENT_BOUND);
    if (content.path("status").isEmpty()) {
      if (content.at("/spec/source").has("snapshotHandle")) {
        adopt(content);
      } else if (taking.add(uid(content))) {
        var _ = Threads.start("snapshot", () -> take(content));
      }
      return;
    }
    ObjectNode snapshot = find(content);
    if (snapshot != null && !terminating(snapshot) && refers(snapshot, content)) {
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
      protect(SnapshotTypes.SNAPSHOTS, snapshot, SNAPSHOT_BOUND);
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

  /** A content that names what is stored already. */
  private void adopt(ObjectNode content) {
    String handle = content.at("/spec/source/snapshotHandle").asText();
    disk.find(handle)
        .ifPresentOrElse(
            stored -> status(content, handle, stored.taken(), stored.size(), true),
            () ->
                fail(
                    SnapshotTypes.CONTENTS,
                    content,
                    "Failed to check and update snapshot content: failed to list snapshot for"
                        + " content "
                        + name(content)
                        + ": snapshot "
                        + handle
                        + " does not exist"));
  }

  private void take(ObjectNode content) {
    String named = content.at("/spec/volumeSnapshotClassName").asText();
    ObjectNode type = objects.get(SnapshotTypes.CLASSES, "", named);
    JsonNode parameters = type == null ? Json.MAPPER.createObjectNode() : type.path("parameters");
    String problem = parameters.path("fail").asText();
    String driver = content.at("/spec/driver").asText();
    if (CsiDriver.named(driver).filter(CsiDriver::snapshots).isEmpty()) {
      problem = "driver " + driver + " takes no snapshots";
    }
    if (!problem.isEmpty()) {
      fail(SnapshotTypes.CONTENTS, content, "Failed to create snapshot: " + problem);
      return;
    }
    String volume = content.at("/spec/source/volumeHandle").asText();
    String handle = "snap-" + content.at("/spec/volumeSnapshotRef/uid").asText();
    try {
      SnapshotDisk.Taken taken = disk.take(objects, driver, volume, handle);
      long seconds = parameters.path("readySeconds").asLong(0);
      status(content, handle, taken.taken(), taken.size(), seconds == 0);
      if (seconds > 0) {
        Thread.sleep(Duration.ofSeconds(seconds));
        status(content, handle, taken.taken(), taken.size(), true);
      }
    } catch (SnapshotDisk.Impossible e) {
      fail(SnapshotTypes.CONTENTS, content, "Failed to create snapshot: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void status(ObjectNode content, String handle, Instant taken, long size, boolean ready) {
    objects.edit(
        SnapshotTypes.CONTENTS,
        content,
        "status",
        DRIVER,
        present ->
            present
                .withObject("/status")
                .put("snapshotHandle", handle)
                .put("creationTime", taken.getEpochSecond() * 1_000_000_000L + taken.getNano())
                .put("restoreSize", size)
                .put("readyToUse", ready));
    snapshotOf(content);
  }

  private void fail(GroupResource type, ObjectNode object, String message) {
    objects.edit(
        type,
        object,
        "status",
        DRIVER,
        present -> {
          ObjectNode status = present.withObject("/status").put("readyToUse", false);
          status
              .putObject("error")
              .put("message", message)
              .put("time", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        });
  }

  /** A content that is to go does, once no living snapshot is bound to it. */
  private void end(ObjectNode content) {
    if (!terminating(content)) {
      return;
    }
    ObjectNode snapshot = find(content);
    boolean bound = !content.at("/spec/volumeSnapshotRef/uid").asText().isEmpty();
    if (snapshot != null && bound && !terminating(snapshot)) {
      return;
    }
    if (content.at("/spec/deletionPolicy").asText().equals("Delete")) {
      disk.delete(
          content
              .at("/status/snapshotHandle")
              .asText(content.at("/spec/source/snapshotHandle").asText()));
    }
    release(SnapshotTypes.CONTENTS, content, CONTENT_BOUND);
  }
}
