package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.model.Json;
import dev.holdfast.model.ResourceType;

/** Reading an object of the target cluster as a tree. */
final class Target {

  private Target() {}

  static ObjectNode tree(Cluster.Item item) {
    return tree(item.json(), item.type(), item.name());
  }

  static ObjectNode tree(byte[] json, ResourceType type, String name) {
    return Json.object(json, "The cluster's " + type.resource() + "/" + name);
  }

  static String uid(ObjectNode item) {
    return item.path("metadata").path("uid").asText();
  }

  static boolean terminating(ObjectNode item) {
    return item.path("metadata").has("deletionTimestamp");
  }
}
