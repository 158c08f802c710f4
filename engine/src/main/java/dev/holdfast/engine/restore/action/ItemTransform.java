package dev.holdfast.engine.restore.action;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.engine.volume.SnapshotTypes;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Names;
import java.util.List;
import java.util.Map;

/**
 * From an item of the backup to the item that is created, in Velero's order: remove what the server
 * sets, the type's own actions, mappings, resource modifiers, then namespace and labels.
 */
public final class ItemTransform {

  public static final String BACKUP_LABEL = "velero.io/backup-name";
  public static final String RESTORE_LABEL = "velero.io/restore-name";

  /** Which run of a restore wrote the object, and what it did; no difference to a backup. */
  public static final String RUN_ANNOTATION = "holdfast.dev/restore-run";

  /** Which run of a restore filled a claim's volume, or is to; no difference to a backup. */
  public static final String FILLED_ANNOTATION = "holdfast.dev/filled";

  /** A step that changes the draft of one type. */
  private interface Action {
    void apply(Draft draft);
  }

  private static final Action IMAGES = draft -> draft.context.images().apply(draft);
  private static final Action CLASSES = draft -> draft.context.storageClasses().apply(draft);

  private static final Action NODES = draft -> draft.context.nodes().pods(draft);

  private static final Map<GroupResource, List<Action>> ACTIONS =
      Map.ofEntries(
          Map.entry(
              Types.PODS,
              List.of(PodAction::apply, RestoreWait::apply, PodAction::initHooks, IMAGES, NODES)),
          Map.entry(Types.SECRETS, List.of(SecretAction::apply)),
          Map.entry(
              Types.VOLUMES,
              List.of(VolumeAction::volume, CLASSES, d -> d.context.nodes().volume(d))),
          Map.entry(
              Types.CLAIMS,
              List.of(
                  VolumeAction::claim,
                  SnapshotAction::claim,
                  CLASSES,
                  d -> d.context.nodes().claim(d))),
          Map.entry(SnapshotTypes.SNAPSHOTS, List.of(SnapshotAction::snapshot)),
          Map.entry(SnapshotTypes.CONTENTS, List.of(SnapshotAction::content)),
          Map.entry(Types.STATEFUL_SETS, List.of(CLASSES, IMAGES, NODES)),
          Map.entry(Types.DEPLOYMENTS, List.of(IMAGES, NODES)),
          Map.entry(Types.DAEMON_SETS, List.of(IMAGES, NODES)),
          Map.entry(Types.REPLICA_SETS, List.of(IMAGES, NODES)),
          Map.entry(Types.REPLICATION_CONTROLLERS, List.of(IMAGES, NODES)),
          Map.entry(Types.JOBS, List.of(ItemTransform::completedJob, IMAGES, NODES)),
          Map.entry(Types.CRON_JOBS, List.of(IMAGES, NODES)),
          Map.entry(Types.ROLE_BINDINGS, List.of(ItemTransform::subjects)),
          Map.entry(Types.CLUSTER_ROLE_BINDINGS, List.of(ItemTransform::subjects)),
          Map.entry(Types.DEFINITIONS, List.of(DefinitionAction::definition)),
          Map.entry(Types.API_SERVICES, List.of(DefinitionAction::apiService)),
          Map.entry(Types.MUTATING_WEBHOOKS, List.of(DefinitionAction::webhooks)),
          Map.entry(Types.VALIDATING_WEBHOOKS, List.of(DefinitionAction::webhooks)));

  private ItemTransform() {}

  /**
   * Transforms one item; neither argument changes.
   *
   * @param source the item's key in the backup
   * @param item the item as the backup holds it
   * @throws Failure if it cannot be restored as asked: a resource modifier that does not apply, a
   *     storage class that does not exist; the message is the item's error
   */
  public static Transformed apply(ItemKey source, ObjectNode item, RestoreContext context) {
    Draft draft = new Draft(source, item, item.deepCopy(), context);
    boolean preservePorts = Boolean.TRUE.equals(context.spec().preserveNodePorts());
    ServerSet.remove(source.type(), draft.item, preservePorts);
    for (Action action : ACTIONS.getOrDefault(source.type(), List.of())) {
      action.apply(draft);
    }
    draft.item = context.modifiers().apply(source.type(), draft.item);
    ItemKey target = context.target(source);
    place(draft.item, target, context);
    return new Transformed(
        source,
        target,
        draft.item,
        draft.additional,
        draft.skipReason,
        draft.warnings,
        Fields.objects(item, "metadata", "ownerReferences"),
        Fields.at(item, "metadata", "managedFields") instanceof ArrayNode fields ? fields : null,
        item.has("status") && StatusRule.restores(source.type(), item, context)
            ? item.get("status")
            : null);
  }

  private static void completedJob(Draft draft) {
    if (!Fields.text(draft.original, "status", "completionTime").isEmpty()) {
      draft.skip("the job is complete");
    }
  }

  /** ServiceAccounts in bindings follow the namespace mapping. */
  private static void subjects(Draft draft) {
    for (ObjectNode subject : Fields.objects(draft.item, "subjects")) {
      if (subject.has("namespace")) {
        subject.put("namespace", draft.context.targetNamespace(Fields.text(subject, "namespace")));
      }
    }
  }

  private static void place(ObjectNode item, ItemKey target, RestoreContext context) {
    ObjectNode metadata = item.withObject("/metadata");
    if (target.type().equals(Types.NAMESPACES)) {
      metadata.put("name", target.name());
      JsonNode labels = metadata.path("labels");
      if (labels instanceof ObjectNode object && object.has("kubernetes.io/metadata.name")) {
        object.put("kubernetes.io/metadata.name", target.name());
      }
    } else if (target.namespaced()) {
      metadata.put("namespace", target.namespace());
    }
    if (metadata.path("labels").isNull()) {
      metadata.remove("labels");
    }
    ObjectNode labels = metadata.withObject("/labels");
    labels.put(BACKUP_LABEL, Names.toLabelValue(context.backupName()));
    labels.put(RESTORE_LABEL, Names.toLabelValue(context.restoreName()));
  }
}
