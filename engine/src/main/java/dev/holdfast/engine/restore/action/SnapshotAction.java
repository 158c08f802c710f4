package dev.holdfast.engine.restore.action;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.engine.volume.SnapshotTypes;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Names;
import java.util.Optional;
import java.util.Set;

/**
 * CSI snapshots that stayed in the storage (velero.md 5.6): a claim is made of a VolumeSnapshot
 * that is made of a content that names what is stored. All three get a name of this restore, so
 * that each restore has its own, and the content says Retain: what is stored belongs to the backup.
 */
final class SnapshotAction {

  static final String NAME = "velero.io/volume-snapshot-name";
  private static final String HANDLE = "velero.io/csi-volumesnapshot-handle";
  private static final String MUST_INCLUDE = "backup.velero.io/must-include-additional-items";

  private static final Set<String> OURS =
      Set.of(
          "snapshot.storage.kubernetes.io/volumesnapshot-bound-protection",
          "snapshot.storage.kubernetes.io/volumesnapshot-as-source-protection",
          "snapshot.storage.kubernetes.io/volumesnapshotcontent-bound-protection");

  private SnapshotAction() {}

  /**
   * What a snapshot is called in the target; empty if that is no affair of this action.
   *
   * @param source a VolumeSnapshot or VolumeSnapshotContent of the backup
   */
  static Optional<String> target(RestoreContext context, ItemKey source) {
    if (source.type().equals(SnapshotTypes.SNAPSHOTS)) {
      return Optional.of(name(context, source.namespace(), source.name()));
    }
    if (source.type().equals(SnapshotTypes.CONTENTS)) {
      return context
          .backup()
          .apply(source)
          .map(content -> {
            ObjectNode ref = Fields.object(content, "spec", "volumeSnapshotRef");
            return ref == null
                ? source.name()
                : name(context, Fields.text(ref, "namespace"), Fields.text(ref, "name"));
          });
    }
    return Optional.empty();
  }

  private static String name(RestoreContext context, String namespace, String snapshot) {
    String all = context.backupName() + "/" + context.restoreName();
    return Names.sha256(all + "/" + namespace + "/" + snapshot);
  }

  /** A claim whose snapshot the backup holds is made of it. */
  static void claim(Draft draft) {
    String snapshot = Fields.text(draft.original, "metadata", "annotations", NAME);
    ObjectNode spec = Fields.object(draft.item, "spec");
    Fields.remove(draft.item, Set.of(NAME), "metadata", "labels");
    Fields.remove(draft.item, Set.of(MUST_INCLUDE), "metadata", "annotations");
    ItemKey key = new ItemKey(SnapshotTypes.SNAPSHOTS, draft.source.namespace(), snapshot);
    if (snapshot.isEmpty() || spec == null || draft.context.backup().apply(key).isEmpty()) {
      return;
    }
    spec.remove("dataSource");
    spec.remove("dataSourceRef");
    if (Boolean.FALSE.equals(draft.context.spec().restorePVs())) {
      return;
    }
    spec.remove("volumeName");
    spec.putObject("dataSource")
        .put("apiGroup", SnapshotTypes.GROUP)
        .put("kind", "VolumeSnapshot")
        .put("name", name(draft.context, key.namespace(), snapshot));
    draft.require(key);
  }

  static void snapshot(Draft draft) {
    if (Boolean.FALSE.equals(draft.context.spec().restorePVs())) {
      draft.skip("volumes are not restored");
      return;
    }
    String bound = Fields.text(draft.original, "status", "boundVolumeSnapshotContentName");
    if (bound.isEmpty()) {
      bound = Fields.text(draft.original, "spec", "source", "volumeSnapshotContentName");
    }
    if (bound.isEmpty()) {
      draft.skip("it was bound to no content");
      return;
    }
    String name = name(draft.context, draft.source.namespace(), draft.source.name());
    ObjectNode spec = draft.item.putObject("spec");
    spec.putObject("source").put("volumeSnapshotContentName", name);
    Fields.remove(draft.item, Set.of(MUST_INCLUDE), "metadata", "annotations");
    rename(draft, name);
    draft.require(new ItemKey(SnapshotTypes.CONTENTS, "", bound));
  }

  static void content(Draft draft) {
    if (Boolean.FALSE.equals(draft.context.spec().restorePVs())) {
      draft.skip("volumes are not restored");
      return;
    }
    ObjectNode spec = Fields.object(draft.item, "spec");
    ObjectNode ref = Fields.object(draft.original, "spec", "volumeSnapshotRef");
    String handle = handle(draft);
    if (spec == null || ref == null || handle.isEmpty()) {
      draft.skip("it names nothing that is stored");
      return;
    }
    String namespace = Fields.text(ref, "namespace");
    String name = name(draft.context, namespace, Fields.text(ref, "name"));
    spec.put("deletionPolicy", "Retain");
    spec.putObject("source").put("snapshotHandle", handle);
    spec.putObject("volumeSnapshotRef")
        .put("apiVersion", Fields.text(ref, "apiVersion"))
        .put("kind", "VolumeSnapshot")
        .put("namespace", draft.context.targetNamespace(namespace))
        .put("name", name);
    String type = Fields.text(spec, "volumeSnapshotClassName");
    ItemKey key = new ItemKey(SnapshotTypes.CLASSES, "", type);
    if (!type.isEmpty() && draft.context.backup().apply(key).isPresent()) {
      draft.require(key);
    } else {
      spec.remove("volumeSnapshotClassName");
    }
    rename(draft, name);
  }

  /** As the content says it, or as Velero noted it on the snapshot. */
  private static String handle(Draft draft) {
    String handle = Fields.text(draft.original, "status", "snapshotHandle");
    if (handle.isEmpty()) {
      handle = Fields.text(draft.original, "spec", "source", "snapshotHandle");
    }
    return handle.isEmpty()
        ? Fields.text(draft.original, "metadata", "annotations", HANDLE)
        : handle;
  }

  private static void rename(Draft draft, String name) {
    ObjectNode metadata = draft.item.withObject("/metadata").put("name", name);
    if (metadata.path("finalizers").valueStream().allMatch(f -> OURS.contains(f.asText()))) {
      metadata.remove("finalizers");
    }
  }
}
