package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.ListOptions;
import dev.holdfast.cluster.Cluster.PatchType;
import dev.holdfast.cluster.Cluster.WriteOptions;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Gives a claim that exists a new, empty volume, and keeps the old one until the new one is filled:
 * the old one's reclaim policy becomes Retain before anything is deleted, and is given back when
 * the claim has its content. Otherwise the claim gets the old volume again, at once. All that this
 * needs stands on the old PersistentVolume, so that another attempt goes on where one was killed.
 */
final class Replacement {

  /** On a PersistentVolume that is kept: the run. */
  private static final String LABEL = "holdfast.dev/kept-by-restore";

  /** The claim that had it, as JSON. */
  private static final String CLAIM = "holdfast.dev/kept-claim";

  /** The reclaim policy that it had. */
  private static final String POLICY = "holdfast.dev/kept-reclaim-policy";

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** What binding and provisioning wrote on the claim. */
  private static final Set<String> BINDING =
      Set.of(
          "pv.kubernetes.io/bind-completed",
          "pv.kubernetes.io/bound-by-controller",
          "volume.kubernetes.io/storage-provisioner",
          "volume.beta.kubernetes.io/storage-provisioner",
          "volume.kubernetes.io/selected-node");

  private final Cluster cluster;
  private final Discovery discovery;
  private final Claims claims;
  private final RunMark mark;

  Replacement(Cluster cluster, Discovery discovery, Claims claims, RunMark mark) {
    this.cluster = cluster;
    this.discovery = discovery;
    this.claims = claims;
    this.mark = mark;
  }

  private ResourceType volumes() {
    return discovery
        .find(Kinds.VOLUMES)
        .orElseThrow(() -> new Failure.Absent("The cluster does not serve " + Kinds.VOLUMES));
  }

  /**
   * Takes the old volume away from the claim and makes the claim anew, or goes on with that.
   *
   * @return the node affinity of the old volume: where the new one should be; missing if it has
   *     none
   * @throws Failure.Denied without the rights to get, list and patch PersistentVolumes; nothing was
   *     changed
   * @throws Failure.Unsupported if nothing would make a new volume; nothing was changed
   */
  JsonNode begin(Operation op, ItemKey claim) {
    Optional<ObjectNode> live = claims.get(op, claim);
    ObjectNode kept = kept(op, claim).orElse(null);
    if (kept != null && live.isPresent() && finished(kept, live.get())) {
      release(op, kept);
      kept = null;
    }
    if (kept == null) {
      ObjectNode there =
          live.orElseThrow(() -> new Failure.Absent("claim " + claim.name() + " is gone"));
      kept = keep(op, claim, there);
    } else {
      kept = patch(op, name(kept), marked());
    }
    if (live.isPresent() && live.get().at("/spec/volumeName").asText().equals(name(kept))) {
      claims.delete(op, claim, live.get(), PATIENCE);
      live = Optional.empty();
    }
    if (live.isEmpty()) {
      ObjectNode body = saved(kept);
      ((ObjectNode) body.path("spec")).remove(List.of("volumeName", "dataSource", "dataSourceRef"));
      Claims.note(body, mark, true);
      claims.create(op, claim, body);
    }
    return kept.at("/spec/nodeAffinity/required");
  }

  /** Whether an earlier restore filled the claim, and was killed before it said so here. */
  private boolean finished(ObjectNode kept, ObjectNode claim) {
    String run = kept.at("/metadata/labels").path(LABEL).asText();
    return !run.equals(mark.run()) && Claims.filledBy(claim).equals(run);
  }

  private static String name(ObjectNode volume) {
    return volume.at("/metadata/name").asText();
  }

  /** The volume that is kept for the claim, by whatever run. */
  private Optional<ObjectNode> kept(Operation op, ItemKey claim) {
    return list(op, LABEL).stream().filter(volume -> key(volume).equals(claim)).findFirst();
  }

  private List<ObjectNode> list(Operation op, String selector) {
    List<ObjectNode> found = new ArrayList<>();
    var labelled = new ListOptions(selector, null, 0);
    cluster.list(op, volumes(), "", labelled, item -> found.add(Target.tree(item)));
    return found;
  }

  private static ItemKey key(ObjectNode volume) {
    JsonNode metadata = saved(volume).path("metadata");
    return new ItemKey(
        Kinds.CLAIMS, metadata.path("namespace").asText(), metadata.path("name").asText());
  }

  private static ObjectNode saved(ObjectNode volume) {
    String json = volume.at("/metadata/annotations").path(CLAIM).asText("{}");
    return Json.object(
        json.getBytes(java.nio.charset.StandardCharsets.UTF_8), "annotation " + CLAIM);
  }

  private ObjectNode keep(Operation op, ItemKey claim, ObjectNode live) {
    String volume = live.at("/spec/volumeName").asText();
    if (volume.isEmpty()) {
      throw new Failure.Unsupported(
          "claim " + claim.name() + " is not bound, so there is nothing to replace",
          "fill it as it is: --existing-volumes overwrite");
    }
    provisioned(op, live);
    ObjectNode there =
        cluster
            .get(op, volumes(), "", volume)
            .map(Target::tree)
            .orElseThrow(() -> new Failure.Absent("PersistentVolume " + volume + " is gone"));
    ObjectNode patch = marked();
    patch
        .withObject("/metadata")
        .put("resourceVersion", there.at("/metadata/resourceVersion").asText());
    patch
        .withObject("/metadata")
        .putObject("annotations")
        .put(CLAIM, Json.string(body(live)))
        .put(POLICY, there.at("/spec/persistentVolumeReclaimPolicy").asText("Retain"));
    patch.putObject("spec").put("persistentVolumeReclaimPolicy", "Retain");
    return patch(op, volume, patch);
  }

  /** Fails if no provisioner makes a volume for the claim. */
  private void provisioned(Operation op, ObjectNode claim) {
    String name = claim.at("/spec/storageClassName").asText();
    String provisioner =
        name.isEmpty()
            ? ""
            : discovery
                .find(Kinds.STORAGE_CLASSES)
                .flatMap(type -> cluster.get(op, type, "", name))
                .map(Target::tree)
                .map(each -> each.path("provisioner").asText())
                .orElse("");
    if (provisioner.isEmpty() || provisioner.equals("kubernetes.io/no-provisioner")) {
      throw new Failure.Unsupported(
          "nothing makes a new volume for it: storage class '" + name + "' has no provisioner",
          "write into the volume that is there: --existing-volumes overwrite");
    }
  }

  /** The claim as it can be created again. */
  private static ObjectNode body(ObjectNode live) {
    ObjectNode body = live.deepCopy();
    body.remove("status");
    ObjectNode metadata = (ObjectNode) body.path("metadata");
    metadata.remove(
        List.of(
            "uid",
            "resourceVersion",
            "generation",
            "creationTimestamp",
            "managedFields",
            "finalizers"));
    if (metadata.path("annotations") instanceof ObjectNode annotations) {
      annotations.remove(BINDING);
    }
    return body;
  }

  private ObjectNode marked() {
    ObjectNode patch = Json.MAPPER.createObjectNode();
    patch.putObject("metadata").putObject("labels").put(LABEL, mark.run());
    return patch;
  }

  private ObjectNode patch(Operation op, String volume, ObjectNode patch) {
    return Target.tree(
        cluster.patch(
            op, volumes(), "", volume, PatchType.MERGE, Json.bytes(patch), WriteOptions.NONE));
  }

  /**
   * Gives the claim its old volume again; the new one goes with its claim.
   *
   * @return whether it was taken away
   */
  boolean rollBack(Operation op, ItemKey claim) {
    ObjectNode kept = kept(op, claim).orElse(null);
    if (kept == null) {
      return false;
    }
    Optional<ObjectNode> live = claims.get(op, claim);
    boolean itself =
        live.filter(each -> each.at("/spec/volumeName").asText().equals(name(kept))).isPresent();
    if (!itself) {
      live.ifPresent(other -> claims.delete(op, claim, other, PATIENCE));
      ObjectNode free = Json.MAPPER.createObjectNode();
      free.putObject("spec").putObject("claimRef").putNull("uid").putNull("resourceVersion");
      var _ = patch(op, name(kept), free);
      ObjectNode body = saved(kept);
      body.withObject("/spec").put("volumeName", name(kept));
      claims.create(op, claim, body);
      claims.bound(op, claim, PATIENCE);
    }
    release(op, kept);
    return true;
  }

  /** Gives back the reclaim policies of all volumes that this run kept for claims now filled. */
  void commit(Operation op) {
    for (ObjectNode volume : list(op, LABEL + "=" + mark.run())) {
      if (claims.filled(op, key(volume))) {
        release(op, volume);
      }
    }
  }

  private void release(Operation op, ObjectNode volume) {
    ObjectNode patch = Json.MAPPER.createObjectNode();
    ObjectNode metadata = patch.putObject("metadata");
    metadata.putObject("labels").putNull(LABEL);
    metadata.putObject("annotations").putNull(CLAIM).putNull(POLICY);
    patch
        .putObject("spec")
        .put(
            "persistentVolumeReclaimPolicy",
            volume.at("/metadata/annotations").path(POLICY).asText("Retain"));
    var _ = patch(op, name(volume), patch);
  }
}
