package dev.holdfast.sandbox.status;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Values as Go prints them ({@code %v}), where the API's messages show them so. */
public final class GoValues {

  private GoValues() {}

  /** {@code map[a:b c:[1 2]]}, names in order. */
  public static String text(JsonNode value) {
    return switch (value.getNodeType()) {
      case OBJECT -> {
        TreeMap<String, String> fields = new TreeMap<>();
        value.properties().forEach(e -> fields.put(e.getKey(), text(e.getValue())));
        yield fields.entrySet().stream()
            .map(field -> field.getKey() + ":" + field.getValue())
            .collect(Collectors.joining(" ", "map[", "]"));
      }
      case ARRAY ->
          value.valueStream().map(GoValues::text).collect(Collectors.joining(" ", "[", "]"));
      case NULL, MISSING -> "<nil>";
      default -> value.asText();
    };
  }

  /** What Go's JSON decoder calls a kind of value. */
  public static String jsonType(JsonNode value) {
    return switch (value.getNodeType()) {
      case BOOLEAN -> "bool";
      case NULL, MISSING -> "null";
      default -> value.getNodeType().name().toLowerCase(Locale.ROOT);
    };
  }

  /** The type that Go's JSON decoder gives a value. */
  public static String type(JsonNode value) {
    return switch (value.getNodeType()) {
      case STRING -> "string";
      case BOOLEAN -> "bool";
      case NUMBER -> value.isIntegralNumber() ? "int64" : "float64";
      case ARRAY -> "[]interface {}";
      case OBJECT -> "map[string]interface {}";
      default -> "<nil>";
    };
  }
}
