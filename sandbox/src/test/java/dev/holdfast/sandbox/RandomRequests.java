package dev.holdfast.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Makes up requests about a few objects of one namespace, right ones and wrong ones. The same
 * generator makes up the same requests.
 */
final class RandomRequests {

  /**
   * @param path with {@code {ns}} for the namespace
   * @param body empty for none; {@code {rv}} stands for the object's resourceVersion
   */
  record Ask(String method, String path, Map<String, String> headers, String body) {
    @Override
    public String toString() {
      return method + " " + path + " " + headers + " " + body;
    }
  }

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private static final List<JsonNode> VALUES =
      List.of(
          NODES.nullNode(),
          NODES.textNode(""),
          NODES.textNode("x"),
          NODES.textNode("UPPER case"),
          NODES.textNode("10m"),
          NODES.textNode("a".repeat(300)),
          NODES.numberNode(-1),
          NODES.numberNode(0),
          NODES.numberNode(1),
          NODES.numberNode(70000),
          NODES.numberNode(5_000_000_000L),
          NODES.booleanNode(true),
          NODES.arrayNode(),
          NODES.objectNode(),
          NODES.arrayNode().add("x"),
          NODES.objectNode().put("a", "b"));

  private final RandomGenerator random;
  private final JsonNode kind;
  private final String collection;

  /** About objects of one kind: that is where requests meet. */
  RandomRequests(RandomGenerator random, JsonNode kinds) {
    this.random = random;
    this.kind = kinds.get(random.nextInt(kinds.size()));
    this.collection =
        kind.path("root").asText() + "/namespaces/{ns}/" + kind.path("resource").asText();
  }

  Ask next() {
    String name = "n" + random.nextInt(2);
    String one = collection + "/" + name;
    return switch (random.nextInt(20)) {
      case 0, 1, 2, 3 -> new Ask("POST", collection + options(), JSON, wrongAtTimes(body(name)));
      case 4 -> new Ask("GET", one, Map.of(), "");
      case 5, 6, 7 -> new Ask("PUT", one + options(), JSON, wrongAtTimes(versioned(body(name))));
      case 8, 9, 10 -> patch(one, "application/merge-patch+json", change(body(name)).toString());
      case 11, 12 -> strategic(one, name);
      case 13 -> patch(one, "application/json-patch+json", jsonPatch(body(name)).toString());
      case 14, 15, 16 -> applied(one, name);
      case 17 -> new Ask("DELETE", one + (often() ? "" : "?dryRun=All"), JSON, "");
      case 18 -> list();
      default -> new Ask("PUT", one + "/status", JSON, versioned(body(name)).toString());
    };
  }

  private static final Map<String, String> JSON = Map.of("Content-Type", "application/json");

  private boolean often() {
    return random.nextInt(4) > 0;
  }

  private String options() {
    return switch (random.nextInt(8)) {
      case 0 -> "?dryRun=All";
      case 1 -> "?fieldValidation=Strict";
      case 2 -> "?fieldValidation=Ignore&fieldManager=me";
      default -> "";
    };
  }

  private ObjectNode body(String name) {
    ObjectNode body = kind.path("body").deepCopy();
    body.withObject("/metadata").put("name", name);
    return body;
  }

  private ObjectNode versioned(ObjectNode body) {
    if (random.nextBoolean() || body.path("kind").asText().equals("Boat")) {
      body.withObject("/metadata").put("resourceVersion", "{rv}");
    }
    return body;
  }

  private String wrongAtTimes(ObjectNode body) {
    return (random.nextBoolean() ? body : change(body)).toString();
  }

  private Ask patch(String path, String type, String body) {
    return new Ask("PATCH", path + options(), Map.of("Content-Type", type), body);
  }

  private Ask strategic(String one, String name) {
    return patch(one, "application/strategic-merge-patch+json", change(body(name)).toString());
  }

  private Ask applied(String one, String name) {
    String query =
        "?fieldManager=m" + random.nextInt(2) + (random.nextBoolean() ? "&force=true" : "");
    return new Ask(
        "PATCH",
        one + query,
        Map.of("Content-Type", "application/apply-patch+yaml"),
        wrongAtTimes(body(name)));
  }

  private Ask list() {
    String query =
        List.of("?limit=1", "?labelSelector=app", "?fieldSelector=metadata.name%3Dn1", "?limit=500")
            .get(random.nextInt(4));
    String accept =
        random.nextBoolean()
            ? "application/json"
            : "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    return new Ask("GET", collection + query, Map.of("Accept", accept), "");
  }

  private ArrayNode jsonPatch(ObjectNode body) {
    List<String> paths = paths(body);
    ArrayNode patch = NODES.arrayNode();
    patch
        .addObject()
        .put("op", List.of("add", "replace", "remove", "test").get(random.nextInt(4)))
        .put("path", paths.get(random.nextInt(paths.size())))
        .set("value", value());
    return patch;
  }

  /** Changes one place: another value, nothing, a field that nobody knows, an element twice. */
  private ObjectNode change(ObjectNode body) {
    List<String> paths = paths(body);
    String path = paths.get(random.nextInt(paths.size()));
    int slash = path.lastIndexOf('/');
    JsonNode parent = body.at(path.substring(0, slash));
    String last = path.substring(slash + 1).replace("~1", "/").replace("~0", "~");
    if (path.equals("/metadata/name") || path.equals("/kind") || path.equals("/apiVersion")) {
      body.withObject("/metadata").set(extraName(), extra());
    } else if (parent instanceof ArrayNode array) {
      int index = Integer.parseInt(last);
      if (random.nextBoolean()) {
        array.set(index, value());
      } else {
        array.add(array.get(index).deepCopy());
      }
    } else if (parent instanceof ObjectNode object) {
      switch (random.nextInt(4)) {
        case 0 -> object.remove(last);
        case 1 -> object.set("unknown" + random.nextInt(2), value());
        default -> object.set(last, value());
      }
    }
    return body;
  }

  private String extraName() {
    return List.of("labels", "annotations", "finalizers", "generateName").get(random.nextInt(4));
  }

  private JsonNode extra() {
    return switch (random.nextInt(5)) {
      case 0 -> NODES.objectNode().put("a/b", "c");
      case 1 -> NODES.objectNode().put("-bad-", "c d");
      case 2 -> NODES.arrayNode().add("example.org/x");
      case 3 -> NODES.arrayNode().add("nothing");
      default -> NODES.objectNode().put("k", "v");
    };
  }

  private JsonNode value() {
    return VALUES.get(random.nextInt(VALUES.size())).deepCopy();
  }

  private static List<String> paths(JsonNode body) {
    List<String> result = new ArrayList<>();
    collect(body, "", result);
    return result;
  }

  private static void collect(JsonNode node, String path, List<String> into) {
    if (!path.isEmpty()) {
      into.add(path);
    }
    if (node.isObject()) {
      node.properties()
          .forEach(e ->
              collect(
                  e.getValue(),
                  path + "/" + e.getKey().replace("~", "~0").replace("/", "~1"),
                  into));
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        collect(node.get(i), path + "/" + i, into);
      }
    }
  }

  static JsonNode kinds(byte[] json) throws java.io.IOException {
    return Json.MAPPER.readTree(json);
  }
}
