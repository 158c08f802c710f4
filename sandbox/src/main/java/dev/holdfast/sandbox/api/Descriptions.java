package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the built-in types and their fields mean, from {@code descriptions-1.36.txt} (its head says
 * the format). Read when somebody first asks.
 */
final class Descriptions {

  /**
   * A field.
   *
   * @param scalar the full name of its scalar's schema, for example Quantity's; empty if the scalar
   *     has no name
   */
  record Field(String scalar, String text) {}

  private static final String TABLE = "descriptions-1.36.txt";

  private static final Field NOTHING = new Field("", "");

  private static final class Shared {
    static final Descriptions ALL = new Descriptions();
  }

  private final Map<String, String> types = new HashMap<>();
  private final Map<String, Field> fields = new HashMap<>();
  private final Map<String, ObjectNode> scalars = new HashMap<>();

  private Descriptions() {
    String type = "";
    for (String line : table()) {
      String[] cells = line.substring(1).split("\t", -1);
      switch (line.charAt(0)) {
        case '#' -> {}
        case '=' -> scalars.put(cells[0].strip(), json(cells[1]));
        case ' ' -> fields.put(type + " " + cells[0], new Field(cells[1], plain(cells[2])));
        default -> {
          type = line.charAt(0) + cells[0];
          types.put(type, plain(cells[1]));
        }
      }
    }
  }

  static Descriptions shared() {
    return Shared.ALL;
  }

  private static List<String> table() {
    try (InputStream in = Descriptions.class.getResourceAsStream(TABLE)) {
      if (in == null) {
        throw new IllegalStateException(TABLE + " is missing from this build");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new IllegalStateException(TABLE + " of this build is damaged", e);
    }
  }

  private static ObjectNode json(String text) {
    try {
      return (ObjectNode) Json.MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(TABLE + ": not JSON: " + text, e);
    }
  }

  private static String plain(String text) {
    return text.translateEscapes();
  }

  /** Of a type, for example {@code core.v1.Pod}; empty if there is none. */
  String of(String type) {
    return types.getOrDefault(type, "");
  }

  Field of(String type, String field) {
    return fields.getOrDefault(type + " " + field, NOTHING);
  }

  /** The schema of a named scalar. */
  @Nullable ObjectNode scalar(String name) {
    return scalars.get(name);
  }
}
