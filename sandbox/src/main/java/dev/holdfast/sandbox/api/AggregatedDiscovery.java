package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.schema.TypeTable;
import java.util.List;

/** Discovery in one document for {@code /api} and one for {@code /apis}, for who accepts that. */
final class AggregatedDiscovery {

  private static final String TYPE =
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

  private AggregatedDiscovery() {}

  /** Whether the client prefers this form over the old one. */
  static boolean accepted(Request request) {
    String accept = request.header("accept");
    if (accept == null) {
      return false;
    }
    for (String part : accept.split(",", -1)) {
      String type = part.strip();
      if (type.equals(TYPE)) {
        return true;
      }
      if (type.equals("application/json")) {
        return false;
      }
    }
    return false;
  }

  /**
   * @param core whether {@code /api} was asked for
   */
  static Response answer(TypeTable types, boolean core) {
    ObjectNode document = Json.MAPPER.createObjectNode();
    document.put("kind", "APIGroupDiscoveryList").put("apiVersion", "apidiscovery.k8s.io/v2");
    document.putObject("metadata");
    ArrayNode items = document.putArray("items");
    types
        .groups()
        .forEach((group, versions) -> {
          if (group.isEmpty() == core) {
            items.add(group(types, group, versions));
          }
        });
    return Response.text(200, TYPE, Json.bytes(document));
  }

  private static ObjectNode group(TypeTable types, String group, List<String> versions) {
    ObjectNode item = Json.MAPPER.createObjectNode();
    ObjectNode metadata = item.putObject("metadata");
    if (!group.isEmpty()) {
      metadata.put("name", group);
    }
    ArrayNode list = item.putArray("versions");
    for (String version : versions) {
      ObjectNode each = list.addObject().put("version", version);
      ArrayNode resources = each.putArray("resources");
      types.types(group, version).forEach(type -> resources.add(resource(type)));
      each.put("freshness", "Current");
    }
    return item;
  }

  private static ObjectNode resource(ServedType type) {
    JsonNode entry = type.entry();
    ObjectNode resource = Json.MAPPER.createObjectNode().put("resource", type.resource());
    kind(resource.putObject("responseKind"), entry);
    resource.put("scope", type.namespaced() ? "Namespaced" : "Cluster");
    resource.put("singularResource", entry.path("singularName").asText());
    for (String field : List.of("verbs", "shortNames", "categories")) {
      if (!entry.path(field).isEmpty()) {
        resource.set(field, entry.get(field));
      }
    }
    type.subresources()
        .forEach((name, sub) -> {
          ObjectNode each = resource.withArray("subresources").addObject().put("subresource", name);
          kind(each.putObject("responseKind"), sub);
          each.set("verbs", sub.get("verbs"));
        });
    return resource;
  }

  /** Group and version stand here only where they are not the type's own. */
  private static void kind(ObjectNode into, JsonNode entry) {
    into.put("group", entry.path("group").asText());
    into.put("version", entry.path("version").asText());
    into.put("kind", entry.path("kind").asText());
  }
}
