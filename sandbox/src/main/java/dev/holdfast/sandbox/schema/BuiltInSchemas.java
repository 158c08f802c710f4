package dev.holdfast.sandbox.schema;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.model.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The built-in types, from the table {@code types-1.36.txt} (its head says the format). Read once
 * per process.
 */
public final class BuiltInSchemas {

  private static final String TABLE = "types-1.36.txt";

  private final Map<String, Schema.Structure> structures = new HashMap<>();
  private final Map<String, Boolean> atomic = new HashMap<>();
  private final Map<String, Schema> scalars = new HashMap<>();

  /** {@code group/version/kind} → structure. */
  private final Map<String, String> kinds = new HashMap<>();

  private static final class Shared {
    static final BuiltInSchemas TYPES = new BuiltInSchemas();
  }

  public static BuiltInSchemas shared() {
    return Shared.TYPES;
  }

  private BuiltInSchemas() {
    List<String> lines = table();
    for (String line : lines) {
      if (!line.startsWith(" ") && !line.startsWith("#")) {
        head(line.split(" "));
      }
    }
    Schema.Structure current = null;
    for (String line : lines) {
      if (line.startsWith(" ")) {
        if (current == null) {
          throw new IllegalStateException(TABLE + " starts with a field");
        }
        current.add(field(line.substring(1).split(" ")));
      } else if (!line.startsWith("#")) {
        current = structures.get(line.split(" ")[0]);
      }
    }
  }

  private static List<String> table() {
    try (InputStream in = BuiltInSchemas.class.getResourceAsStream(TABLE)) {
      if (in == null) {
        throw new IllegalStateException(TABLE + " is missing from this build");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new IllegalStateException(TABLE + " of this build is damaged", e);
    }
  }

  private void head(String[] words) {
    String name = words[0];
    for (int i = 1; i < words.length; i++) {
      if (words[i].equals("=")) {
        scalars.put(name, type(words[i + 1]));
      } else if (words[i].startsWith("kind=")) {
        kinds.put(words[i].substring(5), name);
      } else if (words[i].equals("map-type=atomic")) {
        atomic.put(name, true);
      }
    }
    structures.put(name, new Schema.Structure(name));
  }

  private Schema.Field field(String[] words) {
    Schema.Presence presence = Schema.Presence.OMIT_EMPTY;
    boolean required = false;
    @Nullable JsonNode defaultValue = null;
    List<String> allowed = List.of();
    List<String> keys = List.of();
    boolean set = false;
    boolean whole = false;
    String mergeKey = "";
    boolean merge = false;
    boolean replace = false;
    List<Integer> number = List.of();
    for (int i = 2; i < words.length; i++) {
      String word = words[i];
      if (word.startsWith("#")) {
        number = Arrays.stream(word.substring(1).split("\\.")).map(Integer::valueOf).toList();
        continue;
      }
      int equals = word.indexOf('=');
      String value = word.substring(equals + 1);
      switch (equals < 0 ? word : word.substring(0, equals)) {
        case "always" -> presence = Schema.Presence.ALWAYS;
        case "pointer" -> presence = Schema.Presence.POINTER;
        case "required" -> required = true;
        case "default" -> defaultValue = json(value);
        case "enum" -> allowed = List.of(value.split("\\|"));
        case "keys" -> keys = List.of(value.split(","));
        case "set" -> set = true;
        case "map-type" -> whole = value.equals("atomic");
        case "merge-key" -> mergeKey = value;
        case "patch" -> {
          merge = value.contains("merge");
          replace = value.equals("replace");
        }
        default -> throw new IllegalStateException(TABLE + ": unknown flag " + word);
      }
    }
    Schema schema = type(words[1]);
    if (schema.kind() == Schema.Kind.LIST) {
      schema = schema.merging(keys, set, false, mergeKey, merge && mergeKey.isEmpty());
    } else if (whole) {
      schema = schema.merging(List.of(), false, true, "", false);
    } else if (replace) {
      schema = schema.replacing();
    }
    return new Schema.Field(words[0], schema, presence, required, defaultValue, allowed, number);
  }

  private static JsonNode json(String text) {
    try {
      return Json.MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(TABLE + ": not JSON: " + text, e);
    }
  }

  private Schema type(String text) {
    if (text.startsWith("[]")) {
      return Schema.container(Schema.Kind.LIST, type(text.substring(2)));
    }
    if (text.startsWith("{}")) {
      return Schema.container(Schema.Kind.MAP, type(text.substring(2)));
    }
    if (text.startsWith("@")) {
      String name = text.substring(1);
      Schema scalar = scalars.get(name);
      return scalar != null ? scalar : structure(name);
    }
    Schema scalar = scalar(text);
    return scalar.kind() == Schema.Kind.ANY
        ? scalar.merging(List.of(), false, true, "", false)
        : scalar;
  }

  /** The schema of a structure: {@code meta.v1.DeleteOptions}. */
  public Schema structure(String name) {
    Schema.Structure found = structures.get(name);
    if (found == null) {
      throw new IllegalStateException(TABLE + ": no type " + name);
    }
    return Schema.object(found, atomic.containsKey(name));
  }

  private static Schema scalar(String name) {
    return Schema.scalar(
        switch (name) {
          case "string" -> Schema.Kind.STRING;
          case "byte" -> Schema.Kind.BYTES;
          case "date-time" -> Schema.Kind.TIME;
          case "int32", "integer" -> Schema.Kind.INTEGER;
          case "int64" -> Schema.Kind.LONG;
          case "double", "number" -> Schema.Kind.NUMBER;
          case "boolean" -> Schema.Kind.BOOLEAN;
          case "int-or-string" -> Schema.Kind.INT_OR_STRING;
          case "quantity" -> Schema.Kind.QUANTITY;
          case "any" -> Schema.Kind.ANY;
          default -> throw new IllegalStateException(TABLE + ": no type " + name);
        });
  }

  /** The schema of a built-in kind; null if this version has none of that name. */
  public @Nullable Schema find(String group, String version, String kind) {
    String name = kinds.get(group + "/" + version + "/" + kind);
    return name == null ? null : structure(name);
  }

  /** The schema of {@code meta.v1.ObjectMeta}. */
  public Schema metadata() {
    return structure("meta.v1.ObjectMeta");
  }

  /** Every kind: {@code group/version/kind} → name of its structure. */
  public Map<String, String> kinds() {
    return Map.copyOf(kinds);
  }

  /** A structure by name, for documents that describe it. */
  public Schema.@Nullable Structure named(String name) {
    return structures.get(name);
  }
}
