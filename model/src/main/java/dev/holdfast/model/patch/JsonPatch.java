package dev.holdfast.model.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** RFC 6902 JSON patch. */
public final class JsonPatch {

  /**
   * One operation.
   *
   * @param op add, remove, replace, test, copy or move
   * @param path RFC 6901 pointer: {@code /spec/ports/0}, {@code -} behind the last element
   * @param from the source pointer of copy and move, else null
   * @param value what add, replace and test need, else null
   */
  public record Op(String op, String path, @Nullable String from, @Nullable JsonNode value) {

    @Override
    public String toString() {
      return op + (from == null ? "" : " " + from) + " " + path;
    }
  }

  private JsonPatch() {}

  /**
   * Reads the JSON form, an array of operations.
   *
   * @throws Failure.Invalid if it is malformed; the message names the operation by its index
   */
  public static List<Op> parse(JsonNode patch) {
    if (!patch.isArray()) {
      throw new Failure.Invalid("A JSON patch is an array of operations");
    }
    List<Op> ops = new ArrayList<>();
    for (JsonNode op : patch) {
      JsonNode from = op.get("from");
      ops.add(
          new Op(
              op.path("op").asText(),
              op.path("path").asText(),
              from == null ? null : from.asText(),
              op.get("value")));
    }
    return ops;
  }

  /**
   * Applies the operations in order to a copy.
   *
   * @return the patched copy, or empty if a {@code test} did not hold
   * @throws Failure.Invalid if an operation cannot be carried out; the message names it
   */
  public static Optional<JsonNode> apply(JsonNode document, List<Op> ops) {
    JsonNode result = document.deepCopy();
    for (Op op : ops) {
      switch (op.op()) {
        case "add" -> result = add(result, op, op.path(), value(op));
        case "remove" -> result = remove(result, op, op.path());
        case "replace" -> result = replace(result, op);
        case "copy" -> result = add(result, op, op.path(), get(result, op, from(op)).deepCopy());
        case "move" -> {
          JsonNode moved = get(result, op, from(op));
          if (op.path().startsWith(from(op) + "/")) {
            throw impossible(op, "a value cannot be moved into itself");
          }
          result = add(remove(result, op, from(op)), op, op.path(), moved);
        }
        case "test" -> {
          JsonNode found = find(result, tokens(op, op.path()));
          JsonNode wanted = value(op);
          if (found == null ? !wanted.isNull() : !Json.equal(found, wanted)) {
            return Optional.empty();
          }
        }
        default -> throw impossible(op, "use add, remove, replace, test, copy or move");
      }
    }
    return Optional.of(result);
  }

  private static JsonNode value(Op op) {
    if (op.value() == null) {
      throw impossible(op, "it has no value");
    }
    return op.value();
  }

  private static String from(Op op) {
    if (op.from() == null) {
      throw impossible(op, "it has no 'from'");
    }
    return op.from();
  }

  private static JsonNode add(JsonNode document, Op op, String pointer, JsonNode value) {
    List<String> tokens = tokens(op, pointer);
    if (tokens.isEmpty()) {
      return value;
    }
    String last = tokens.getLast();
    JsonNode parent = parent(document, op, tokens);
    if (parent instanceof ObjectNode object) {
      object.set(last, value);
    } else if (parent instanceof ArrayNode array) {
      array.insert(last.equals("-") ? array.size() : index(op, last, array.size()), value);
    } else {
      throw impossible(op, "'" + pointer + "' is inside a plain value");
    }
    return document;
  }

  private static JsonNode replace(JsonNode document, Op op) {
    List<String> tokens = tokens(op, op.path());
    get(document, op, op.path());
    if (tokens.isEmpty()) {
      return value(op);
    }
    JsonNode parent = parent(document, op, tokens);
    if (parent instanceof ObjectNode object) {
      object.set(tokens.getLast(), value(op));
    } else if (parent instanceof ArrayNode array) {
      array.set(index(op, tokens.getLast(), array.size() - 1), value(op));
    }
    return document;
  }

  private static JsonNode remove(JsonNode document, Op op, String pointer) {
    List<String> tokens = tokens(op, pointer);
    get(document, op, pointer);
    if (tokens.isEmpty()) {
      throw impossible(op, "the whole object cannot be removed");
    }
    JsonNode parent = parent(document, op, tokens);
    if (parent instanceof ObjectNode object) {
      object.remove(tokens.getLast());
    } else if (parent instanceof ArrayNode array) {
      array.remove(index(op, tokens.getLast(), array.size() - 1));
    }
    return document;
  }

  private static JsonNode parent(JsonNode document, Op op, List<String> tokens) {
    JsonNode parent = find(document, tokens.subList(0, tokens.size() - 1));
    if (parent == null) {
      throw impossible(op, "the parent of '" + tokens.getLast() + "' is not there");
    }
    return parent;
  }

  private static JsonNode get(JsonNode document, Op op, String pointer) {
    JsonNode found = find(document, tokens(op, pointer));
    if (found == null) {
      throw impossible(op, "there is nothing at '" + pointer + "'");
    }
    return found;
  }

  private static @Nullable JsonNode find(JsonNode document, List<String> tokens) {
    JsonNode node = document;
    for (String token : tokens) {
      if (node instanceof ArrayNode array) {
        node = isIndex(token) ? array.get(Integer.parseInt(token)) : null;
      } else {
        node = node.get(token);
      }
      if (node == null) {
        return null;
      }
    }
    return node;
  }

  private static List<String> tokens(Op op, String pointer) {
    if (pointer.isEmpty()) {
      return List.of();
    }
    if (!pointer.startsWith("/")) {
      throw impossible(op, "'" + pointer + "' does not begin with '/'");
    }
    List<String> tokens = new ArrayList<>();
    for (String token : pointer.substring(1).split("/", -1)) {
      tokens.add(token.replace("~1", "/").replace("~0", "~"));
    }
    return tokens;
  }

  private static int index(Op op, String token, int last) {
    if (!isIndex(token) || Integer.parseInt(token) > last) {
      throw impossible(op, "'" + token + "' is not an index of the list");
    }
    return Integer.parseInt(token);
  }

  private static boolean isIndex(String token) {
    return token.matches("0|[1-9][0-9]{0,8}");
  }

  private static Failure.Invalid impossible(Op op, String why) {
    return new Failure.Invalid("JSON patch operation '" + op + "' does not apply: " + why);
  }
}
