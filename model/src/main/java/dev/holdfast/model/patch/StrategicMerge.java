package dev.holdfast.model.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Kubernetes' strategic merge patch: like a merge patch, but lists whose elements have a key are
 * merged element by element ({@link MergeKeys}). Knows the directives {@code $patch} (merge,
 * replace, delete), {@code $retainKeys}, {@code $deleteFromPrimitiveList/FIELD} and {@code
 * $setElementOrder/FIELD}. Defined for built-in types only: a custom resource has no merge keys.
 */
public final class StrategicMerge {

  private static final String PATCH = "$patch";
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

  private static ObjectNode merge(
      ObjectNode original, ObjectNode patch, MergeRules rules, String path) {
    switch (patch.path(PATCH).asText("merge")) {
      case "replace" -> {
        return clean(patch);
      }
      case "delete" -> {
        return JsonNodeFactory.instance.objectNode();
      }
      case "merge" -> {}
      default ->
          throw invalid(path, "'" + patch.get(PATCH).asText() + "' is not a $patch directive");
    }
    ObjectNode result = original.deepCopy();
    retain(result, patch, path);
    for (var field : patch.properties()) {
      String name = field.getKey();
      if (!name.startsWith("$")) {
        set(result, name, field.getValue(), rules, path);
      }
    }
    for (var field : patch.properties()) {
      String name = field.getKey();
      if (name.startsWith(DELETE)) {
        deletePrimitives(result, name.substring(DELETE.length()), field.getValue());
      } else if (name.startsWith(ORDER)) {
        order(result, name.substring(ORDER.length()), field.getValue(), rules);
      }
    }
    return result;
  }

  private static void set(
      ObjectNode result, String name, JsonNode value, MergeRules rules, String path) {
    JsonNode before = result.get(name);
    String at = path + "/" + name;
    if (value.isNull()) {
      result.remove(name);
    } else if (value instanceof ObjectNode changes) {
      if (changes.path(PATCH).asText().equals("delete")) {
        result.remove(name);
      } else if (rules.replaced(name)) {
        result.set(name, clean(changes));
      } else {
        ObjectNode old = before instanceof ObjectNode o ? o : JsonNodeFactory.instance.objectNode();
        result.set(name, merge(old, changes, rules.inside(name), at));
      }
    } else if (value instanceof ArrayNode list) {
      ArrayNode old = before instanceof ArrayNode a ? a : JsonNodeFactory.instance.arrayNode();
      result.set(name, mergeList(old, list, rules, name, at));
    } else {
      result.set(name, value.deepCopy());
    }
  }

  private static ArrayNode mergeList(
      ArrayNode original, ArrayNode patch, MergeRules rules, String name, String path) {
    String key = rules.key(name);
    if (key != null) {
      return mergeElements(original, patch, key, rules.elements(name), path);
    }
    if (rules.isSet(name)) {
      ArrayNode result = original.deepCopy();
      for (JsonNode value : patch) {
        if (!contains(result, value)) {
          result.add(value);
        }
      }
      return result;
    }
    ArrayNode result = JsonNodeFactory.instance.arrayNode();
    for (JsonNode element : patch) {
      result.add(element instanceof ObjectNode object ? clean(object) : element.deepCopy());
    }
    return result;
  }

  private static ArrayNode mergeElements(
      ArrayNode original, ArrayNode patch, String key, MergeRules rules, String path) {
    for (JsonNode element : patch) {
      if (element.path(PATCH).asText().equals("replace")) {
        return replacement(patch);
      }
    }
    ArrayNode result = original.deepCopy();
    for (JsonNode element : patch) {
      if (!(element instanceof ObjectNode changes) || !changes.has(key)) {
        throw invalid(path, "an element lacks the merge key '" + key + "'");
      }
      int at = indexOf(result, key, changes.get(key));
      switch (changes.path(PATCH).asText("merge")) {
        case "delete" -> {
          while (at >= 0) {
            result.remove(at);
            at = indexOf(result, key, changes.get(key));
          }
        }
        default -> {
          ObjectNode old =
              at >= 0 && result.get(at) instanceof ObjectNode o
                  ? o
                  : JsonNodeFactory.instance.objectNode();
          put(result, at, merge(old, changes, rules, path));
        }
      }
    }
    return result;
  }

  /**
   * A list in which any element says {@code "$patch": "replace"} replaces the whole list, without
   * the elements that carry directives.
   */
  private static ArrayNode replacement(ArrayNode patch) {
    ArrayNode result = JsonNodeFactory.instance.arrayNode();
    for (JsonNode element : patch) {
      if (!element.has(PATCH)) {
        result.add(element instanceof ObjectNode object ? clean(object) : element.deepCopy());
      }
    }
    return result;
  }

  private static void put(ArrayNode list, int at, ObjectNode element) {
    if (at >= 0) {
      list.set(at, element);
    } else {
      list.add(element);
    }
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
    result.retain(kept);
  }

  private static void deletePrimitives(ObjectNode result, String name, JsonNode values) {
    if (result.get(name) instanceof ArrayNode list) {
      for (int i = list.size() - 1; i >= 0; i--) {
        if (contains(values, list.get(i))) {
          list.remove(i);
        }
      }
    }
  }

  /** Elements named in the order come in that order; the others keep their place among them. */
  private static void order(ObjectNode result, String name, JsonNode order, MergeRules rules) {
    if (!(result.get(name) instanceof ArrayNode list) || !order.isArray()) {
      return;
    }
    String key = rules.key(name);
    List<Integer> places = new ArrayList<>();
    List<JsonNode> sorted = new ArrayList<>();
    for (JsonNode wanted : order) {
      for (int i = 0; i < list.size(); i++) {
        JsonNode element = list.get(i);
        boolean same =
            key == null
                ? Json.equal(element, wanted)
                : Json.equal(element.path(key), wanted.path(key));
        if (same && !places.contains(i)) {
          places.add(i);
          sorted.add(element);
          break;
        }
      }
    }
    places.sort(null);
    for (int i = 0; i < places.size(); i++) {
      list.set(places.get(i), sorted.get(i));
    }
  }

  private static int indexOf(ArrayNode list, String key, @Nullable JsonNode value) {
    for (int i = 0; i < list.size(); i++) {
      if (value != null && Json.equal(list.get(i).path(key), value)) {
        return i;
      }
    }
    return -1;
  }

  private static boolean contains(JsonNode list, JsonNode value) {
    for (JsonNode element : list) {
      if (Json.equal(element, value)) {
        return true;
      }
    }
    return false;
  }

  /** A copy without directives, at any depth. */
  private static ObjectNode clean(ObjectNode patch) {
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    for (var field : patch.properties()) {
      if (field.getKey().startsWith("$") || field.getValue().isNull()) {
        continue;
      }
      result.set(
          field.getKey(),
          field.getValue() instanceof ObjectNode inner
              ? clean(inner)
              : field.getValue().deepCopy());
    }
    return result;
  }

  private static Failure.Invalid invalid(String path, String why) {
    return new Failure.Invalid(
        "The strategic merge patch does not apply at '"
            + (path.isEmpty() ? "/" : path)
            + "': "
            + why);
  }
}
