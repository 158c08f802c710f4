package dev.holdfast.engine.restore.action;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import java.util.Set;

/**
 * Removes what a server or controller sets and an item must not bring along: metadata and status of
 * every type, and for some types fields of the spec. Idempotent, and independent of where the item
 * goes.
 */
final class ServerSet {

  private static final Set<String> METADATA =
      Set.of(
          "generateName",
          "selfLink",
          "uid",
          "resourceVersion",
          "generation",
          "creationTimestamp",
          "deletionTimestamp",
          "deletionGracePeriodSeconds",
          "ownerReferences",
          "managedFields");

  static final String BIND_COMPLETED = "pv.kubernetes.io/bind-completed";
  static final String BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller";

  private static final Set<String> CLAIM_ANNOTATIONS =
      Set.of(
          BIND_COMPLETED,
          BOUND_BY_CONTROLLER,
          "volume.kubernetes.io/storage-provisioner",
          "volume.beta.kubernetes.io/storage-provisioner",
          "volume.kubernetes.io/selected-node",
          "velero.io/volume-snapshot-name",
          "velero.io/data-upload-name");

  private static final Set<String> JOB_LABELS =
      Set.of("controller-uid", "batch.kubernetes.io/controller-uid");

  private ServerSet() {}

  /**
   * Changes the item in place.
   *
   * @param preserveNodePorts keep the node ports that the server chose
   */
  static void remove(GroupResource type, ObjectNode item, boolean preserveNodePorts) {
    if (type.equals(Types.SERVICES)) {
      NodePorts.remove(item, preserveNodePorts);
    } else if (type.equals(Types.PODS)) {
      PodAction.removeAssigned(item);
    } else if (type.equals(Types.JOBS)) {
      Fields.remove(item, JOB_LABELS, "spec", "selector", "matchLabels");
      Fields.remove(item, JOB_LABELS, "spec", "template", "metadata", "labels");
    } else if (type.equals(Types.SERVICE_ACCOUNTS)) {
      String prefix = Fields.text(item, "metadata", "name") + "-token-";
      Fields.removeElements(
          item, "secrets", secret -> Fields.text(secret, "name").startsWith(prefix));
    } else if (type.equals(Types.CLAIMS)) {
      Fields.remove(item, CLAIM_ANNOTATIONS, "metadata", "annotations");
    } else if (type.equals(Types.VOLUMES)) {
      Fields.remove(item, Set.of("uid", "resourceVersion"), "spec", "claimRef");
      Fields.remove(item, Set.of(BIND_COMPLETED, BOUND_BY_CONTROLLER), "metadata", "annotations");
    }
    Fields.remove(item, METADATA, "metadata");
    item.remove("status");
  }
}
