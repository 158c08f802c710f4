package dev.holdfast.engine.restore.action;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import dev.holdfast.model.patch.MergePatch;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/**
 * An object of the cluster beside the one that a restore wants there. Left out of the comparison is
 * what a server or controller sets: uid, status, managed fields and the like, the labels of the
 * restore itself, and in the object of the cluster whatever the server allocated where the wanted
 * one leaves the choice open (cluster addresses, node ports, the volume of a claim).
 */
public final class Comparison {

  private static final Set<String> RESTORE_LABELS =
      Set.of(ItemTransform.BACKUP_LABEL, ItemTransform.RESTORE_LABEL);

  /** Counters and clocks that controllers write into annotations, and the mark of a restore. */
  private static final Set<String> CONTROLLER_ANNOTATIONS =
      Set.of(
          ItemTransform.RUN_ANNOTATION,
          ItemTransform.FILLED_ANNOTATION,
          "deployment.kubernetes.io/revision",
          "endpoints.kubernetes.io/last-change-trigger-time",
          "deprecated.daemonset.template.generation");

  private final GroupResource type;
  private final ObjectNode live;
  private final ObjectNode wanted;

  private Comparison(GroupResource type, ObjectNode live, ObjectNode wanted) {
    this.type = type;
    this.live = live;
    this.wanted = wanted;
  }

  /**
   * Compares; the arguments do not change.
   *
   * @param live the object as the cluster returns it
   * @param wanted the result of {@link ItemTransform}
   */
  public static Comparison of(GroupResource type, ObjectNode live, ObjectNode wanted) {
    return compare(type, live, wanted.deepCopy());
  }

  /** Compares two states of an item as a server returned them; the arguments do not change. */
  public static Comparison ofStates(GroupResource type, ObjectNode before, ObjectNode after) {
    ObjectNode later = after.deepCopy();
    ServerSet.remove(type, later, true);
    return compare(type, before, later);
  }

  private static Comparison compare(GroupResource type, ObjectNode live, ObjectNode target) {
    ObjectNode existing = live.deepCopy();
    ServerSet.remove(type, existing, true);
    removeAllocated(type, existing, target);
    for (ObjectNode side : List.of(existing, target)) {
      Fields.remove(side, CONTROLLER_ANNOTATIONS, "metadata", "annotations");
      removeEmptyMaps(side);
      removeNulls(side);
    }
    return new Comparison(type, existing, target);
  }

  /** Whether there is nothing to restore. */
  public boolean same() {
    return Json.equal(unlabelled(live), unlabelled(wanted));
  }

  /** The fields that differ, from the cluster's value to the wanted one. */
  public List<FieldDiff.Change> changes() {
    return FieldDiff.of(type, unlabelled(live), unlabelled(wanted));
  }

  /**
   * The JSON merge patch that makes the wanted object of the cluster's, labels of the restore
   * included; what the server allocated stays.
   */
  public ObjectNode patch() {
    return MergePatch.diff(live, wanted);
  }

  private static ObjectNode unlabelled(ObjectNode item) {
    ObjectNode copy = item.deepCopy();
    Fields.remove(copy, RESTORE_LABELS, "metadata", "labels");
    return copy;
  }

  private static void removeAllocated(GroupResource type, ObjectNode live, ObjectNode wanted) {
    ObjectNode spec = Fields.object(live, "spec");
    if (spec == null) {
      return;
    }
    if (type.equals(Types.CLAIMS) && !Fields.at(wanted, "spec").has("volumeName")) {
      spec.remove("volumeName");
    }
    if (type.equals(Types.SERVICES)) {
      Iterator<ObjectNode> ports = Fields.objects(wanted, "spec", "ports").iterator();
      for (ObjectNode port : Fields.objects(spec, "ports")) {
        if (ports.hasNext() && !ports.next().has("nodePort")) {
          port.remove("nodePort");
        }
      }
      if (!Fields.at(wanted, "spec").has("healthCheckNodePort")) {
        spec.remove("healthCheckNodePort");
      }
    }
  }

  /** {@code labels: {}} says the same as no labels. */
  private static void removeEmptyMaps(ObjectNode item) {
    ObjectNode metadata = Fields.object(item, "metadata");
    if (metadata != null) {
      for (String field : List.of("labels", "annotations", "finalizers")) {
        if (metadata.path(field).isContainerNode() && metadata.path(field).isEmpty()) {
          metadata.remove(field);
        }
      }
    }
  }

  /** A field that is null is as good as absent to the API server. */
  private static void removeNulls(JsonNode node) {
    if (node instanceof ObjectNode object) {
      object.properties().removeIf(field -> field.getValue().isNull());
    }
    node.forEach(Comparison::removeNulls);
  }
}
