package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.schema.Schema;
import java.util.ArrayList;
import java.util.List;

/** Takes out of a custom resource what its schema does not know, and nulls that it forbids. */
final class Pruner {

  /** What is left, and the paths of what was taken out. */
  record Pruned(ObjectNode object, List<String> unknown) {}

  private final List<String> unknown = new ArrayList<>();

  private Pruner() {}

  static Pruned prune(Schema schema, ObjectNode object) {
    Pruner pruner = new Pruner();
    pruner.value(schema, object, "");
    return new Pruned(object, pruner.unknown);
  }

  private void value(Schema schema, JsonNode value, String path) {
    if (value instanceof ObjectNode object) {
      object(schema, object, path);
    } else if (value.isArray() && schema.kind() == Schema.Kind.LIST) {
      int i = 0;
      for (JsonNode item : value) {
        value(schema.element(), item, path + "[" + i++ + "]");
      }
    }
  }

  private void object(Schema schema, ObjectNode object, String path) {
    List<String> gone = new ArrayList<>();
    for (var entry : object.properties()) {
      String at = path.isEmpty() ? entry.getKey() : path + "." + entry.getKey();
      Schema child = schema.child(entry.getKey());
      if (child == null) {
        gone.add(entry.getKey());
        unknown.add(at);
      } else if (entry.getValue().isNull() && !nullable(child)) {
        gone.add(entry.getKey()); // as if it were not there: it gets its default, if it has one
      } else {
        value(child, entry.getValue(), at);
      }
    }
    object.remove(gone);
  }

  /** Only what a definition declares is never null; metadata has rules of its own. */
  private static boolean nullable(Schema schema) {
    return !schema.rules().isObject() || schema.rules().path("nullable").asBoolean();
  }
}
