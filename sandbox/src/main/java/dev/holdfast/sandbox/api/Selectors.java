package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.store.Codec;
import dev.holdfast.sandbox.store.Stored;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** The label and field selectors of a request. */
final class Selectors {

  private Selectors() {}

  static Predicate<Stored> of(Request request, Target target) {
    Predicate<Stored> result = stored -> true;
    String labels = request.parameter("labelSelector");
    if (!labels.isEmpty()) {
      Predicate<Map<String, String>> selector = LabelRequirements.parse(labels);
      result = stored -> selector.test(stored.labels());
    }
    for (Field field : fields(request.parameter("fieldSelector"))) {
      FieldLabels.check(target.type(), field.path());
      result = result.and(field);
    }
    if (!target.name().isEmpty()) {
      result = result.and(stored -> stored.name().equals(target.name()));
    }
    return result;
  }

  static boolean selects(Request request) {
    return !request.parameter("labelSelector").isEmpty()
        || !request.parameter("fieldSelector").isEmpty();
  }

  private static List<Field> fields(String text) {
    List<Field> result = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      if (part.isBlank()) {
        continue;
      }
      int equals = part.indexOf('=');
      if (equals < 1) {
        throw ApiError.badRequest(
            "invalid selector: '" + text + "'; can't understand '" + part + "'");
      }
      boolean not = part.charAt(equals - 1) == '!';
      int value = part.startsWith("==", equals) ? equals + 2 : equals + 1;
      result.add(
          new Field(
              part.substring(0, not ? equals - 1 : equals).strip(),
              part.substring(value).strip(),
              not));
    }
    return result;
  }

  /** One requirement on one field. */
  private record Field(String path, String value, boolean not) implements Predicate<Stored> {
    @Override
    public boolean test(Stored stored) {
      return not != actual(stored).equals(value);
    }

    private String actual(Stored stored) {
      return switch (path) {
        case "metadata.name" -> stored.name();
        case "metadata.namespace" -> stored.namespace();
        default -> {
          JsonNode node = Codec.read(stored, "", "");
          for (String part : path.split("\\.", -1)) {
            node = node.path(part);
          }
          yield node.asText();
        }
      };
    }
  }
}
