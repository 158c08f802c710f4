package dev.holdfast.model.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lists that a strategic merge patch merges: by their elements' key, or as sets of plain values.
 *
 * <p>The order of the result: what the patch names comes in the patch's order, the others in that
 * of the object; where the object has one of each, its order says which comes first, and else what
 * the patch names does. So an element that is new to the list stands before those of which the
 * patch says nothing, unless {@code $setElementOrder} names them too.
 */
final class MergedList {

  private MergedList() {}

  static boolean isMerged(MergeRules rules, String name) {
    return rules.key(name) != null || rules.isSet(name);
  }

  static ArrayNode of(
      ArrayNode original, ArrayNode patch, MergeRules rules, String name, String path) {
    String key = rules.key(name);
    boolean plain = original.valueStream().noneMatch(JsonNode::isObject);
    if (key == null || plain && !patch.isEmpty() && !patch.get(0).isObject()) {
      return union(original, patch);
    }
    ArrayNode kept = original.deepCopy();
    List<ObjectNode> changes = new ArrayList<>();
    boolean replace = false;
    for (JsonNode element : patch) {
      if (!(element instanceof ObjectNode change)) {
        throw StrategicMerge.invalid(path, "an element lacks the merge key '" + key + "'");
      }
      switch (change.path(StrategicMerge.PATCH).asText()) {
        case "" -> changes.add(change);
        case "replace" -> replace = true;
        case "delete" -> delete(kept, key, value(change, key, path));
        default ->
            throw StrategicMerge.invalid(
                path, "'" + change.get(StrategicMerge.PATCH).asText() + "' is no $patch of a list");
      }
    }
    return replace
        ? replacement(changes)
        : elements(kept, changes, key, rules.elements(name), path);
  }

  /** One element that says {@code "$patch": "replace"} replaces the list, and is not in it. */
  private static ArrayNode replacement(List<ObjectNode> changes) {
    ArrayNode result = JsonNodeFactory.instance.arrayNode();
    changes.forEach(change -> result.add(StrategicMerge.plain(change)));
    return result;
  }

  private static ArrayNode elements(
      ArrayNode kept, List<ObjectNode> changes, String key, MergeRules rules, String path) {
    ArrayNode merged = kept.deepCopy();
    ArrayNode named = JsonNodeFactory.instance.arrayNode();
    for (ObjectNode change : changes) {
      named.add(change);
      int at = index(merged, value(change, key, path), key);
      if (at < 0) {
        merged.add(StrategicMerge.plain(change));
      } else {
        merged.set(at, StrategicMerge.merge((ObjectNode) merged.get(at), change, rules, path));
      }
    }
    return inOrder(merged, named, kept, key);
  }

  private static ArrayNode union(ArrayNode original, ArrayNode patch) {
    ArrayNode merged = JsonNodeFactory.instance.arrayNode();
    for (ArrayNode list : List.of(original, patch)) {
      for (JsonNode value : list) {
        if (!contains(merged, value)) {
          merged.add(value);
        }
      }
    }
    return inOrder(merged, patch, original, null);
  }

  private static void delete(ArrayNode list, String key, JsonNode value) {
    for (int at = index(list, value, key); at >= 0; at = index(list, value, key)) {
      list.remove(at);
    }
  }

  private static JsonNode value(ObjectNode element, String key, String path) {
    JsonNode value = element.get(key);
    if (value == null) {
      throw StrategicMerge.invalid(path, "an element lacks the merge key '" + key + "'");
    }
    return value;
  }

  /**
   * @param order those that the patch names, in the order wanted
   * @param original the list before, which orders the others; null if there was none
   * @param key null for a list of plain values
   */
  static ArrayNode inOrder(
      ArrayNode list, ArrayNode order, @Nullable ArrayNode original, @Nullable String key) {
    ArrayNode before = original == null ? JsonNodeFactory.instance.arrayNode() : original;
    List<JsonNode> named = new ArrayList<>();
    List<JsonNode> others = new ArrayList<>();
    for (JsonNode element : list) {
      (index(order, identity(element, key), key) >= 0 ? named : others).add(element);
    }
    named.sort(Comparator.comparingInt(e -> index(order, identity(e, key), key)));
    others.sort(Comparator.comparingInt(e -> index(before, identity(e, key), key)));
    ArrayNode result = JsonNodeFactory.instance.arrayNode();
    int next = 0;
    for (JsonNode element : named) {
      int place = index(before, identity(element, key), key);
      while (next < others.size() && isBefore(others.get(next), place, before, key)) {
        result.add(others.get(next++));
      }
      result.add(element);
    }
    others.subList(next, others.size()).forEach(result::add);
    return result;
  }

  private static boolean isBefore(
      JsonNode other, int place, ArrayNode before, @Nullable String key) {
    int own = index(before, identity(other, key), key);
    return own >= 0 && own < place;
  }

  /** The order names what the patch names, and in the same order. */
  static void checkOrder(
      @Nullable ArrayNode patch, ArrayNode order, @Nullable String key, String path) {
    if (patch == null || order.isEmpty()) {
      return;
    }
    int last = -1;
    for (JsonNode element : patch) {
      if (element.has(StrategicMerge.PATCH)) {
        continue;
      }
      int at = index(order, identity(element, key), key);
      if (at <= last) {
        throw StrategicMerge.invalid(path, "its order is not that of $setElementOrder");
      }
      last = at;
    }
  }

  private static JsonNode identity(JsonNode element, @Nullable String key) {
    return key == null ? element : element.path(key);
  }

  private static int index(ArrayNode list, JsonNode identity, @Nullable String key) {
    for (int i = 0; i < list.size(); i++) {
      if (Json.equal(identity(list.get(i), key), identity)) {
        return i;
      }
    }
    return -1;
  }

  static boolean contains(JsonNode list, JsonNode value) {
    return list.valueStream().anyMatch(element -> Json.equal(element, value));
  }
}
