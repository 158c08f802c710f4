package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.engine.spool.Spool;
import dev.holdfast.engine.volume.SnapshotTaker;
import dev.holdfast.engine.volume.SnapshotTypes;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.velero.Times;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * CSI snapshots that stay in the storage, recorded as Velero does (velero.md 1.3, 4.9): snapshot,
 * content and class are items of the backup, and what is stored outlives their objects. Before the
 * backup exists a content is told to keep what it stands for; the objects go after. Thread-safe.
 */
final class LocalSnapshots {

  private static final String HANDLE = "velero.io/csi-volumesnapshot-handle";
  private static final String DRIVER = "velero.io/csi-driver-name";
  private static final String SIZE = "velero.io/csi-volumesnapshot-restore-size";
  private static final String POLICY = "velero.io/csi-vsc-deletion-policy";
  private static final String MUST_INCLUDE = "backup.velero.io/must-include-additional-items";

  private final SnapshotTaker taker;
  private final TemporaryObjects temporary;
  private final SnapshotChoices choices;
  private final Findings findings;
  private final List<Kept> kept = new ArrayList<>();
  private final List<Failed> failed = new ArrayList<>();

  /** One that is kept; the objects as they are to be stored. */
  private record Kept(
      CsiSnapshots.Taken taken, ObjectNode snapshot, ObjectNode content, Instant end) {}

  private record Failed(CsiSnapshots.Taken taken, Instant end) {}

  LocalSnapshots(
      SnapshotTaker taker, TemporaryObjects temporary, SnapshotChoices choices, Findings findings) {
    this.taker = taker;
    this.temporary = temporary;
    this.choices = choices;
    this.findings = findings;
  }

  /**
   * Keeps a snapshot that is ready to use.
   *
   * @throws Failure if it cannot be: it is the caller's to remove
   */
  void keep(Operation op, CsiSnapshots.Taken taken, ObjectNode snapshot) {
    ObjectNode bound =
        taker
            .content(op, snapshot)
            .orElseThrow(() ->
                new Failure.Absent(
                    "the content of VolumeSnapshot " + taken.ref() + " was deleted by somebody"));
    String handle = bound.at("/status/snapshotHandle").asText();
    if (handle.isEmpty()) {
      throw new Failure.Unsupported(
          "the driver gives VolumeSnapshot " + taken.ref() + " no handle", null);
    }
    String policy = bound.at("/spec/deletionPolicy").asText();
    String name = bound.at("/metadata/name").asText();
    ObjectNode content = taker.policy(op, name, "Retain", temporary.labels());
    ObjectNode annotations = snapshot.withObject("/metadata/annotations");
    annotations.put(HANDLE, handle).put(DRIVER, taken.task().driver()).put(POLICY, policy);
    annotations.put(SIZE, snapshot.at("/status/restoreSize").asText("0"));
    annotations.put(MUST_INCLUDE, "true");
    temporary.unmark(snapshot);
    temporary.unmark(content);
    findings.info(
        Findings.About.item(taken.task().claim()),
        "kept as CSI snapshot " + handle + " of driver " + taken.task().driver());
    synchronized (this) {
      kept.add(new Kept(taken, snapshot, content, op.now()));
    }
  }

  void fail(CsiSnapshots.Taken taken, String why, Instant end) {
    findings.error(
        Findings.About.item(taken.task().claim()),
        "the data of volume " + taken.task().volume() + " is not in the backup: " + why);
    synchronized (this) {
      failed.add(new Failed(taken, end));
    }
  }

  /** What is to be written into a claim that is stored. */
  record Mark(String snapshot, String size) {}

  /**
   * Adds the objects to the items of the backup.
   *
   * @return claim → what it must say
   */
  synchronized Map<ItemKey, Mark> archive(Spool spool) {
    Map<ItemKey, Mark> marks = new HashMap<>();
    kept.sort(Comparator.comparing((Kept each) -> each.taken().task().claim()));
    for (Kept each : kept) {
      add(spool, SnapshotTypes.SNAPSHOTS, each.snapshot());
      add(spool, SnapshotTypes.CONTENTS, each.content());
      marks.put(
          each.taken().task().claim(),
          new Mark(
              each.taken().ref().name(), each.snapshot().at("/status/restoreSize").asText("0")));
    }
    classes().forEach(each -> add(spool, SnapshotTypes.CLASSES, each));
    return marks;
  }

  private static void add(Spool spool, GroupResource type, ObjectNode object) {
    var key =
        new ItemKey(
            type, object.at("/metadata/namespace").asText(), object.at("/metadata/name").asText());
    int number =
        spool.add(
            key,
            object.path("apiVersion").asText(),
            object.path("kind").asText(),
            Json.bytes(object));
    spool.replace(number, Json.bytes(object));
  }

  /** For {@code N-csi-volumesnapshots.json.gz}. */
  synchronized List<ObjectNode> snapshots() {
    return kept.stream().map(Kept::snapshot).toList();
  }

  /** For {@code N-csi-volumesnapshotcontents.json.gz}. */
  synchronized List<ObjectNode> contents() {
    return kept.stream().map(Kept::content).toList();
  }

  /** For {@code N-csi-volumesnapshotclasses.json.gz}: each once, as far as they may be read. */
  synchronized List<ObjectNode> classes() {
    Map<String, ObjectNode> classes = new LinkedHashMap<>();
    for (Kept each : kept) {
      String name = each.content().at("/spec/volumeSnapshotClassName").asText();
      choices.classes().find(name).ifPresent(type -> classes.put(name, type));
    }
    return List.copyOf(classes.values());
  }

  synchronized int attempted() {
    return kept.size() + failed.size();
  }

  synchronized int completed() {
    return kept.size();
  }

  /** For {@code N-volumeinfo.json.gz}. */
  synchronized List<VolumeInfo> infos() {
    List<VolumeInfo> infos = new ArrayList<>();
    for (Kept each : kept) {
      var csi =
          new VolumeInfo.CsiSnapshot(
              each.content().at("/status/snapshotHandle").asText(),
              each.content().at("/status/restoreSize").asLong(),
              each.taken().task().driver(),
              each.content().at("/metadata/name").asText(),
              null,
              true,
              group(each.content()));
      infos.add(info(each.taken(), each.end(), "succeeded", csi));
    }
    for (Failed each : failed) {
      String driver = each.taken().task().driver();
      var csi = new VolumeInfo.CsiSnapshot("", 0, driver, "", null, null, null);
      infos.add(info(each.taken(), each.end(), "failed", csi));
    }
    return infos;
  }

  private static @Nullable String group(ObjectNode content) {
    return content.at("/status/volumeGroupSnapshotHandle").textValue();
  }

  private static VolumeInfo info(
      CsiSnapshots.Taken taken, Instant end, String result, VolumeInfo.CsiSnapshot csi) {
    SnapshotTask task = taken.task();
    return new VolumeInfo(
        task.claim().name(),
        task.claim().namespace(),
        task.volume(),
        "CSISnapshot",
        false,
        true,
        false,
        null,
        Times.text(taken.start()),
        Times.text(end),
        result,
        csi,
        null,
        null,
        null,
        task.volumeInfo());
  }

  /** Removes the objects, now that the backup exists; what is stored stays. */
  synchronized void release(Operation op) {
    for (Kept each : kept) {
      taker.forget(op, each.taken().ref(), each.content().at("/metadata/name").asText());
    }
  }

  /** Removes what is stored, too: there is no backup. */
  synchronized void abandon(Operation op) {
    for (Kept each : kept) {
      taker.discard(op, each.taken().ref(), each.content().at("/metadata/name").asText());
    }
    kept.clear();
  }
}
