package dev.holdfast.engine.restore.action;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.LabelSelector;
import dev.holdfast.model.patch.JsonPatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * Reads resource modifiers strictly: an unknown field or a wrong type is an error that says where.
 */
final class ModifierParser {

  private static final YAMLMapper YAML =
      YAMLMapper.builder(
              YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private static final Pattern NUMBER =
      Pattern.compile("[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]+)?");
  private static final Set<String> OPERATIONS =
      Set.of("add", "remove", "replace", "test", "copy", "move");

  /** A part of the document and where it stands, for messages. */
  private record Part(JsonNode node, String path) {

    Part get(String name) {
      return new Part(node.path(name), path + "." + name);
    }

    boolean present() {
      return !node.isMissingNode() && !node.isNull();
    }

    Part fields(Set<String> known) {
      if (!node.isObject()) {
        throw wrong("must be an object");
      }
      for (String name : (Iterable<String>) node::fieldNames) {
        if (!known.contains(name)) {
          throw new Part(node, path + "." + name)
              .wrong(
                  "is unknown; known are " + String.join(", ", known.stream().sorted().toList()));
        }
      }
      return this;
    }

    String text() {
      if (!node.isTextual()) {
        throw wrong("must be a text; put it in quotes");
      }
      return node.asText();
    }

    String required() {
      if (!present() || node.isTextual() && node.asText().isEmpty()) {
        throw wrong("is missing");
      }
      return text();
    }

    <T> List<T> each(Function<Part, T> reader) {
      List<T> values = new ArrayList<>();
      if (!present()) {
        return values;
      }
      if (!node.isArray()) {
        throw wrong("must be a list");
      }
      for (int i = 0; i < node.size(); i++) {
        values.add(reader.apply(new Part(node.get(i), path + "[" + i + "]")));
      }
      return values;
    }

    Failure.Invalid wrong(String what) {
      return new Failure.Invalid("Resource modifiers: " + path + " " + what);
    }
  }

  ResourceModifiers parse(String yaml) {
    Part document = new Part(read(yaml, "the document"), "document");
    document.fields(Set.of("version", "resourceModifierRules"));
    String version = document.get("version").required();
    if (!version.toLowerCase(Locale.ROOT).equals("v1")) {
      throw document.get("version").wrong("is '" + version + "'; only v1 is known");
    }
    Part list = new Part(document.node().path("resourceModifierRules"), "resourceModifierRules");
    List<ModifierRule> rules = new ArrayList<>();
    list.each(part -> rules.add(rule(part, rules.size() + 1)));
    if (rules.isEmpty()) {
      throw list.wrong("is empty");
    }
    return new ResourceModifiers(rules);
  }

  private static ModifierRule rule(Part part, int number) {
    part.fields(Set.of("conditions", "patches", "mergePatches", "strategicPatches"));
    ModifierRule.Conditions conditions = conditions(part.get("conditions"));
    List<ModifierRule.Change> changes = new ArrayList<>();
    if (part.get("patches").present()) {
      changes.add(new ModifierRule.Json(part.get("patches").each(ModifierParser::operation)));
    }
    if (part.get("mergePatches").present()) {
      changes.add(new ModifierRule.Merge(part.get("mergePatches").each(ModifierParser::patch)));
    }
    if (part.get("strategicPatches").present()) {
      changes.add(
          new ModifierRule.Strategic(part.get("strategicPatches").each(ModifierParser::patch)));
    }
    if (changes.size() != 1) {
      throw part.wrong("needs exactly one of patches, mergePatches and strategicPatches");
    }
    return new ModifierRule(number, conditions, changes.getFirst());
  }

  private static ModifierRule.Conditions conditions(Part part) {
    if (!part.present()) {
      throw part.wrong("is missing");
    }
    part.fields(
        Set.of("groupResource", "namespaces", "resourceNameRegex", "labelSelector", "matches"));
    Part regex = part.get("resourceNameRegex");
    return new ModifierRule.Conditions(
        glob(part.get("groupResource").required()),
        part.get("namespaces").each(Part::text),
        regex.present() ? regex(regex) : null,
        selector(part.get("labelSelector")),
        part.get("matches").each(ModifierParser::match));
  }

  /**
   * As Velero's globs: {@code *} within one part of the name, {@code **} across dots, {@code ?} one
   * character, {@code {a,b}} either.
   */
  private static Pattern glob(String glob) {
    StringBuilder pattern = new StringBuilder();
    int open = 0;
    for (int i = 0; i < glob.length(); i++) {
      char c = glob.charAt(i);
      if (c == '*' && i + 1 < glob.length() && glob.charAt(i + 1) == '*') {
        pattern.append(".*");
        i++;
      } else if (c == '*') {
        pattern.append("[^.]*");
      } else if (c == '?') {
        pattern.append("[^.]");
      } else if (c == '{') {
        open++;
        pattern.append("(?:");
      } else if (c == '}' && open > 0) {
        open--;
        pattern.append(')');
      } else if (c == ',' && open > 0) {
        pattern.append('|');
      } else {
        pattern.append(Pattern.quote(String.valueOf(c)));
      }
    }
    if (open > 0) {
      throw new Failure.Invalid(
          "Resource modifiers: groupResource '" + glob + "' has a '{' without '}'");
    }
    return Pattern.compile(pattern.toString());
  }

  private static Pattern regex(Part part) {
    try {
      return Pattern.compile(part.text());
    } catch (PatternSyntaxException e) {
      throw part.wrong("is not a regular expression: " + e.getDescription());
    }
  }

  private static @Nullable LabelSelector selector(Part part) {
    if (!part.present()) {
      return null;
    }
    part.fields(Set.of("matchLabels", "matchExpressions"));
    try {
      LabelSelector selector = Json.MAPPER.convertValue(part.node(), LabelSelector.class);
      selector.validate();
      return selector;
    } catch (Failure.Invalid e) {
      throw part.wrong("is malformed: " + e.getMessage());
    } catch (IllegalArgumentException e) {
      throw part.wrong("is not a label selector");
    }
  }

  private static JsonPatch.Op match(Part part) {
    part.fields(Set.of("path", "value"));
    return new JsonPatch.Op("test", pointer(part.get("path")), null, value(part.get("value")));
  }

  private static JsonPatch.Op operation(Part part) {
    part.fields(Set.of("operation", "path", "value", "from"));
    String operation = part.get("operation").required().toLowerCase(Locale.ROOT);
    if (!OPERATIONS.contains(operation)) {
      throw part.get("operation")
          .wrong("is '" + operation + "'; use add, remove, replace, test, copy or move");
    }
    boolean moves = operation.equals("copy") || operation.equals("move");
    return new JsonPatch.Op(
        operation,
        pointer(part.get("path")),
        moves ? pointer(part.get("from")) : null,
        moves || operation.equals("remove") ? null : value(part.get("value")));
  }

  private static String pointer(Part part) {
    String pointer = part.required();
    if (!pointer.startsWith("/")) {
      throw part.wrong("is '" + pointer + "', which does not begin with '/'");
    }
    return pointer;
  }

  /**
   * Velero's rule: the value is a text; what reads as null, boolean, number, object or list becomes
   * one, unless it is in quotes of its own ({@code "\"5\""}).
   */
  private static JsonNode value(Part part) {
    String text = part.present() ? part.text() : "";
    String word = text.toLowerCase(Locale.ROOT);
    if (text.length() >= 2 && text.startsWith("\"") && text.endsWith("\"")) {
      return quoted(text);
    }
    if (word.equals("true") || word.equals("false")) {
      return Json.MAPPER.getNodeFactory().booleanNode(word.equals("true"));
    }
    if (text.equals("null") || text.startsWith("{") || text.startsWith("[") || number(text)) {
      try {
        return Json.MAPPER.readTree(text);
      } catch (JsonProcessingException e) {
        throw part.wrong(
            "'" + text + "' is not valid JSON: put a text that begins so into \"\\\"…\\\"\"");
      }
    }
    return TextNode.valueOf(text);
  }

  private static boolean number(String text) {
    return NUMBER.matcher(text).matches();
  }

  /** Escapes in the quotes are JSON's; a text that is no JSON string is taken as it stands. */
  private static JsonNode quoted(String text) {
    try {
      return Json.MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      return TextNode.valueOf(text.substring(1, text.length() - 1));
    }
  }

  private static ObjectNode patch(Part part) {
    part.fields(Set.of("patchData"));
    Part data = part.get("patchData");
    if (read(data.required(), data.path()) instanceof ObjectNode patch) {
      return patch;
    }
    throw data.wrong("must hold an object, as YAML or JSON");
  }

  private static JsonNode read(String yaml, String what) {
    try {
      return YAML.readTree(yaml);
    } catch (JsonProcessingException e) {
      String at =
          e.getLocation() == null
              ? ""
              : " (line %d, column %d)"
                  .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr());
      throw new Failure.Invalid(
          "Resource modifiers: "
              + what
              + " is not valid YAML: "
              + e.getOriginalMessage().lines().findFirst().orElse("")
              + at);
    }
  }
}
