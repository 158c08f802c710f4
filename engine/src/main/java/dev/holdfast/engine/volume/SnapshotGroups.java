package dev.holdfast.engine.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.DeleteOptions;
import dev.holdfast.cluster.Cluster.ListOptions;
import dev.holdfast.cluster.Cluster.PatchType;
import dev.holdfast.cluster.Cluster.WriteOptions;
import dev.holdfast.engine.volume.SnapshotTaker.Ref;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * VolumeGroupSnapshots: the claims of a namespace that have the same value of a label are
 * snapshotted by their driver at one instant (velero.md 4.9).
 */
public final class SnapshotGroups {

  /** On a claim: the class for its group. */
  private static final String OF_CLAIM = "velero.io/csi-volume-group-snapshot-class";

  /** On a class, as a label: this one, of its driver's. On a backup, with the driver: the name. */
  private static final String CHOSEN = "velero.io/csi-volumegroupsnapshot-class";

  private static final Duration LOOK = Duration.ofMillis(300);

  private final Cluster cluster;
  private final Discovery discovery;

  public SnapshotGroups(Cluster cluster, Discovery discovery) {
    this.cluster = cluster;
    this.discovery = discovery;
  }

  /**
   * The class for a group of a driver's volumes.
   *
   * @param claim one of the group
   * @return empty if groups cannot be snapshotted here, or nobody says by which class
   */
  public Optional<String> choose(
      Operation op, String driver, JsonNode claim, Map<String, String> backupAnnotations) {
    var type = discovery.find(SnapshotTypes.GROUP_CLASSES);
    String namespace = claim.at("/metadata/namespace").asText();
    if (type.isEmpty()
        || discovery.find(SnapshotTypes.GROUPS).isEmpty()
        || !cluster.may(op, "create", SnapshotTypes.GROUPS, namespace)
        || !cluster.may(op, "patch", SnapshotTypes.GROUP_CONTENTS, "")) {
      return Optional.empty();
    }
    String named = claim.at("/metadata/annotations").path(OF_CLAIM).asText();
    named = named.isEmpty() ? backupAnnotations.getOrDefault(CHOSEN + "_" + driver, "") : named;
    if (!named.isEmpty()) {
      return Optional.of(named);
    }
    List<ObjectNode> classes = new ArrayList<>();
    try {
      cluster.list(
          op,
          type.get(),
          "",
          ListOptions.ALL,
          item -> classes.add(Json.object(item.json(), item.name())));
    } catch (Failure.Denied e) {
      return Optional.empty();
    }
    classes.removeIf(each -> !each.path("driver").asText().equals(driver));
    return classes.stream()
        .filter(each -> each.at("/metadata/labels").has(CHOSEN))
        .findFirst()
        .or(() -> classes.size() == 1 ? classes.stream().findFirst() : Optional.empty())
        .map(each -> each.at("/metadata/name").asText());
  }

  /**
   * Takes a group, and waits until it holds.
   *
   * @param key of the label that claims of the group have
   * @param value of it
   * @return claim → its VolumeSnapshot, for every claim with that label
   */
  public Map<String, Ref> take(
      Operation op,
      Ref ref,
      String key,
      String value,
      String groupClass,
      Map<String, String> labels,
      Duration patience) {
    ResourceType type = type(SnapshotTypes.GROUPS);
    ObjectNode group = Json.MAPPER.createObjectNode();
    group.put("apiVersion", type.apiVersion()).put("kind", type.kind());
    ObjectNode metadata = group.putObject("metadata").put("name", ref.name());
    labels.forEach(metadata.putObject("labels")::put);
    ObjectNode spec = group.putObject("spec").put("volumeGroupSnapshotClassName", groupClass);
    spec.putObject("source").putObject("selector").putObject("matchLabels").put(key, value);
    var _ = cluster.create(op, type, ref.namespace(), Json.bytes(group), WriteOptions.NONE);
    Instant end = op.now().plus(patience);
    while (true) {
      ObjectNode live =
          find(op, ref)
              .orElseThrow(() ->
                  new Failure.Absent("VolumeGroupSnapshot " + ref + " was deleted by somebody"));
      String error = live.at("/status/error/message").asText();
      if (!error.isEmpty()) {
        throw new Failure.Rejected(
            "VolumeGroupSnapshot " + ref + " was not taken: " + error, null, null);
      }
      if (live.path("status").hasNonNull("creationTime")) {
        return members(op, ref, live.at("/metadata/uid").asText());
      }
      if (op.now().isAfter(end)) {
        throw new Failure.Unreachable(
            "VolumeGroupSnapshot %s was not taken within %d s, and nobody says why"
                .formatted(ref, patience.toSeconds()),
            null,
            null);
      }
      op.pause(LOOK);
    }
  }

  private Map<String, Ref> members(Operation op, Ref ref, String uid) {
    Map<String, Ref> members = new HashMap<>();
    cluster.list(
        op,
        type(SnapshotTypes.SNAPSHOTS),
        ref.namespace(),
        ListOptions.ALL,
        item -> {
          JsonNode snapshot = Json.object(item.json(), item.name());
          for (JsonNode owner : snapshot.at("/metadata/ownerReferences")) {
            if (owner.path("uid").asText().equals(uid)) {
              members.put(
                  snapshot.at("/spec/source/persistentVolumeClaimName").asText(),
                  new Ref(ref.namespace(), item.name()));
            }
          }
        });
    return members;
  }

  private Optional<ObjectNode> find(Operation op, Ref ref) {
    return cluster
        .get(op, type(SnapshotTypes.GROUPS), ref.namespace(), ref.name())
        .map(item -> Json.object(item.json(), ref.toString()));
  }

  /**
   * Removes the objects of a group; the snapshots that it owns go with it.
   *
   * @param keep whether what is stored stays
   */
  public void remove(Operation op, Ref ref, boolean keep) {
    Optional<ObjectNode> group = find(op, ref);
    String content =
        group
            .map(each -> each.at("/status/boundVolumeGroupSnapshotContentName").asText(""))
            .orElse("");
    if (!content.isEmpty()) {
      ObjectNode patch = Json.MAPPER.createObjectNode();
      patch.putObject("spec").put("deletionPolicy", keep ? "Retain" : "Delete");
      var _ =
          cluster.patch(
              op,
              type(SnapshotTypes.GROUP_CONTENTS),
              "",
              content,
              PatchType.MERGE,
              Json.bytes(patch),
              WriteOptions.NONE);
    }
    delete(op, SnapshotTypes.GROUPS, ref.namespace(), ref.name());
    if (keep && !content.isEmpty()) {
      delete(op, SnapshotTypes.GROUP_CONTENTS, "", content);
    }
  }

  private void delete(Operation op, GroupResource type, String namespace, String name) {
    try {
      cluster.delete(op, type(type), namespace, name, DeleteOptions.NONE);
    } catch (Failure.Absent e) {
      // which is what was wanted
    }
  }

  private ResourceType type(GroupResource type) {
    return discovery
        .find(type)
        .orElseThrow(() -> new Failure.Absent("the cluster does not serve " + type));
  }
}
