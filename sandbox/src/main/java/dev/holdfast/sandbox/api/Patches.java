package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** JSON patch (RFC 6902) and JSON merge patch (RFC 7386). */
final class Patches {

  private Patches() {}

  /** Changes {@code target} and returns it. */
  static ObjectNode merge(ObjectNode target, JsonNode patch) {
    patch
        .properties()
        .forEach(field -> {
          String name = field.getKey();
          JsonNode value = field.getValue();
          if (value.isNull()) {
            target.remove(name);
          } else if (value.isObject()) {
            JsonNode present = target.get(name);
            ObjectNode into = present instanceof ObjectNode object ? object : target.objectNode();
            target.set(name, merge(into, value));
          } else {
            target.set(name, withoutNulls(value));
          }
        });
    return target;
  }

  /** A list's objects lose their nulls, as Go's merge patch prunes them. */
  private static JsonNode withoutNulls(JsonNode value) {
    if (!value.isArray()) {
      return value;
    }
    ArrayNode result = ((ArrayNode) value).arrayNode();
    for (JsonNode item : value) {
      result.add(item instanceof ObjectNode object ? merge(object.objectNode(), object) : item);
    }
    return result;
  }

  /** An operation that does not apply. */
  static final class Inapplicable extends Exception {
    private static final long serialVersionUID = 1L;

    Inapplicable(String message) {
      super(message);
    }
  }

  static JsonNode json(JsonNode document, JsonNode patch) throws Inapplicable {
    JsonNode result = document;
    for (JsonNode operation : patch) {
      result = apply(result, operation);
    }
    return result;
  }

  private static JsonNode apply(JsonNode document, JsonNode operation) throws Inapplicable {
    String kind = operation.path("op").asText();
    String path = operation.path("path").asText();
    return switch (kind) {
      case "add" -> add(document, path, operation.path("value"));
      case "remove" -> remove(document, path);
      case "replace" -> replace(document, path, operation.path("value"));
      case "move" -> {
        String from = operation.path("from").asText();
        JsonNode value = at(document, from);
        yield add(remove(document, from), path, value);
      }
      case "copy" -> add(document, path, at(document, operation.path("from").asText()).deepCopy());
      case "test" -> {
        JsonNode found = document.at(path);
        if (!same(found, operation.path("value"))) {
          throw new Inapplicable("testing value " + path + " failed: test failed");
        }
        yield document;
      }
      default -> throw new Inapplicable("Unexpected kind: " + kind);
    };
  }

  private static boolean same(JsonNode a, JsonNode b) {
    return a.isMissingNode() ? b.isNull() || b.isMissingNode() : a.equals(b);
  }

  private static JsonNode at(JsonNode document, String path) throws Inapplicable {
    JsonNode found = document.at(path);
    if (found.isMissingNode()) {
      throw new Inapplicable("doc is missing path: " + path + ": missing value");
    }
    return found;
  }

  private static String last(String path) {
    return path.substring(path.lastIndexOf('/') + 1).replace("~1", "/").replace("~0", "~");
  }

  private static JsonNode parent(JsonNode document, String operation, String path)
      throws Inapplicable {
    JsonNode parent = document.at(path.substring(0, Math.max(0, path.lastIndexOf('/'))));
    if (!parent.isContainerNode()) {
      throw new Inapplicable(
          operation
              + " operation does not apply: doc is missing path: \""
              + path
              + "\": missing value");
    }
    return parent;
  }

  private static int index(ArrayNode array, String token, int limit, String path)
      throws Inapplicable {
    try {
      int index = Integer.parseInt(token);
      if (index >= 0 && index < limit) {
        return index;
      }
    } catch (NumberFormatException e) {
      // reported below
    }
    throw new Inapplicable("Unable to access invalid index: " + token + " in " + path);
  }

  private static JsonNode add(JsonNode document, String path, JsonNode value) throws Inapplicable {
    if (path.isEmpty()) {
      return value;
    }
    JsonNode parent = parent(document, "add", path);
    if (parent instanceof ArrayNode array) {
      if (last(path).equals("-")) {
        array.add(value);
      } else {
        array.insert(index(array, last(path), array.size() + 1, path), value);
      }
    } else {
      ((ObjectNode) parent).set(last(path), value);
    }
    return document;
  }

  private static JsonNode remove(JsonNode document, String path) throws Inapplicable {
    JsonNode parent = parent(document, "remove", path);
    if (parent instanceof ArrayNode array) {
      array.remove(index(array, last(path), array.size(), path));
    } else if (((ObjectNode) parent).remove(last(path)) == null) {
      throw new Inapplicable(
          "remove operation does not apply: doc is missing path: \"" + path + "\": missing value");
    }
    return document;
  }

  private static JsonNode replace(JsonNode document, String path, JsonNode value)
      throws Inapplicable {
    if (path.isEmpty()) {
      return value;
    }
    JsonNode parent = parent(document, "replace", path);
    if (parent instanceof ArrayNode array) {
      array.set(index(array, last(path), array.size(), path), value);
    } else {
      if (!parent.has(last(path))) {
        throw new Inapplicable(
            "replace operation does not apply: doc is missing key: " + path + ": missing value");
      }
      ((ObjectNode) parent).set(last(path), value);
    }
    return document;
  }
}
