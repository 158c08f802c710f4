package dev.holdfast.sandbox.fields;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.schema.Schema;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Strategic merge patch: a merge patch that merges lists of objects by a key, where the type says
 * which ({@link Schema#mergeKey}). Directives: {@code $patch: delete | replace | merge}, {@code
 * $retainKeys}, {@code $setElementOrder/LIST}, {@code $deleteFromPrimitiveList/LIST}.
 */
public final class StrategicMerge {

  private static final String ORDER = "$setElementOrder/";
  private static final String DELETE_SCALARS = "$deleteFromPrimitiveList/";

  private StrategicMerge() {}

  /** Changes {@code target} and returns it. */
  public static ObjectNode merge(@Nullable Schema schema, ObjectNode target, ObjectNode patch) {
    switch (patch.path("$patch").asText()) {
      case "replace" -> {
        ObjectNode fresh = patch.deepCopy();
        fresh.remove("$patch");
        return clean(fresh);
      }
      case "delete" -> {
        return target.objectNode();
      }
      default -> {}
    }
    if (patch.path("$retainKeys").isArray()) {
      Set<String> keep = new HashSet<>();
      patch.path("$retainKeys").forEach(key -> keep.add(key.asText()));
      target.properties().removeIf(entry -> !keep.contains(entry.getKey()));
    }
    for (var entry : patch.properties()) {
      String name = entry.getKey();
      if (name.startsWith("$")) {
        directive(target, name, entry.getValue());
      } else {
        field(schema, target, name, entry.getValue());
      }
    }
    for (var entry : patch.properties()) {
      if (entry.getKey().startsWith(ORDER)) {
        String list = entry.getKey().substring(ORDER.length());
        order(child(schema, list), target, list, entry.getValue());
      }
    }
    return target;
  }

  private static @Nullable Schema child(@Nullable Schema schema, String name) {
    return schema == null ? null : schema.child(name);
  }

  private static void directive(ObjectNode target, String name, JsonNode value) {
    if (name.startsWith(DELETE_SCALARS)
        && target.get(name.substring(DELETE_SCALARS.length())) instanceof ArrayNode list) {
      for (JsonNode gone : value) {
        for (int i = list.size() - 1; i >= 0; i--) {
          if (list.get(i).equals(gone)) {
            list.remove(i);
          }
        }
      }
    }
  }

  private static void field(
      @Nullable Schema schema, ObjectNode target, String name, JsonNode value) {
    Schema type = child(schema, name);
    JsonNode present = target.get(name);
    switch (value) {
      case JsonNode none when none.isNull() -> target.remove(name);
      case ObjectNode object -> {
        if (object.path("$patch").asText().equals("delete")) {
          target.remove(name);
        } else {
          ObjectNode into = present instanceof ObjectNode node ? node : target.objectNode();
          target.set(name, merge(type, into, object));
        }
      }
      case ArrayNode list -> {
        ArrayNode into = present instanceof ArrayNode node ? node : target.arrayNode();
        target.set(name, list(type, into, list));
      }
      default -> target.set(name, value);
    }
  }

  private static ArrayNode list(@Nullable Schema type, ArrayNode present, ArrayNode patch) {
    if (type != null && type.mergeScalars()) {
      for (JsonNode each : patch) {
        if (!contains(present, each)) {
          present.add(each);
        }
      }
      return present;
    }
    String key = type == null ? "" : type.mergeKey();
    ArrayNode result = JsonNodeFactory.instance.arrayNode();
    boolean replace = key.isEmpty();
    for (JsonNode each : patch) {
      replace |= each.path("$patch").asText().equals("replace");
    }
    if (replace) {
      for (JsonNode each : patch) {
        if (!each.has("$patch")) {
          result.add(each instanceof ObjectNode object ? clean(object.deepCopy()) : each);
        }
      }
      return result;
    }
    result.addAll(present);
    for (JsonNode each : patch) {
      mergeItem(type == null ? null : type.element(), key, result, (ObjectNode) each);
    }
    return result;
  }

  private static void mergeItem(
      @Nullable Schema type, String key, ArrayNode list, ObjectNode patch) {
    int at = find(list, key, patch.path(key));
    if (patch.path("$patch").asText().equals("delete")) {
      while (at >= 0) {
        list.remove(at);
        at = find(list, key, patch.path(key));
      }
    } else if (at < 0) {
      list.add(merge(type, list.objectNode(), patch));
    } else {
      list.set(at, merge(type, (ObjectNode) list.get(at), patch));
    }
  }

  private static int find(ArrayNode list, String key, JsonNode value) {
    for (int i = 0; i < list.size(); i++) {
      if (list.get(i).path(key).equals(value)) {
        return i;
      }
    }
    return -1;
  }

  private static boolean contains(ArrayNode list, JsonNode value) {
    for (JsonNode each : list) {
      if (each.equals(value)) {
        return true;
      }
    }
    return false;
  }

  /** Those that the order names stand in its order; the others stay where they stood before it. */
  private static void order(@Nullable Schema type, ObjectNode target, String name, JsonNode order) {
    if (!(target.get(name) instanceof ArrayNode list)) {
      return;
    }
    String key = type == null ? "" : type.mergeKey();
    List<JsonNode> named = new ArrayList<>();
    for (JsonNode each : order) {
      for (JsonNode item : list) {
        if (key.isEmpty() ? item.equals(each) : item.path(key).equals(each.path(key))) {
          named.add(item);
        }
      }
    }
    ArrayNode result = list.arrayNode();
    int next = 0;
    for (JsonNode item : list) {
      boolean inOrder = named.stream().anyMatch(other -> other.equals(item));
      if (!inOrder) {
        result.add(item);
      } else if (next < named.size()) {
        result.add(named.get(next++));
      }
    }
    target.set(name, result);
  }

  /** Takes directives out of what is taken over whole. */
  private static ObjectNode clean(ObjectNode object) {
    object.properties().removeIf(entry -> entry.getKey().startsWith("$"));
    for (var entry : object.properties()) {
      if (entry.getValue() instanceof ObjectNode child) {
        clean(child);
      }
    }
    return object;
  }
}
