package dev.holdfast.engine.restore.action;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.ItemKey;
import java.util.Optional;

/**
 * PersistentVolumes and their claims, as objects: a volume whose reclaim policy is Retain is bound
 * again to its storage; one whose policy is Delete, or whose content the backup holds, is
 * provisioned anew.
 */
final class VolumeAction {

  private VolumeAction() {}

  static void volume(Draft draft) {
    String why = provisionedAnew(draft.context, draft.source.name(), draft.original);
    if (!why.isEmpty()) {
      draft.skip(why);
    }
    ObjectNode claim = Fields.object(draft.item, "spec", "claimRef");
    if (claim != null && claim.has("namespace")) {
      claim.put("namespace", draft.context.targetNamespace(Fields.text(claim, "namespace")));
    }
  }

  static void claim(Draft draft) {
    ObjectNode spec = Fields.object(draft.item, "spec");
    if (spec == null || Fields.text(spec, "volumeName").isEmpty()) {
      return;
    }
    String name = Fields.text(spec, "volumeName");
    ItemKey key = new ItemKey(Types.VOLUMES, "", name);
    Optional<ObjectNode> volume = draft.context.backup().apply(key);
    if (volume.isEmpty()) {
      spec.remove("volumeName");
      draft.warn(
          "The volume %s of claim %s is not in the backup: the claim is provisioned anew"
              .formatted(name, draft.source.name()));
      return;
    }
    if (Fields.text(draft.original, "status", "phase").equals("Bound")) {
      draft.require(key);
    }
    if (!provisionedAnew(draft.context, name, volume.get()).isEmpty()) {
      spec.remove("volumeName");
    }
  }

  /** Why the volume itself is not restored; empty if it is. */
  private static String provisionedAnew(RestoreContext context, String name, ObjectNode volume) {
    if (context.volumesWithData().contains(name)) {
      return "its content is in the backup: the claim is provisioned anew and filled";
    }
    return Fields.text(volume, "spec", "persistentVolumeReclaimPolicy").equals("Delete")
        ? "its reclaim policy is Delete: the claim is provisioned anew"
        : "";
  }
}
