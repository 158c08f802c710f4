package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.control.Controller;
import dev.holdfast.sandbox.store.Change;
import dev.holdfast.sandbox.store.Stored;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * VolumeSnapshotContents, as a driver's sidecar keeps them: what a content asks for is taken, what
 * it names is looked up; with the deletion policy Delete a content takes what is stored along.
 *
 * <p>The parameter {@code readySeconds} of a class is how long its snapshots take from the instant
 * that they hold until they can be used, -1 for ever; {@code fail} is an error that the driver
 * gives.
 */
final class SnapshotContents implements Controller {

  static final String BOUND =
      "snapshot.storage.kubernetes.io/volumesnapshotcontent-bound-protection";

  private static final String DRIVER = "csi-snapshotter";

  private final Objects objects;
  private final SnapshotDisk disk;
  private final Set<String> taking = ConcurrentHashMap.newKeySet();

  SnapshotContents(Objects objects, SnapshotDisk disk) {
    this.objects = objects;
    this.disk = disk;
  }

  @Override
  public void observe(Change change) {
    Stored object = change.object();
    if (object.type().equals(SnapshotTypes.CONTENTS) && change.after() != null) {
      content(objects.read(change.after()));
    } else if (object.type().equals(SnapshotTypes.SNAPSHOTS)
        && (change.after() == null || change.after().terminating())) {
      objects.list(SnapshotTypes.CONTENTS, "").forEach(this::end);
    }
  }

  private void content(ObjectNode content) {
    if (Snapshots.terminating(content)) {
      end(content);
      return;
    }
    objects.protect(SnapshotTypes.CONTENTS, content, BOUND, DRIVER);
    if (content.path("status").isEmpty()) {
      if (content.at("/spec/source").has("snapshotHandle")) {
        adopt(content);
      } else if (taking.add(Snapshots.uid(content))) {
        var _ = Threads.start("snapshot", () -> take(content));
      }
    }
  }

  /** A content that names what is stored already. */
  private void adopt(ObjectNode content) {
    String handle = content.at("/spec/source/snapshotHandle").asText();
    disk.find(handle)
        .ifPresentOrElse(
            stored -> status(content, handle, stored.taken(), stored.size(), true),
            () ->
                fail(
                    objects,
                    SnapshotTypes.CONTENTS,
                    content,
                    "Failed to check and update snapshot content: failed to list snapshot for"
                        + " content "
                        + Snapshots.name(content)
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
      fail(objects, SnapshotTypes.CONTENTS, content, "Failed to create snapshot: " + problem);
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
      fail(
          objects, SnapshotTypes.CONTENTS, content, "Failed to create snapshot: " + e.getMessage());
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
  }

  /** Writes an error into the status of a snapshot or content. */
  static void fail(Objects objects, GroupResource type, ObjectNode object, String message) {
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
    if (!Snapshots.terminating(content)) {
      return;
    }
    ObjectNode snapshot = Snapshots.find(objects, content);
    boolean bound = !content.at("/spec/volumeSnapshotRef/uid").asText().isEmpty();
    if (snapshot != null && bound && !Snapshots.terminating(snapshot)) {
      return;
    }
    if (content.at("/spec/deletionPolicy").asText().equals("Delete")) {
      disk.delete(
          content
              .at("/status/snapshotHandle")
              .asText(content.at("/spec/source/snapshotHandle").asText()));
    }
    objects.release(SnapshotTypes.CONTENTS, content, BOUND, DRIVER);
  }
}
