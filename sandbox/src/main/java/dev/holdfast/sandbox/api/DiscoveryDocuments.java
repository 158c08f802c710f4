package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.schema.TypeTable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Legacy discovery: {@code /api}, {@code /apis} and what stands below them. */
final class DiscoveryDocuments {

  private final TypeTable types;
  private final String address;

  /**
   * @param address host:port, which {@code /api} tells
   */
  DiscoveryDocuments(TypeTable types, String address) {
    this.types = types;
    this.address = address;
  }

  /**
   * @return null if the path is none of discovery
   */
  @Nullable ObjectNode get(Request request, List<String> path) {
    if (!request.method().equals("GET") && !request.method().equals("HEAD")) {
      return null;
    }
    boolean core = path.getFirst().equals("api");
    return switch (path.size()) {
      case 1 -> core ? coreVersions() : groupList();
      case 2 -> core ? resources("", path.get(1)) : group(path.get(1));
      case 3 -> core ? null : resources(path.get(1), path.get(2));
      default -> null;
    };
  }

  /** Whether nothing at all is served below the path's group. */
  boolean isUnknownGroup(List<String> path) {
    return path.getFirst().equals("apis")
        && path.size() > 1
        && !types.groups().containsKey(path.get(1));
  }

  Response response(Request request, List<String> path, JsonNode document) {
    return path.size() == 1 && AggregatedDiscovery.accepted(request)
        ? AggregatedDiscovery.answer(types, path.getFirst().equals("api"))
        : Response.json(200, document);
  }

  private ObjectNode coreVersions() {
    ObjectNode document = Json.MAPPER.createObjectNode();
    document.put("kind", "APIVersions").putArray("versions").add("v1");
    document
        .putArray("serverAddressByClientCIDRs")
        .addObject()
        .put("clientCIDR", "0.0.0.0/0")
        .put("serverAddress", address);
    return document;
  }

  private ObjectNode groupList() {
    ObjectNode document = Json.MAPPER.createObjectNode();
    document.put("kind", "APIGroupList").put("apiVersion", "v1");
    ArrayNode groups = document.putArray("groups");
    types
        .groups()
        .forEach((group, versions) -> {
          if (!group.isEmpty()) {
            groups.add(describe(group, versions));
          }
        });
    return document;
  }

  private @Nullable ObjectNode group(String name) {
    List<String> versions = types.groups().get(name);
    if (versions == null || name.isEmpty()) {
      return null;
    }
    ObjectNode document = Json.MAPPER.createObjectNode();
    document.put("kind", "APIGroup").put("apiVersion", "v1");
    document.setAll(describe(name, versions));
    return document;
  }

  private static ObjectNode describe(String group, List<String> versions) {
    ObjectNode document = Json.MAPPER.createObjectNode();
    document.put("name", group);
    ArrayNode list = document.putArray("versions");
    for (String version : versions) {
      list.addObject().put("groupVersion", group + "/" + version).put("version", version);
    }
    document.set("preferredVersion", list.get(0).deepCopy());
    return document;
  }

  private @Nullable ObjectNode resources(String group, String version) {
    if (!types.serves(group, version)) {
      return null;
    }
    ObjectNode document = Json.MAPPER.createObjectNode();
    document.put("kind", "APIResourceList");
    if (!group.isEmpty()) {
      document.put("apiVersion", "v1");
    }
    document.put("groupVersion", group.isEmpty() ? version : group + "/" + version);
    ArrayNode resources = document.putArray("resources");
    for (ServedType type : types.types(group, version)) {
      resources.add(type.entry());
      type.subresources().values().forEach(resources::add);
    }
    return document;
  }
}
