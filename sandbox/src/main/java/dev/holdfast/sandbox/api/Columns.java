package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.sandbox.schema.ServedType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What {@code kubectl get} shows of each type: the columns of built-in types from the table {@code
 * columns-1.36.txt}, those of custom types from their definitions.
 */
final class Columns {

  /**
   * One column.
   *
   * @param priority above 0 for those that only {@code -o wide} shows
   * @param value of an object; null for an empty cell
   */
  record Column(
      String name,
      String type,
      String format,
      int priority,
      String description,
      Function<JsonNode, @Nullable Object> value) {}

  private static final String TABLE = "columns-1.36.txt";

  private static final Column CREATED_AT =
      new Column(
          "Created At",
          "date",
          "",
          0,
          MetadataWords.CREATION_TIMESTAMP,
          object -> object.at("/metadata/creationTimestamp").asText());

  private static final class Shared {
    static final Map<String, List<Column>> BUILT_IN = read();
  }

  private Columns() {}

  /** The columns of a type. */
  static List<Column> of(ServedType type) {
    JsonNode definition = type.definition();
    if (definition != null) {
      List<Column> columns = new ArrayList<>(List.of(name()));
      JsonNode own = definition.path("additionalPrinterColumns");
      own.forEach(column -> columns.add(custom(column)));
      if (own.isEmpty()) {
        columns.add(age());
      }
      return columns;
    }
    List<Column> own = Shared.BUILT_IN.get(type.qualified());
    return own == null ? List.of(name(), CREATED_AT) : own;
  }

  private static Column name() {
    return new Column(
        "Name", "string", "name", 0, MetadataWords.NAME, o -> o.at("/metadata/name").asText());
  }

  private static Column age() {
    return new Column(
        "Age",
        "date",
        "",
        0,
        MetadataWords.CREATION_TIMESTAMP,
        object -> Ages.since(object.at("/metadata/creationTimestamp").asText(), "<unknown>"));
  }

  private static Map<String, List<Column>> read() {
    Map<String, List<Column>> result = new HashMap<>();
    String type = "";
    for (String line : table()) {
      if (line.startsWith(" ")) {
        String[] cells = line.substring(1).split("\t", -1);
        Function<JsonNode, @Nullable Object> value = BuiltInCells.of(type, cells[0]);
        result
            .computeIfAbsent(type, t -> new ArrayList<>())
            .add(
                new Column(
                    cells[0],
                    cells[1],
                    cells[2],
                    Integer.parseInt(cells[3]),
                    cells[4].replace("\\n", "\n"),
                    value));
      } else if (!line.startsWith("#")) {
        type = line;
      }
    }
    return result;
  }

  private static List<String> table() {
    try (InputStream in = Columns.class.getResourceAsStream(TABLE)) {
      if (in == null) {
        throw new IllegalStateException(TABLE + " is missing from this build");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new IllegalStateException(TABLE + " of this build is damaged", e);
    }
  }

  private static Column custom(JsonNode column) {
    ColumnPath path = ColumnPath.parse(column.path("jsonPath").asText());
    String type = column.path("type").asText();
    String description = column.path("description").asText();
    return new Column(
        column.path("name").asText(),
        type,
        column.path("format").asText(),
        column.path("priority").asInt(),
        description.isEmpty()
            ? "Custom resource definition column (in JSONPath format): "
                + column.path("jsonPath").asText()
            : description,
        object -> cell(type, path.first(object)));
  }

  /** A value is shown only if it is of the column's type. */
  private static @Nullable Object cell(String type, @Nullable JsonNode value) {
    if (value == null) {
      return null;
    }
    return switch (type) {
      case "string" -> value.isValueNode() && !value.isNull() ? value.asText() : text(value);
      case "date" -> value.isTextual() ? Ages.since(value.asText(), "<unknown>") : null;
      case "integer" -> value.isNumber() ? value.asLong() : null;
      case "number" -> value.isNumber() ? value : null;
      case "boolean" -> value.isBoolean() ? value : null;
      default -> null;
    };
  }

  private static @Nullable String text(JsonNode value) {
    return value.isNull() ? null : value.toString();
  }
}
