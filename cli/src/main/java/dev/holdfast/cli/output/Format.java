package dev.holdfast.cli.output;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.holdfast.model.Json;
import java.util.List;

/** What {@code -o} may ask for. */
public enum Format {
  TABLE,
  JSON,
  YAML,
  NAME;

  private static final YAMLMapper YAML_WRITER =
      YAMLMapper.builder()
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
          .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
          .disable(YAMLGenerator.Feature.SPLIT_LINES)
          .build();

  private static final DefaultPrettyPrinter INDENTED =
      new DefaultPrettyPrinter()
          .withObjectIndenter(new DefaultIndenter("  ", "\n"))
          .withArrayIndenter(new DefaultIndenter("  ", "\n"));

  /** JSON or YAML text of a document, ending with a newline; not for TABLE and NAME. */
  public String text(Object document) {
    ObjectNode tree = document instanceof ObjectNode node ? node : Json.tree(document);
    try {
      return switch (this) {
        case YAML -> YAML_WRITER.writeValueAsString(tree);
        case JSON -> Json.MAPPER.writer(INDENTED).writeValueAsString(tree) + "\n";
        case TABLE, NAME -> throw new IllegalArgumentException(this + " is no document format");
      };
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write a document", e);
    }
  }

  /** A list document as {@code kubectl get -o} prints it: {@code kind} with "List" appended. */
  public static ObjectNode list(String apiVersion, String kind, List<?> items) {
    ObjectNode list = Json.MAPPER.createObjectNode();
    list.put("apiVersion", apiVersion).put("kind", kind + "List");
    list.putObject("metadata");
    ArrayNode array = list.putArray("items");
    items.forEach(item -> array.add(Json.tree(item)));
    return list;
  }
}
