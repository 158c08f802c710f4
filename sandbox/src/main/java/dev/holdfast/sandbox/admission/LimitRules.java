package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.store.Codec;
import dev.holdfast.sandbox.store.ObjectStore;
import dev.holdfast.sandbox.store.Stored;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/** LimitRanges: defaults and bounds for containers and claims. */
final class LimitRules implements Rules {

  private final ObjectStore store;

  LimitRules(ObjectStore store) {
    this.store = store;
  }

  @Override
  public void admit(Write write, ObjectNode object) {
    boolean pod = write.type().is(Types.PODS);
    if (!pod && !write.type().is(Types.CLAIMS) || store.shelf(Types.LIMIT_RANGES).size() == 0) {
      return;
    }
    List<Stored> ranges = new ArrayList<>();
    store
        .view(Types.LIMIT_RANGES)
        .walk(
            write.namespace(),
            "",
            stored -> {
              ranges.add(stored);
              return true;
            });
    for (Stored range : ranges) {
      for (JsonNode item : Codec.read(range, "v1", "LimitRange").path("spec").path("limits")) {
        apply(write, object, item, pod);
      }
    }
  }

  private static void apply(Write write, ObjectNode object, JsonNode item, boolean pod) {
    String type = item.path("type").asText();
    List<String> wrong = new ArrayList<>();
    if (pod && type.equals("Container")) {
      for (String list : List.of("initContainers", "containers")) {
        for (JsonNode container : object.path("spec").path(list)) {
          ObjectNode resources = ((ObjectNode) container).withObject("/resources");
          fill(resources, "limits", item.path("default"));
          fill(resources, "requests", item.path("defaultRequest"));
          bounds(wrong, resources, item, "Container");
        }
      }
    } else if (!pod && type.equals("PersistentVolumeClaim")) {
      bounds(wrong, object.path("spec").path("resources"), item, type);
    }
    if (!wrong.isEmpty()) {
      String all = String.join(", ", wrong);
      throw ApiError.notAllowed(
          write.type(),
          object.path("metadata").path("name").asText(),
          wrong.size() == 1 ? all : "[" + all + "]");
    }
  }

  private static void fill(ObjectNode resources, String kind, JsonNode defaults) {
    if (defaults.isEmpty()) {
      return;
    }
    ObjectNode values = resources.withObject("/" + kind);
    defaults.properties().forEach(entry -> values.putIfAbsent(entry.getKey(), entry.getValue()));
  }

  private static void bounds(List<String> wrong, JsonNode resources, JsonNode item, String type) {
    for (var min : item.path("min").properties()) {
      JsonNode request = resources.path("requests").get(min.getKey());
      if (request == null) {
        wrong.add(
            "minimum "
                + min.getKey()
                + " usage per "
                + type
                + " is "
                + min.getValue().asText()
                + ".  No request is specified");
      } else if (value(request).compareTo(value(min.getValue())) < 0) {
        wrong.add(
            "minimum "
                + min.getKey()
                + " usage per "
                + type
                + " is "
                + min.getValue().asText()
                + ", but request is "
                + request.asText());
      }
    }
    String side = type.equals("Container") ? "limits" : "requests";
    for (var max : item.path("max").properties()) {
      JsonNode limit = resources.path(side).get(max.getKey());
      if (limit != null && value(limit).compareTo(value(max.getValue())) > 0) {
        wrong.add(
            "maximum "
                + max.getKey()
                + " usage per "
                + type
                + " is "
                + max.getValue().asText()
                + ", but "
                + (side.equals("limits") ? "limit" : "request")
                + " is "
                + limit.asText());
      }
    }
  }

  private static BigDecimal value(JsonNode quantity) {
    return Quantities.value(quantity.asText()).orElse(BigDecimal.ZERO);
  }
}
