package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.LabelSelector;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A cluster out of recorded answers of a real API server, read-only, in memory: for questions where
 * only what the engine makes of the answers matters, and for answers that a healthy server does not
 * give.
 */
final class RecordedCluster extends ReadOnlyCluster {

  private final Discovery discovery;
  private final Map<ItemKey, ObjectNode> items = new TreeMap<>();
  final Map<String, String> undiscovered = new HashMap<>();
  final Set<String> deniedTypes = new HashSet<>();
  final Map<String, RuntimeException> failingTypes = new HashMap<>();
  final AtomicInteger gets = new AtomicInteger();
  final AtomicInteger lists = new AtomicInteger();

  /** Runs before each list, with the type's name. */
  java.util.function.Consumer<String> beforeList = _ -> {};

  RecordedCluster(Path folder) {
    discovery = discovery(read(folder.resolve("discovery.json")));
    for (ResourceType type : discovery.preferred()) {
      Path file = folder.resolve(type.groupResource() + ".json");
      if (Files.exists(file)) {
        for (JsonNode item : read(file).path("items")) {
          ObjectNode object = item.deepCopy();
          object.put("apiVersion", type.apiVersion()).put("kind", type.kind());
          put(type.groupResource(), object);
        }
      }
    }
  }

  private static JsonNode read(Path file) {
    try {
      return Json.MAPPER.readTree(file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Discovery discovery(JsonNode recorded) {
    List<ResourceType> types = new ArrayList<>();
    types(recorded.path("/api/v1"), "", "v1", true, types);
    for (JsonNode group : recorded.path("/apis").path("groups")) {
      String preferred = group.path("preferredVersion").path("version").asText();
      for (JsonNode version : group.path("versions")) {
        String name = version.path("version").asText();
        types(
            recorded.path("/apis/" + version.path("groupVersion").asText()),
            group.path("name").asText(),
            name,
            name.equals(preferred),
            types);
      }
    }
    return new Discovery("v1.36.2", types, Map.of());
  }

  private static void types(
      JsonNode list, String group, String version, boolean preferred, List<ResourceType> types) {
    for (JsonNode type : list.path("resources")) {
      if (!type.path("name").asText().contains("/")) {
        types.add(
            new ResourceType(
                group,
                version,
                type.path("kind").asText(),
                type.path("name").asText(),
                type.path("singularName").asText(),
                strings(type.path("shortNames")),
                type.path("namespaced").asBoolean(),
                strings(type.path("verbs")),
                preferred));
      }
    }
  }

  private static List<String> strings(JsonNode array) {
    List<String> values = new ArrayList<>();
    array.forEach(value -> values.add(value.asText()));
    return values;
  }

  void put(GroupResource type, ObjectNode object) {
    JsonNode metadata = object.path("metadata");
    items.put(
        new ItemKey(type, metadata.path("namespace").asText(), metadata.path("name").asText()),
        object);
  }

  ObjectNode object(ItemKey key) {
    return Optional.ofNullable(items.get(key)).orElseThrow();
  }

  @Override
  public Discovery discover(Operation op) {
    return new Discovery(discovery.serverVersion(), discovery.types(), undiscovered);
  }

  @Override
  public String list(
      Operation op, ResourceType type, String namespace, ListOptions options, ItemSink sink) {
    op.check();
    lists.incrementAndGet();
    beforeList.accept(type.groupResource().toString());
    check(type, "list");
    @Nullable String text = options.labelSelector();
    LabelSelector selector = text == null ? null : LabelSelector.parse(text);
    items.forEach((key, object) -> {
      if (key.type().equals(type.groupResource())
          && (namespace.isEmpty() || namespace.equals(key.namespace()))
          && (selector == null || selector.matches(Items.labels(object)))) {
        sink.accept(item(type, key, object));
      }
    });
    return "1";
  }

  private void check(ResourceType type, String verb) {
    String name = type.groupResource().toString();
    if (deniedTypes.contains(name)) {
      throw new Failure.Denied(
          name + " is forbidden: User \"shop\" cannot " + verb + " it", null, null);
    }
    RuntimeException failure = failingTypes.get(name);
    if (failure != null) {
      throw failure;
    }
  }

  private static Item item(ResourceType type, ItemKey key, ObjectNode object) {
    return new Item(type, key.namespace(), key.name(), Json.bytes(object));
  }

  @Override
  public Optional<Item> get(Operation op, ResourceType type, String namespace, String name) {
    op.check();
    gets.incrementAndGet();
    check(type, "get");
    ItemKey key = new ItemKey(type.groupResource(), namespace, name);
    return Optional.ofNullable(items.get(key)).map(object -> item(type, key, object));
  }

  @Override
  public boolean may(Operation op, String verb, GroupResource type, String namespace) {
    return !deniedTypes.contains(type.toString());
  }
}
