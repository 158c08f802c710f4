package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The JSONPath of a custom column, as far as definitions use it: names, {@code ['name']}, indexes,
 * {@code [*]}, and filters that compare one value, {@code [?(@.type=="Ready")]}.
 */
final class ColumnPath {

  private static final Pattern STEP =
      Pattern.compile(
          "\\.?\\[\\?\\(@\\.([^=!]+?)\\s*(==|!=)\\s*[\"']?([^\"')]*)[\"']?\\)]"
              + "|\\.?\\[(\\*)]|\\.?\\[(-?\\d+)]|\\.?\\[['\"]([^'\"]+)['\"]]|\\.((?:[^.\\[\\\\]|\\\\.)+)");

  private interface Step {
    Stream<JsonNode> apply(JsonNode node);
  }

  private final List<Step> steps = new ArrayList<>();

  private ColumnPath() {}

  static ColumnPath parse(String text) {
    ColumnPath path = new ColumnPath();
    Matcher matcher = STEP.matcher(text.startsWith("{") ? text.substring(1) : text);
    while (matcher.find()) {
      path.steps.add(step(matcher));
    }
    return path;
  }

  private static Step step(Matcher match) {
    if (match.group(1) != null) {
      ColumnPath inner = parse("." + match.group(1));
      boolean equal = match.group(2).equals("==");
      String wanted = match.group(3);
      return node ->
          node.valueStream()
              .filter(item -> {
                JsonNode value = inner.first(item);
                return value != null && value.asText().equals(wanted) == equal;
              });
    }
    if (match.group(4) != null) {
      return JsonNode::valueStream;
    }
    if (match.group(5) != null) {
      int index = Integer.parseInt(match.group(5));
      return node -> some(node.get(index < 0 ? node.size() + index : index));
    }
    String name =
        match.group(6) != null ? match.group(6) : match.group(7).replaceAll("\\\\(.)", "$1");
    return name.equals("*") ? JsonNode::valueStream : node -> some(node.get(name));
  }

  private static Stream<JsonNode> some(@Nullable JsonNode node) {
    return node == null ? Stream.empty() : Stream.of(node);
  }

  /** The first value that it finds; null if there is none. */
  @Nullable JsonNode first(JsonNode object) {
    Stream<JsonNode> found = Stream.of(object);
    for (Step step : steps) {
      found = found.flatMap(step::apply);
    }
    return found.findFirst().orElse(null);
  }
}
