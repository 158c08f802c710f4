package dev.holdfast.model.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;

/** RFC 7386 JSON merge patch. */
public final class MergePatch {

  private MergePatch() {}

  /** The target with the patch applied; neither argument changes. */
  public static JsonNode apply(JsonNode target, JsonNode patch) {
    if (!(patch instanceof ObjectNode changes)) {
      return patch.deepCopy();
    }
    ObjectNode result =
        target instanceof ObjectNode object
            ? object.deepCopy()
            : JsonNodeFactory.instance.objectNode();
    for (var change : changes.properties()) {
      if (change.getValue().isNull()) {
        result.remove(change.getKey());
      } else {
        JsonNode before = result.path(change.getKey());
        result.set(change.getKey(), apply(before, change.getValue()));
      }
    }
    return result;
  }

  /**
   * The smallest patch that makes {@code to} of {@code from}; empty if they are equal. A field of
   * {@code to} that is null cannot be told in a merge patch: it becomes absent.
   */
  public static ObjectNode diff(ObjectNode from, ObjectNode to) {
    ObjectNode patch = JsonNodeFactory.instance.objectNode();
    for (var field : from.properties()) {
      boolean goes = !to.hasNonNull(field.getKey());
      if (goes && !(field.getValue().isNull() && to.has(field.getKey()))) {
        patch.putNull(field.getKey());
      }
    }
    for (var field : to.properties()) {
      JsonNode before = from.get(field.getKey());
      JsonNode after = field.getValue();
      if (after.isNull() || before != null && Json.equal(before, after)) {
        continue;
      }
      if (before instanceof ObjectNode old && after instanceof ObjectNode now) {
        ObjectNode inner = diff(old, now);
        if (!inner.isEmpty()) {
          patch.set(field.getKey(), inner);
        }
      } else {
        patch.set(field.getKey(), after.deepCopy());
      }
    }
    return patch;
  }
}
