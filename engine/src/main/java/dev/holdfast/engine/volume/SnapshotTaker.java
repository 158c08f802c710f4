package dev.holdfast.engine.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.DeleteOptions;
import dev.holdfast.cluster.Cluster.PatchType;
import dev.holdfast.cluster.Cluster.WriteOptions;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** Takes VolumeSnapshots, waits for them, and removes them. */
public final class SnapshotTaker {

  private static final Duration LOOK = Duration.ofMillis(200);
  private static final Duration LONGEST_LOOK = Duration.ofSeconds(5);

  private final Cluster cluster;
  private final Discovery discovery;

  public SnapshotTaker(Cluster cluster, Discovery discovery) {
    this.cluster = cluster;
    this.discovery = discovery;
  }

  /** Whether the cluster serves VolumeSnapshots at all. */
  public boolean served() {
    return discovery.find(SnapshotTypes.SNAPSHOTS).isPresent();
  }

  /** A VolumeSnapshot by its name. */
  public record Ref(String namespace, String name) {
    @Override
    public String toString() {
      return namespace + "/" + name;
    }
  }

  /**
   * Asks for a snapshot of a claim.
   *
   * @param storageClass the VolumeSnapshotClass; empty for the cluster's default
   * @throws Failure.Denied without the right to create volumesnapshots
   */
  public void take(
      Operation op, Ref ref, String claim, String storageClass, Map<String, String> labels) {
    ObjectNode snapshot = Json.MAPPER.createObjectNode();
    ResourceType type = type(SnapshotTypes.SNAPSHOTS);
    snapshot.put("apiVersion", type.apiVersion()).put("kind", type.kind());
    ObjectNode metadata = snapshot.putObject("metadata").put("name", ref.name());
    labels.forEach(metadata.putObject("labels")::put);
    ObjectNode spec = snapshot.putObject("spec");
    if (!storageClass.isEmpty()) {
      spec.put("volumeSnapshotClassName", storageClass);
    }
    spec.putObject("source").put("persistentVolumeClaimName", claim);
    var _ = cluster.create(op, type, ref.namespace(), Json.bytes(snapshot), WriteOptions.NONE);
  }

  /** Waits until the instant is held: what is written to the volume now is not in it. */
  public ObjectNode awaitTaken(Operation op, Ref ref, Duration patience) {
    return await(op, ref, patience, "was not taken", SnapshotTaker::taken);
  }

  /** Waits until claims can be made of it. */
  public ObjectNode awaitReady(Operation op, Ref ref, Duration patience) {
    return await(op, ref, patience, "did not become ready to use", SnapshotTaker::ready);
  }

  private static boolean taken(ObjectNode snapshot) {
    return snapshot.path("status").hasNonNull("creationTime") || ready(snapshot);
  }

  private static boolean ready(ObjectNode snapshot) {
    return snapshot.at("/status/readyToUse").asBoolean();
  }

  /**
   * @throws Failure.Rejected if the driver says that it failed
   * @throws Failure.Unreachable if it takes too long
   * @throws Failure.Absent if somebody deleted it
   */
  private ObjectNode await(
      Operation op, Ref ref, Duration patience, String not, Predicate<ObjectNode> there) {
    Instant end = op.now().plus(patience);
    Duration pause = LOOK;
    while (true) {
      ObjectNode snapshot =
          find(op, ref)
              .orElseThrow(
                  () -> new Failure.Absent("VolumeSnapshot " + ref + " was deleted by somebody"));
      if (there.test(snapshot)) {
        return snapshot;
      }
      String error = snapshot.at("/status/error/message").asText();
      if (!error.isEmpty()) {
        throw new Failure.Rejected(
            "VolumeSnapshot %s %s: %s".formatted(ref, not, error), null, null);
      }
      if (op.now().isAfter(end)) {
        throw new Failure.Unreachable(
            "VolumeSnapshot %s %s within %d s, and nobody says why"
                .formatted(ref, not, patience.toSeconds()),
            "see whether the driver and the snapshot controller run; --csi-snapshot-timeout and"
                + " --item-operation-timeout give them more time",
            null);
      }
      op.pause(pause);
      pause = pause.multipliedBy(3).dividedBy(2);
      pause = pause.compareTo(LONGEST_LOOK) > 0 ? LONGEST_LOOK : pause;
    }
  }

  public Optional<ObjectNode> find(Operation op, Ref ref) {
    return cluster
        .get(op, type(SnapshotTypes.SNAPSHOTS), ref.namespace(), ref.name())
        .map(item -> Json.object(item.json(), ref.toString()));
  }

  /** The content that a snapshot is bound to; empty if it is bound to none. */
  public Optional<ObjectNode> content(Operation op, JsonNode snapshot) {
    String name = snapshot.at("/status/boundVolumeSnapshotContentName").asText();
    return name.isEmpty()
        ? Optional.empty()
        : cluster
            .get(op, type(SnapshotTypes.CONTENTS), "", name)
            .map(item -> Json.object(item.json(), "VolumeSnapshotContent " + name));
  }

  /**
   * Says what becomes of what is stored when the content goes.
   *
   * @param policy {@code Delete} or {@code Retain}
   * @return the content as it is now
   */
  public ObjectNode policy(
      Operation op, String content, String policy, Map<String, String> labels) {
    ObjectNode patch = Json.MAPPER.createObjectNode();
    ObjectNode all = patch.putObject("metadata").putObject("labels");
    labels.forEach(all::put);
    patch.putObject("spec").put("deletionPolicy", policy);
    return Json.object(
        cluster
            .patch(
                op,
                type(SnapshotTypes.CONTENTS),
                "",
                content,
                PatchType.MERGE,
                Json.bytes(patch),
                WriteOptions.NONE)
            .json(),
        "VolumeSnapshotContent " + content);
  }

  /**
   * Removes a snapshot with what is stored of it.
   *
   * @return what stays in the storage, because its class says Retain and that may not be changed;
   *     empty if nothing does
   */
  public Optional<String> remove(Operation op, Ref ref) {
    Optional<ObjectNode> snapshot = find(op, ref);
    if (snapshot.isEmpty()) {
      return Optional.empty();
    }
    Optional<String> left = disposable(op, snapshot.get());
    delete(op, SnapshotTypes.SNAPSHOTS, ref.namespace(), ref.name());
    return left;
  }

  private Optional<String> disposable(Operation op, ObjectNode snapshot) {
    String name = snapshot.at("/status/boundVolumeSnapshotContentName").asText();
    try {
      Optional<ObjectNode> content = content(op, snapshot);
      if (content.isPresent()
          && !content.get().at("/spec/deletionPolicy").asText().equals("Delete")) {
        var _ = policy(op, name, "Delete", Map.of());
      }
      return Optional.empty();
    } catch (Failure.Denied e) {
      return name.isEmpty() ? Optional.empty() : Optional.of(name);
    }
  }

  /** Removes a snapshot that was told to keep what is stored, and that, too. */
  public void discard(Operation op, Ref ref, String content) {
    var _ = remove(op, ref);
    try {
      var _ = policy(op, content, "Delete", Map.of());
      delete(op, SnapshotTypes.CONTENTS, "", content);
    } catch (Failure.Absent e) {
      // it went with the snapshot
    }
  }

  /** Removes the objects of a snapshot; what is stored of it stays. */
  public void forget(Operation op, Ref ref, String content) {
    delete(op, SnapshotTypes.SNAPSHOTS, ref.namespace(), ref.name());
    delete(op, SnapshotTypes.CONTENTS, "", content);
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
