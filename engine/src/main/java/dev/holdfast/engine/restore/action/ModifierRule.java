package dev.holdfast.engine.restore.action;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.LabelSelector;
import dev.holdfast.model.patch.JsonPatch;
import dev.holdfast.model.patch.MergeKeys;
import dev.holdfast.model.patch.MergePatch;
import dev.holdfast.model.patch.StrategicMerge;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One resource modifier.
 *
 * @param number its place in the document, from 1, for messages
 */
public record ModifierRule(int number, Conditions conditions, Change change) {

  /**
   * Which items a rule changes: all that is given must hold.
   *
   * @param type matches {@code resource[.group]}
   * @param namespaces of the backup; empty means any. Cluster-scoped items match whatever stands
   *     here, as in Velero.
   * @param name is found somewhere in the item's name, or null
   * @param matches JSON pointer and the value that must stand there, as test operations
   */
  public record Conditions(
      Pattern type,
      List<String> namespaces,
      @Nullable Pattern name,
      @Nullable LabelSelector selector,
      List<JsonPatch.Op> matches) {

    boolean match(GroupResource type, ObjectNode item) {
      String namespace = Fields.text(item, "metadata", "namespace");
      if (!namespace.isEmpty()
          && !namespaces.isEmpty()
          && !namespaces.contains("*")
          && !namespaces.contains(namespace)) {
        return false;
      }
      if (!this.type.matcher(type.toString()).matches()
          || name != null && !name.matcher(Fields.text(item, "metadata", "name")).find()
          || selector != null && !selector.matches(labels(item))) {
        return false;
      }
      return JsonPatch.apply(item, matches).isPresent();
    }

    private static Map<String, String> labels(ObjectNode item) {
      Map<String, String> labels = new HashMap<>();
      Fields.at(item, "metadata", "labels")
          .properties()
          .forEach(e -> labels.put(e.getKey(), e.getValue().asText()));
      return labels;
    }
  }

  /** What a rule does: patches of one kind, in order. */
  public sealed interface Change {

    /**
     * The changed copy.
     *
     * @throws Failure.Invalid if a patch does not apply
     */
    ObjectNode apply(ObjectNode item, GroupResource type);
  }

  /** JSON patch; if one of its tests does not hold, the item stays as it is. */
  public record Json(List<JsonPatch.Op> ops) implements Change {
    @Override
    public ObjectNode apply(ObjectNode item, GroupResource type) {
      return object(JsonPatch.apply(item, ops).orElse(item));
    }
  }

  /** JSON merge patches. */
  public record Merge(List<ObjectNode> patches) implements Change {
    @Override
    public ObjectNode apply(ObjectNode item, GroupResource type) {
      JsonNode result = item;
      for (ObjectNode patch : patches) {
        result = MergePatch.apply(result, patch);
      }
      return object(result);
    }
  }

  /** Strategic merge patches, for built-in types. */
  public record Strategic(List<ObjectNode> patches) implements Change {
    @Override
    public ObjectNode apply(ObjectNode item, GroupResource type) {
      if (!MergeKeys.builtIn(type.group())) {
        throw new Failure.Invalid(
            "a strategic patch needs a built-in type, " + type + " is not; use mergePatches");
      }
      ObjectNode result = item;
      for (ObjectNode patch : patches) {
        result = StrategicMerge.apply(result, patch);
      }
      return result;
    }
  }

  private static ObjectNode object(JsonNode result) {
    if (result instanceof ObjectNode object) {
      return object;
    }
    throw new Failure.Invalid("the patch leaves no object");
  }
}
