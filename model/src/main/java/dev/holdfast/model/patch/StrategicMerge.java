package dev.holdfast.model.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Failure;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Kubernetes' strategic merge patch: like a merge patch, but lists whose elements have a key are
 * merged element by element ({@link MergeKeys}, {@link MergedList}). Knows the directives {@code
 * $patch} (replace, delete), {@code $retainKeys}, {@code $deleteFromPrimitiveList/FIELD} and {@code
 * $setElementOrder/FIELD}. Defined for built-in types only: a custom resource has no merge keys.
 *
 * <p>Follows {@code strategicpatch} of k8s.io/apimachinery, by which an API server patches, in what
 * is surprising too: a value that is new to the object is taken as it is (a key that it has twice
 * stays there twice), and parts of it that carry {@code $patch} are left out.
 */
public final class StrategicMerge {

  static final String PATCH = "$patch";
  private static final String RETAIN = "$retainKeys";
  private static final String DELETE = "$deleteFromPrimitiveList/";
  private static final String ORDER = "$setElementOrder/";

  private StrategicMerge() {}

  /**
   * The object with the patch applied; neither argument changes.
   *
   * @throws Failure.Invalid if the patch contradicts the object or lacks a merge key
   */
  public static ObjectNode apply(ObjectNode object, ObjectNode patch) {
    return apply(object, patch, MergeKeys.OBJECT);
  }

  /**
   * The same for an object whose type says itself which lists have a key.
   *
   * @throws Failure.Invalid if the patch contradicts the object or lacks a merge key
   */
  public static ObjectNode apply(ObjectNode object, ObjectNode patch, MergeRules rules) {
    return merge(object, patch, rules, "");
  }

  static ObjectNode merge(ObjectNode original, ObjectNode patch, MergeRules rules, String path) {
    if (patch.has(PATCH)) {
      return switch (patch.get(PATCH).asText()) {
        case "replace" -> (ObjectNode) plain(patch);
        case "delete" -> JsonNodeFactory.instance.objectNode();
        default ->
            throw invalid(path, "'" + patch.get(PATCH).asText() + "' is not a $patch directive");
      };
    }
    ObjectNode result = original.deepCopy();
    retain(result, patch, path);
    Set<String> ordered = new LinkedHashSet<>();
    for (var field : patch.properties()) {
      if (field.getKey().startsWith(ORDER)) {
        String name = field.getKey().substring(ORDER.length());
        ordered.add(name);
        order(result, name, patch.get(name), field.getValue(), rules, path + "/" + name);
      }
    }
    for (var field : patch.properties()) {
      String name = field.getKey();
      if (name.startsWith(DELETE)) {
        deletePrimitives(result, name.substring(DELETE.length()), field.getValue());
      } else if (!isDirective(name) && !ordered.contains(name)) {
        set(result, name, field.getValue(), rules, path + "/" + name);
      }
    }
    return result;
  }

  private static void set(
      ObjectNode result, String name, JsonNode value, MergeRules rules, String path) {
    JsonNode before = result.get(name);
    if (value.isNull()) {
      result.remove(name);
    } else if (before == null || before.getNodeType() != value.getNodeType()) {
      setNew(result, name, value);
    } else if (value instanceof ObjectNode changes && !rules.replaced(name)) {
      result.set(name, merge((ObjectNode) before, changes, rules.inside(name), path));
    } else if (value instanceof ArrayNode list && MergedList.isMerged(rules, name)) {
      result.set(name, MergedList.of((ArrayNode) before, list, rules, name, path));
    } else {
      result.set(name, plain(value));
    }
  }

  private static void setNew(ObjectNode result, String name, JsonNode value) {
    JsonNode fresh = fresh(value);
    if (fresh == null) {
      result.remove(name);
    } else {
      result.set(name, fresh);
    }
  }

  /** Merges one list, of which the patch names the order, and puts it into this order. */
  private static void order(
      ObjectNode result,
      String name,
      @Nullable JsonNode patch,
      JsonNode order,
      MergeRules rules,
      String path) {
    JsonNode before = result.get(name);
    if (!(order instanceof ArrayNode wanted)
        || before != null && !before.isArray()
        || patch != null && !patch.isArray()) {
      throw invalid(path, "$setElementOrder is a list and orders one");
    }
    ArrayNode original = before instanceof ArrayNode list ? list : null;
    ArrayNode changes = patch instanceof ArrayNode list ? list : null;
    MergedList.checkOrder(changes, wanted, rules.key(name), path);
    ArrayNode merged;
    if (changes == null) {
      if (original == null) {
        return;
      }
      merged = original;
    } else if (original == null) {
      merged = (ArrayNode) copy(changes, false);
    } else {
      merged =
          MergedList.isMerged(rules, name)
              ? MergedList.of(original, changes, rules, name, path)
              : (ArrayNode) plain(changes);
    }
    result.set(name, MergedList.inOrder(merged, wanted, original, rules.key(name)));
  }

  private static void retain(ObjectNode result, ObjectNode patch, String path) {
    JsonNode keys = patch.get(RETAIN);
    if (keys == null) {
      return;
    }
    if (!keys.isArray()) {
      throw invalid(path, "$retainKeys is a list of field names");
    }
    Set<String> kept = new LinkedHashSet<>();
    keys.forEach(k -> kept.add(k.asText()));
    for (var field : patch.properties()) {
      String name = field.getKey();
      if (!isDirective(name) && !field.getValue().isNull() && !kept.contains(name)) {
        throw invalid(path, "$retainKeys does not name '" + name + "', which the patch sets");
      }
    }
    result.retain(kept);
  }

  private static void deletePrimitives(ObjectNode result, String name, JsonNode values) {
    if (result.get(name) instanceof ArrayNode list) {
      for (int i = list.size() - 1; i >= 0; i--) {
        if (MergedList.contains(values, list.get(i))) {
          list.remove(i);
        }
      }
    }
  }

  private static boolean isDirective(String name) {
    return name.equals(PATCH)
        || name.equals(RETAIN)
        || name.startsWith(DELETE)
        || name.startsWith(ORDER);
  }

  /** A value that is new to the object: a copy without what carries {@code $patch}, or null. */
  private static @Nullable JsonNode fresh(JsonNode value) {
    if (value.has(PATCH)) {
      return null;
    }
    return copy(value, false);
  }

  /** A copy without directives and nulls, at any depth. */
  static JsonNode plain(JsonNode value) {
    return copy(value, true);
  }

  private static JsonNode copy(JsonNode value, boolean marked) {
    if (value.getNodeType() == JsonNodeType.OBJECT) {
      ObjectNode result = JsonNodeFactory.instance.objectNode();
      for (var field : value.properties()) {
        JsonNode inner = field.getValue();
        if (!isDirective(field.getKey()) && !inner.isNull() && (marked || !inner.has(PATCH))) {
          result.set(field.getKey(), copy(inner, marked));
        }
      }
      return result;
    }
    if (value.isArray()) {
      ArrayNode result = JsonNodeFactory.instance.arrayNode();
      for (JsonNode element : value) {
        if (marked || !element.has(PATCH)) {
          result.add(copy(element, marked));
        }
      }
      return result;
    }
    return value.deepCopy();
  }

  static Failure.Invalid invalid(String path, String why) {
    return new Failure.Invalid(
        "The strategic merge patch does not apply at '"
            + (path.isEmpty() ? "/" : path)
            + "': "
            + why);
  }
}
