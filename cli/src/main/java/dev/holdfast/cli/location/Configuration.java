package dev.holdfast.cli.location;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.holdfast.cli.output.Format;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.velero.BackupStorageLocation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The configuration file, {@code $XDG_CONFIG_HOME/holdfast/config.yaml}: one key, {@code
 * locations}, a list of BackupStorageLocation documents. What else stands in the file is left as it
 * is.
 */
public final class Configuration {

  private static final YAMLMapper YAML = new YAMLMapper();
  private static final String LOCATIONS = "locations";

  private final Path file;

  private Configuration(Path file) {
    this.file = file;
  }

  /**
   * The file that {@code --config-file}, else HOLDFAST_CONFIG, else XDG_CONFIG_HOME, else HOME
   * names; it need not exist.
   */
  public static Configuration at(@Nullable Path given, Map<String, String> environment) {
    if (given != null) {
      return new Configuration(given);
    }
    String named = environment.getOrDefault("HOLDFAST_CONFIG", "");
    if (!named.isEmpty()) {
      return new Configuration(Path.of(named));
    }
    String xdg = environment.getOrDefault("XDG_CONFIG_HOME", "");
    Path home = Path.of(environment.getOrDefault("HOME", "."));
    Path base = xdg.isEmpty() ? home.resolve(".config") : Path.of(xdg);
    return new Configuration(base.resolve("holdfast").resolve("config.yaml"));
  }

  public Path file() {
    return file;
  }

  /** All locations, in the file's order. */
  public List<BackupStorageLocation> locations() {
    return documents(read()).stream()
        .map(document ->
            Json.read(Json.bytes(document), BackupStorageLocation.class, "A location in " + file))
        .toList();
  }

  public Optional<BackupStorageLocation> location(String name) {
    return locations().stream()
        .filter(location -> name.equals(location.metadata().name()))
        .findFirst();
  }

  /**
   * @throws Failure.Absent if there is none of this name
   */
  BackupStorageLocation require(String name) {
    return location(name)
        .orElseThrow(() ->
            new Failure.Absent(
                "There is no location '" + name + "' in " + file,
                "list them with: holdfast backup-location get",
                null));
  }

  /**
   * The document of this name as it stands in the file, to change and {@link #put}.
   *
   * @throws Failure.Absent if there is none of this name
   */
  ObjectNode document(String name) {
    var _ = require(name);
    return documents(read()).stream()
        .filter(one -> name(one).equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** The one with {@code default: true}, else the only one. */
  public Optional<BackupStorageLocation> defaultLocation() {
    List<BackupStorageLocation> all = locations();
    return all.stream()
        .filter(location -> Boolean.TRUE.equals(location.spec().isDefault()))
        .findFirst()
        .or(() -> all.size() == 1 ? Optional.of(all.getFirst()) : Optional.empty());
  }

  /** Adds the location, or replaces the one of its name. A new default ends the old one's. */
  void put(ObjectNode location) {
    ObjectNode tree = read();
    boolean becomesDefault = location.path("spec").path("default").asBoolean();
    List<ObjectNode> kept = new ArrayList<>();
    boolean replaced = false;
    for (ObjectNode old : documents(tree)) {
      if (name(old).equals(name(location))) {
        kept.add(location);
        replaced = true;
      } else {
        if (becomesDefault && old.path("spec") instanceof ObjectNode spec) {
          spec.remove("default");
        }
        kept.add(old);
      }
    }
    if (!replaced) {
      kept.add(location);
    }
    write(tree, kept);
  }

  /**
   * Takes the location out.
   *
   * @throws Failure.Absent if there is none of this name
   */
  void remove(String name) {
    var _ = require(name);
    ObjectNode tree = read();
    write(tree, documents(tree).stream().filter(one -> !name(one).equals(name)).toList());
  }

  private static String name(ObjectNode document) {
    return document.path("metadata").path("name").asText("");
  }

  private List<ObjectNode> documents(ObjectNode tree) {
    JsonNode list = tree.path(LOCATIONS);
    List<ObjectNode> documents = new ArrayList<>();
    for (JsonNode node : list) {
      if (!list.isArray() || !(node instanceof ObjectNode document)) {
        throw new Failure.Invalid(
            "The configuration " + file + ": locations is not a list of BackupStorageLocations",
            "correct it, or name another with --config-file");
      }
      documents.add(document);
    }
    return documents;
  }

  private ObjectNode read() {
    try {
      JsonNode tree = YAML.readTree(Files.readAllBytes(file));
      if (tree instanceof ObjectNode object) {
        return object;
      }
      if (tree.isMissingNode() || tree.isNull()) {
        return Json.MAPPER.createObjectNode();
      }
      throw new Failure.Invalid("The configuration " + file + " is not a YAML mapping");
    } catch (NoSuchFileException e) {
      return Json.MAPPER.createObjectNode();
    } catch (JsonProcessingException e) {
      throw new Failure.Invalid(
          "The configuration "
              + file
              + " is not valid YAML"
              + (e.getLocation() == null ? "" : ", line " + e.getLocation().getLineNr()),
          "correct it, or name another with --config-file",
          e);
    } catch (IOException e) {
      throw new Failure.Invalid("Cannot read the configuration " + file, e.getMessage(), e);
    }
  }

  /** Replaces the file in one step, readable by its owner only, wherever a link leads. */
  private void write(ObjectNode tree, List<ObjectNode> locations) {
    ArrayNode array = tree.putArray(LOCATIONS);
    locations.forEach(array::add);
    try {
      Path target = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
      Files.createDirectories(target.getParent());
      Path temporary = Files.createTempFile(target.getParent(), ".config", ".yaml");
      try {
        Files.writeString(temporary, Format.YAML.text(tree));
        Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException e) {
      throw new Failure.Invalid(
          "Cannot write the configuration " + file + ": " + e.getMessage(), null, e);
    }
  }
}
