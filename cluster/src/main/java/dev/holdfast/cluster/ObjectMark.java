package dev.holdfast.cluster;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import java.io.IOException;
import java.util.Set;

/**
 * Name and namespace of an object, read without building a tree, and whether another object says at
 * least the same.
 */
record ObjectMark(String name, String namespace, byte[] json) {

  /** Set by the server, so no sign of who wrote the object. */
  private static final Set<String> SERVER =
      Set.of(
          "status",
          "uid",
          "resourceVersion",
          "generation",
          "creationTimestamp",
          "managedFields",
          "selfLink",
          "deletionTimestamp");

  static ObjectMark of(byte[] json) {
    String name = "";
    String namespace = "";
    try (JsonParser parser = Json.MAPPER.createParser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new Failure.Corrupt("The object is not a JSON object");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        boolean metadata = parser.currentName().equals("metadata");
        if (parser.nextToken() == JsonToken.START_OBJECT && metadata) {
          while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String key = parser.currentName();
            JsonToken value = parser.nextToken();
            if (value == JsonToken.VALUE_STRING && key.equals("name")) {
              name = parser.getText();
            } else if (value == JsonToken.VALUE_STRING && key.equals("namespace")) {
              namespace = parser.getText();
            }
            parser.skipChildren();
          }
          break;
        }
        parser.skipChildren();
      }
    } catch (IOException e) {
      throw new Failure.Corrupt("The object is not valid JSON", null, e);
    }
    return new ObjectMark(name, namespace, json);
  }

  /**
   * Whether everything that this object says, the server's own fields aside, stands in the other
   * one, too.
   */
  boolean isIn(Cluster.Item other) {
    return contains(
        Json.object(other.json(), "The object in the cluster"), Json.object(json, "The object"));
  }

  private static boolean contains(JsonNode there, JsonNode sent) {
    if (sent.isObject() && there.isObject()) {
      for (var field : sent.properties()) {
        JsonNode value = there.get(field.getKey());
        boolean said =
            SERVER.contains(field.getKey())
                || (isEmpty(field.getValue())
                    ? value == null || isEmpty(value)
                    : value != null && contains(value, field.getValue()));
        if (!said) {
          return false;
        }
      }
      return true;
    }
    if (sent.isArray() && there.isArray()) {
      return containsInOrder(there, sent);
    }
    return Json.equal(sent, there);
  }

  /** Admission may add elements, such as the volume of a service account's token. */
  private static boolean containsInOrder(JsonNode there, JsonNode sent) {
    int at = 0;
    for (JsonNode element : sent) {
      while (at < there.size() && !contains(there.get(at), element)) {
        at++;
      }
      if (at++ == there.size()) {
        return false;
      }
    }
    return true;
  }

  private static boolean isEmpty(JsonNode value) {
    return value.isNull()
        || value.isContainerNode() && value.isEmpty()
        || value.isTextual() && value.textValue().isEmpty();
  }
}
