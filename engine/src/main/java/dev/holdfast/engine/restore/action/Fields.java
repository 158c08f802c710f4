package dev.holdfast.engine.restore.action;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Reading and pruning of nested fields that may be absent or of another shape than expected. */
final class Fields {

  private Fields() {}

  static JsonNode at(JsonNode node, String... path) {
    JsonNode found = node;
    for (String name : path) {
      found = found.path(name);
    }
    return found;
  }

  /** The object at the path, or null if there is none. */
  static @Nullable ObjectNode object(JsonNode node, String... path) {
    return at(node, path) instanceof ObjectNode object ? object : null;
  }

  /** The text at the path, empty if there is none. */
  static String text(JsonNode node, String... path) {
    return at(node, path).asText("");
  }

  /** The objects in the list at the path; none if there is no list. */
  static List<ObjectNode> objects(JsonNode node, String... path) {
    List<ObjectNode> objects = new ArrayList<>();
    for (JsonNode element : at(node, path)) {
      if (element instanceof ObjectNode object) {
        objects.add(object);
      }
    }
    return objects;
  }

  static String annotation(JsonNode item, String name) {
    return text(item, "metadata", "annotations", name);
  }

  /** Removes fields of the object at the path, and the object itself if that leaves it empty. */
  static void remove(ObjectNode node, Set<String> names, String... path) {
    ObjectNode holder = object(node, path);
    if (holder == null || names.stream().noneMatch(holder::has)) {
      return;
    }
    holder.remove(names);
    if (holder.isEmpty() && path.length > 0) {
      String[] above = Arrays.copyOf(path, path.length - 1);
      ObjectNode parent = object(node, above);
      if (parent != null) {
        parent.remove(path[path.length - 1]);
      }
    }
  }

  /** Removes the list's elements that match, and the list itself if that leaves it empty. */
  static void removeElements(ObjectNode holder, String list, Predicate<JsonNode> unwanted) {
    if (!(holder.get(list) instanceof ArrayNode array)) {
      return;
    }
    int before = array.size();
    for (int i = before - 1; i >= 0; i--) {
      if (unwanted.test(array.get(i))) {
        array.remove(i);
      }
    }
    if (array.isEmpty() && before > 0) {
      holder.remove(list);
    }
  }
}
