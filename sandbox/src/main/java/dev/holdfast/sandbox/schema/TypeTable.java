package dev.holdfast.sandbox.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Every type that is served. Built from the documents of legacy discovery (URL path → document);
 * custom resources are added and removed at run time.
 */
public final class TypeTable {

  /** Group → versions in the server's order of preference → types by resource. */
  private final Map<String, Map<String, Map<String, ServedType>>> groups = new LinkedHashMap<>();

  private final JsonNode serverVersion;

  public TypeTable(Map<String, JsonNode> documents) {
    serverVersion = documents.getOrDefault("/version", Json.MAPPER.createObjectNode());
    documents
        .getOrDefault("/api", Json.MAPPER.createObjectNode())
        .path("versions")
        .forEach(v -> {
          read("", v.asText(), documents.get("/api/" + v.asText()));
        });
    for (JsonNode group :
        documents.getOrDefault("/apis", Json.MAPPER.createObjectNode()).path("groups")) {
      for (String version : preferredFirst(group)) {
        String name = group.path("name").asText();
        read(name, version, documents.get("/apis/" + name + "/" + version));
      }
    }
  }

  private static List<String> preferredFirst(JsonNode group) {
    List<String> versions = new ArrayList<>();
    group.path("versions").forEach(v -> versions.add(v.path("version").asText()));
    String preferred = group.path("preferredVersion").path("version").asText();
    if (versions.remove(preferred)) {
      versions.addFirst(preferred);
    }
    return versions;
  }

  private void read(String group, String version, @Nullable JsonNode document) {
    if (document == null) {
      return;
    }
    Map<String, Map<String, ObjectNode>> subresources = new LinkedHashMap<>();
    List<ObjectNode> own = new ArrayList<>();
    for (JsonNode each : document.path("resources")) {
      String name = each.path("name").asText();
      int slash = name.indexOf('/');
      if (slash < 0) {
        own.add((ObjectNode) each);
      } else {
        subresources
            .computeIfAbsent(name.substring(0, slash), n -> new LinkedHashMap<>())
            .put(name.substring(slash + 1), (ObjectNode) each);
      }
    }
    groups
        .computeIfAbsent(group, g -> new LinkedHashMap<>())
        .computeIfAbsent(version, v -> new LinkedHashMap<>());
    for (ObjectNode entry : own) {
      String resource = entry.path("name").asText();
      add(
          new ServedType(
              group,
              version,
              resource,
              entry.path("kind").asText(),
              entry.path("namespaced").asBoolean(),
              entry,
              subresources.getOrDefault(resource, Map.of()),
              BuiltInSchemas.shared().find(group, version, entry.path("kind").asText()),
              null,
              0));
    }
  }

  /** Serves a type; one of the same group, version and name is replaced. */
  public synchronized void add(ServedType type) {
    groups
        .computeIfAbsent(type.group(), g -> new LinkedHashMap<>())
        .computeIfAbsent(type.version(), v -> new LinkedHashMap<>())
        .put(type.resource(), type);
  }

  /** Serves exactly these versions of a type, the preferred first. */
  public synchronized void replace(GroupResource type, List<ServedType> versions) {
    Map<String, Map<String, ServedType>> present = groups.get(type.group());
    if (present != null) {
      List<String> wanted = versions.stream().map(ServedType::version).toList();
      present.forEach((version, types) -> {
        if (!wanted.contains(version)) {
          types.remove(type.resource());
        }
      });
    }
    versions.forEach(this::add);
    sortVersions(type.group());
  }

  private void sortVersions(String group) {
    Map<String, Map<String, ServedType>> versions = groups.get(group);
    if (versions == null) {
      return;
    }
    versions.values().removeIf(Map::isEmpty);
    List<String> names = new ArrayList<>(versions.keySet());
    names.sort(CustomTypes.byPriority());
    Map<String, Map<String, ServedType>> sorted = new LinkedHashMap<>();
    names.forEach(name -> sorted.put(name, versions.getOrDefault(name, Map.of())));
    if (sorted.isEmpty()) {
      groups.remove(group);
    } else {
      groups.put(group, sorted);
    }
  }

  /** Serves a type no longer, in any version. */
  public synchronized void remove(GroupResource type) {
    Map<String, Map<String, ServedType>> versions = groups.get(type.group());
    if (versions == null) {
      return;
    }
    versions.values().forEach(types -> types.remove(type.resource()));
    versions.values().removeIf(Map::isEmpty);
    if (versions.isEmpty()) {
      groups.remove(type.group());
    }
  }

  public synchronized @Nullable ServedType find(String group, String version, String resource) {
    Map<String, Map<String, ServedType>> versions = groups.get(group);
    Map<String, ServedType> types = versions == null ? null : versions.get(version);
    return types == null ? null : types.get(resource);
  }

  /** The type in its preferred version. */
  public synchronized @Nullable ServedType find(GroupResource type) {
    Map<String, Map<String, ServedType>> versions = groups.get(type.group());
    if (versions != null) {
      for (Map<String, ServedType> types : versions.values()) {
        ServedType found = types.get(type.resource());
        if (found != null) {
          return found;
        }
      }
    }
    return null;
  }

  public synchronized boolean serves(String group, String version) {
    Map<String, Map<String, ServedType>> versions = groups.get(group);
    return versions != null && versions.containsKey(version);
  }

  /** The groups with their versions, the preferred first; the core group is empty. */
  public synchronized Map<String, List<String>> groups() {
    Map<String, List<String>> result = new LinkedHashMap<>();
    groups.forEach((group, versions) -> result.put(group, List.copyOf(versions.keySet())));
    return result;
  }

  /** The types of one group and version. */
  public synchronized Collection<ServedType> types(String group, String version) {
    return List.copyOf(
        groups.getOrDefault(group, Map.of()).getOrDefault(version, Map.of()).values());
  }

  /** Every type once, in its preferred version. */
  public synchronized Collection<ServedType> types() {
    Map<GroupResource, ServedType> result = new TreeMap<>();
    for (var versions : groups.values()) {
      for (var types : versions.values()) {
        types.values().forEach(type -> result.putIfAbsent(type.type(), type));
      }
    }
    return result.values();
  }

  /** What {@code /version} answers. */
  public JsonNode serverVersion() {
    return serverVersion;
  }
}
