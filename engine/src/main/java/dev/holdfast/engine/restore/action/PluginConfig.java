package dev.holdfast.engine.restore.action;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The ConfigMaps by which Velero's restore item actions are configured: labels {@code
 * velero.io/plugin-config} (any value) and the action's name with the value {@code
 * RestoreItemAction}.
 */
final class PluginConfig {

  private PluginConfig() {}

  /**
   * The data of the action's ConfigMap, sorted by key; empty if there is none.
   *
   * @throws Failure.Invalid if several ConfigMaps carry the action's labels
   */
  static Map<String, String> data(List<ObjectNode> configMaps, String action) {
    List<ObjectNode> found = new ArrayList<>();
    for (ObjectNode map : configMaps) {
      var labels = Fields.at(map, "metadata", "labels");
      if (labels.has("velero.io/plugin-config")
          && labels.path(action).asText().equals("RestoreItemAction")) {
        found.add(map);
      }
    }
    if (found.size() > 1) {
      List<String> names = found.stream().map(m -> Fields.text(m, "metadata", "name")).toList();
      throw new Failure.Invalid(
          "Several ConfigMaps carry the label " + action + ": " + String.join(", ", names),
          "keep one of them");
    }
    Map<String, String> data = new TreeMap<>();
    for (ObjectNode map : found) {
      map.path("data").properties().forEach(e -> data.put(e.getKey(), e.getValue().asText()));
    }
    return data;
  }
}
