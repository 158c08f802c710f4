package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.control.Controller;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.store.Change;
import dev.holdfast.sandbox.store.Stored;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * Makes a {@link Backing} and a local PersistentVolume for each claim of a storage class whose
 * provisioner is {@link #NAME}, on the selected node where the class waits for the first consumer;
 * removes both when the claim is gone and the reclaim policy says Delete. For classes of OpenEBS'
 * hostpath provisioner it does the same in its name, and gives the volume its label.
 */
final class Provisioner implements Controller {

  static final String NAME = "sandbox.holdfast.dev/local";
  private static final String OPENEBS = "openebs.io/local";
  static final String SELECTED = "volume.kubernetes.io/selected-node";

  static final String PROVISIONED_BY = "pv.kubernetes.io/provisioned-by";
  private static final String BY = "volume.kubernetes.io/storage-provisioner";

  private final Objects objects;
  private final Path home;

  /**
   * @param home where the volumes' directories are
   */
  Provisioner(Objects objects, Path home) {
    this.objects = objects;
    this.home = home;
  }

  @Override
  public void observe(Change change) {
    Stored object = change.object();
    if (object.type().equals(Types.CLAIMS) && change.after() != null) {
      provision(objects.read(change.after()));
    } else if (object.type().equals(Types.VOLUMES)) {
      ObjectNode volume = objects.read(object);
      if (!ours(volume.at("/metadata/annotations").path(PROVISIONED_BY).asText())) {
        return;
      }
      boolean disposable =
          volume.at("/spec/persistentVolumeReclaimPolicy").asText().equals("Delete");
      if (change.after() == null && disposable) {
        Kubelet.delete(home.resolve(object.name()));
      } else if (disposable
          && volume.at("/status/phase").asText().equals("Released")
          && !object.terminating()) {
        objects.delete(Types.VOLUMES, volume, -1);
      }
    }
  }

  private void provision(ObjectNode claim) {
    ObjectNode type =
        objects.get(Types.STORAGE_CLASSES, "", claim.at("/spec/storageClassName").asText());
    if (type == null
        || !ours(type.path("provisioner").asText())
        || !wanting(claim)
        || !consumed(claim, type)) {
      return;
    }
    ObjectNode volume = volume(claim, type, node(claim, type));
    String name = volume.at("/metadata/name").asText();
    if (objects.get(Types.VOLUMES, "", name) != null) {
      return;
    }
    mark(objects, claim, type.path("provisioner").asText());
    try {
      Backing.make(home.resolve(name), claim);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    objects.create(Types.VOLUMES, "", volume, "sandbox-provisioner");
  }

  private static boolean ours(String provisioner) {
    return provisioner.equals(NAME) || provisioner.equals(OPENEBS);
  }

  /** Whether a claim waits for a volume that is made for it. */
  static boolean wanting(ObjectNode claim) {
    return claim.at("/spec/volumeName").asText().isEmpty()
        && !claim.path("metadata").hasNonNull("deletionTimestamp")
        && !claim.at("/spec/selector").isObject()
        && !claim.at("/status/phase").asText().equals("Lost");
  }

  /** Whether it has its first consumer, where its class waits for one. */
  static boolean consumed(ObjectNode claim, ObjectNode type) {
    return !type.path("volumeBindingMode").asText().equals("WaitForFirstConsumer")
        || !claim.at("/metadata/annotations").path(SELECTED).asText().isEmpty();
  }

  /** The node that was selected for it; empty if its class does not wait for that. */
  static String node(ObjectNode claim, ObjectNode type) {
    return type.path("volumeBindingMode").asText().equals("WaitForFirstConsumer")
        ? claim.at("/metadata/annotations").path(SELECTED).asText()
        : "";
  }

  /** Says on a claim who makes its volume. */
  static void mark(Objects objects, ObjectNode claim, String provisioner) {
    if (claim.at("/metadata/annotations").path(BY).asText().isEmpty()) {
      objects.edit(
          Types.CLAIMS,
          claim,
          "",
          "kube-controller-manager",
          present -> present.withObject("/metadata/annotations").put(BY, provisioner));
    }
  }

  /** A volume for a claim, without its source. */
  static ObjectNode frame(ObjectNode claim, ObjectNode type, String provisioner) {
    JsonNode metadata = claim.path("metadata");
    String name = "pvc-" + metadata.path("uid").asText();
    ObjectNode volume = Json.MAPPER.createObjectNode();
    volume
        .putObject("metadata")
        .put("name", name)
        .putObject("annotations")
        .put(PROVISIONED_BY, provisioner);
    ObjectNode spec = volume.putObject("spec");
    spec.putObject("capacity")
        .put("storage", claim.at("/spec/resources/requests/storage").asText("1Gi"));
    spec.set("accessModes", claim.at("/spec/accessModes").deepCopy());
    spec.putObject("claimRef")
        .put("apiVersion", "v1")
        .put("kind", "PersistentVolumeClaim")
        .put("namespace", metadata.path("namespace").asText())
        .put("name", metadata.path("name").asText())
        .put("uid", metadata.path("uid").asText());
    spec.put("persistentVolumeReclaimPolicy", type.path("reclaimPolicy").asText("Delete"));
    spec.put("storageClassName", type.at("/metadata/name").asText());
    spec.put("volumeMode", Backing.block(claim) ? "Block" : "Filesystem");
    return volume;
  }

  private ObjectNode volume(ObjectNode claim, ObjectNode type, String node) {
    String provisioner = type.path("provisioner").asText();
    ObjectNode volume = frame(claim, type, provisioner);
    if (provisioner.equals(OPENEBS)) {
      volume.withObject("/metadata/labels").put("openebs.io/cas-type", "local-hostpath");
    }
    String name = volume.at("/metadata/name").asText();
    ObjectNode spec = volume.withObject("/spec");
    spec.putObject("local").put("path", home.resolve(name).toString());
    ObjectNode term =
        spec.putObject("nodeAffinity")
            .putObject("required")
            .putArray("nodeSelectorTerms")
            .addObject();
    ObjectNode expression = term.putArray("matchExpressions").addObject();
    expression.put("key", "kubernetes.io/hostname");
    if (node.isEmpty()) {
      expression.put("operator", "Exists");
    } else {
      expression.put("operator", "In").putArray("values").add(node);
    }
    return volume;
  }
}
