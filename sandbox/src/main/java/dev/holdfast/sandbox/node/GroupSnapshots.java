package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.model.LabelSelector;
import dev.holdfast.model.Names;
import dev.holdfast.sandbox.control.Controller;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.store.Change;
import dev.holdfast.sandbox.store.Stored;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * VolumeGroupSnapshots: all claims that the selector matches are snapshotted together, and each
 * gets a VolumeSnapshot that the group owns, with a content by handle.
 */
final class GroupSnapshots implements Controller {

  private static final String BOUND =
      "groupsnapshot.storage.kubernetes.io/volumegroupsnapshot-bound-protection";

  private final Objects objects;
  private final SnapshotDisk disk;
  private final Set<String> taking = ConcurrentHashMap.newKeySet();

  GroupSnapshots(Objects objects, SnapshotDisk disk) {
    this.objects = objects;
    this.disk = disk;
  }

  @Override
  public void observe(Change change) {
    Stored object = change.object();
    if (!object.type().equals(SnapshotTypes.GROUPS) || change.after() == null) {
      return;
    }
    ObjectNode group = objects.read(change.after());
    if (change.after().terminating()) {
      end(group);
    } else if (group.path("status").isEmpty() && taking.add(object.uid())) {
      var _ = Threads.start("group-snapshot", () -> take(group));
    }
  }

  /** The content goes by its policy; the snapshots, which it owns, are collected. */
  private void end(ObjectNode group) {
    String bound = group.at("/status/boundVolumeGroupSnapshotContentName").asText();
    ObjectNode content = objects.get(SnapshotTypes.GROUP_CONTENTS, "", bound);
    if (content != null && content.at("/spec/deletionPolicy").asText().equals("Delete")) {
      objects.delete(SnapshotTypes.GROUP_CONTENTS, content, -1);
    }
    objects.release(SnapshotTypes.GROUPS, group, BOUND, Snapshots.MANAGER);
  }

  private List<ObjectNode> members(ObjectNode group) {
    LabelSelector selector =
        Json.read(Json.bytes(group.at("/spec/source/selector")), LabelSelector.class, "a selector");
    List<ObjectNode> members = new ArrayList<>();
    for (ObjectNode claim : objects.list(Types.CLAIMS, group.at("/metadata/namespace").asText())) {
      Map<String, String> labels = new HashMap<>();
      claim
          .at("/metadata/labels")
          .properties()
          .forEach(each -> labels.put(each.getKey(), each.getValue().asText()));
      if (selector.matches(labels)) {
        members.add(claim);
      }
    }
    return members;
  }

  private void take(ObjectNode group) {
    String wanted = group.at("/spec/volumeGroupSnapshotClassName").asText();
    ObjectNode type = objects.get(SnapshotTypes.GROUP_CLASSES, "", wanted);
    List<ObjectNode> members = members(group);
    if (type == null || members.isEmpty()) {
      fail(group, type == null ? "class \"" + wanted + "\" not found" : "no claim matches");
      return;
    }
    try {
      List<Member> taken = new ArrayList<>();
      for (ObjectNode claim : members) {
        taken.add(member(group, claim, type.path("driver").asText()));
      }
      publish(group, type, taken);
    } catch (SnapshotDisk.Impossible e) {
      fail(group, String.valueOf(e.getMessage()));
    }
  }

  private record Member(ObjectNode claim, ObjectNode volume, String handle, Instant taken) {}

  private Member member(ObjectNode group, ObjectNode claim, String driver)
      throws SnapshotDisk.Impossible {
    ObjectNode volume = objects.get(Types.VOLUMES, "", claim.at("/spec/volumeName").asText());
    if (volume == null || !volume.at("/spec/csi/driver").asText().equals(driver)) {
      throw new SnapshotDisk.Impossible(
          "claim " + Snapshots.name(claim) + " is not of driver " + driver);
    }
    String handle = "snap-" + Snapshots.uid(group) + "-" + Snapshots.uid(claim);
    String of = volume.at("/spec/csi/volumeHandle").asText();
    return new Member(claim, volume, handle, disk.take(objects, driver, of, handle).taken());
  }

  private void publish(ObjectNode group, ObjectNode type, List<Member> taken) {
    ObjectNode content = content(group, type, taken);
    objects.create(SnapshotTypes.GROUP_CONTENTS, "", content, Snapshots.MANAGER);
    for (Member each : taken) {
      snapshot(group, type, each);
    }
    objects.edit(
        SnapshotTypes.GROUPS,
        group,
        "",
        Snapshots.MANAGER,
        present -> present.withObject("/metadata").withArray("finalizers").add(BOUND));
    objects.edit(
        SnapshotTypes.GROUPS,
        group,
        "status",
        Snapshots.MANAGER,
        present ->
            present
                .withObject("/status")
                .put("boundVolumeGroupSnapshotContentName", Snapshots.name(content))
                .put("creationTime", taken.getLast().taken().truncatedTo(ChronoUnit.SECONDS) + "")
                .put("readyToUse", true));
  }

  private static ObjectNode content(ObjectNode group, ObjectNode type, List<Member> taken) {
    ObjectNode content = Json.MAPPER.createObjectNode();
    content.putObject("metadata").put("name", "groupsnapcontent-" + Snapshots.uid(group));
    ObjectNode spec = content.putObject("spec");
    spec.put("deletionPolicy", type.path("deletionPolicy").asText());
    spec.put("driver", type.path("driver").asText());
    ArrayNode handles = spec.putObject("source").putArray("volumeHandles");
    taken.forEach(each -> handles.add(each.volume().at("/spec/csi/volumeHandle").asText()));
    spec.put("volumeGroupSnapshotClassName", Snapshots.name(type));
    spec.putObject("volumeGroupSnapshotRef")
        .put("apiVersion", "groupsnapshot.storage.k8s.io/v1beta1")
        .put("kind", "VolumeGroupSnapshot")
        .put("name", Snapshots.name(group))
        .put("namespace", group.at("/metadata/namespace").asText())
        .put("uid", Snapshots.uid(group));
    return content;
  }

  /** A snapshot that the group owns, and its content, which names what is stored. */
  private void snapshot(ObjectNode group, ObjectNode type, Member member) {
    String namespace = group.at("/metadata/namespace").asText();
    String name = "snapshot-" + Names.sha256(member.handle());
    ObjectNode snapshot = Json.MAPPER.createObjectNode();
    ObjectNode metadata = snapshot.putObject("metadata").put("name", name);
    metadata.putArray("finalizers").add(Snapshots.BOUND);
    Ownership.own(snapshot, group);
    snapshot
        .putObject("spec")
        .putObject("source")
        .put("persistentVolumeClaimName", Snapshots.name(member.claim()));
    objects.create(SnapshotTypes.SNAPSHOTS, namespace, snapshot, Snapshots.MANAGER);
    ObjectNode live = objects.get(SnapshotTypes.SNAPSHOTS, namespace, name);
    if (live == null) {
      return;
    }
    ObjectNode bare = Json.MAPPER.createObjectNode();
    bare.put("deletionPolicy", type.path("deletionPolicy").asText());
    bare.put("driver", type.path("driver").asText());
    ObjectNode content = Snapshots.content(live, member.volume(), bare);
    content.withObject("/spec").putObject("source").put("snapshotHandle", member.handle());
    objects.create(SnapshotTypes.CONTENTS, "", content, Snapshots.MANAGER);
    objects.edit(
        SnapshotTypes.SNAPSHOTS,
        live,
        "status",
        Snapshots.MANAGER,
        present ->
            present
                .withObject("/status")
                .put("boundVolumeSnapshotContentName", Snapshots.name(content))
                .put("volumeGroupSnapshotName", Snapshots.name(group)));
  }

  private void fail(ObjectNode group, String why) {
    objects.edit(
        SnapshotTypes.GROUPS,
        group,
        "status",
        Snapshots.MANAGER,
        present ->
            present
                .withObject("/status")
                .put("readyToUse", false)
                .putObject("error")
                .put("message", "Failed to create group snapshot: " + why)
                .put("time", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString()));
  }
}
