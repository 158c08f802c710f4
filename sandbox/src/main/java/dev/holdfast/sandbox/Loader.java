package dev.holdfast.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.store.Codec;
import dev.holdfast.sandbox.store.ObjectStore;
import dev.holdfast.sandbox.store.Stored;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Reads a recorded cluster: discovery and one list a type. */
final class Loader {

  private static final String DISCOVERY = "discovery.json";

  /** What every cluster has from its start; shared by all sandboxes of the process. */
  private static final class Bootstrap {
    static final List<Stored> OBJECTS = read();

    private static List<Stored> read() {
      List<Stored> objects = new ArrayList<>();
      resource("bootstrap.json")
          .properties()
          .forEach(list ->
              list.getValue()
                  .forEach(item ->
                      objects.add(
                          Codec.store(GroupResource.parse(list.getKey()), (ObjectNode) item))));
      return List.copyOf(objects);
    }
  }

  /** The documents of the discovery of a current Kubernetes. */
  private static final class Discovery {
    static final Map<String, JsonNode> DOCUMENTS =
        documents(resource("schema/discovery-1.36.json"));
  }

  private Loader() {}

  private static ObjectNode resource(String name) {
    try (InputStream in = Loader.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is missing from this build");
      }
      return Json.object(in.readAllBytes(), name);
    } catch (IOException e) {
      throw new IllegalStateException(name + " of this build is damaged", e);
    }
  }

  /** Puts in the roles, bindings and priority classes that an API server makes by itself. */
  static void bootstrap(ObjectStore store) {
    Bootstrap.OBJECTS.forEach(store::load);
    store.loaded();
  }

  /** The discovery of a current Kubernetes. */
  static Map<String, JsonNode> builtIn() {
    return Discovery.DOCUMENTS;
  }

  static Map<String, JsonNode> discovery(Path directory) {
    Path file = directory.resolve(DISCOVERY);
    return Files.exists(file) ? documents(Json.object(read(file), file.toString())) : builtIn();
  }

  static Map<String, JsonNode> documents(ObjectNode table) {
    Map<String, JsonNode> documents = new LinkedHashMap<>();
    table.properties().forEach(entry -> documents.put(entry.getKey(), entry.getValue()));
    return documents;
  }

  static void objects(Path directory, ObjectStore store) {
    for (Path file : lists(directory)) {
      String name = file.getFileName().toString();
      GroupResource type = GroupResource.parse(name.substring(0, name.length() - ".json".length()));
      JsonNode items = Json.object(read(file), file.toString()).path("items");
      if (!items.isArray()) {
        throw new Failure.Invalid(file + " is not a list: it has no items");
      }
      for (JsonNode item : items) {
        if (!(item instanceof ObjectNode object)
            || object.path("metadata").path("name").asText().isEmpty()) {
          throw new Failure.Invalid(file + " has an item without metadata.name");
        }
        store.load(Codec.store(type, object));
      }
    }
    store.loaded();
  }

  private static List<Path> lists(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> {
            String name = file.getFileName().toString();
            return name.endsWith(".json")
                && !name.equals(DISCOVERY)
                && !name.startsWith("aggregated-");
          })
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new Failure.Absent(
          "Cannot read the directory " + directory + ": " + e.getMessage(),
          "it should hold RESOURCE[.GROUP].json lists and discovery.json",
          e);
    }
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new Failure.Absent("Cannot read " + file + ": " + e.getMessage(), null, e);
    }
  }
}
