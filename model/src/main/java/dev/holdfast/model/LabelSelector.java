package dev.holdfast.model;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** meta/v1 LabelSelector: all of its requirements must hold; an empty one matches everything. */
public record LabelSelector(
    @Nullable Map<String, String> matchLabels, @Nullable List<Requirement> matchExpressions) {

  /** One requirement; operator is In, NotIn, Exists or DoesNotExist. */
  public record Requirement(String key, String operator, @Nullable List<String> values) {

    boolean matches(Map<String, String> labels) {
      String value = labels.get(key);
      List<String> wanted = values == null ? List.of() : values;
      return switch (operator) {
        case "In" -> value != null && wanted.contains(value);
        case "NotIn" -> value == null || !wanted.contains(value);
        case "Exists" -> value != null;
        case "DoesNotExist" -> value == null;
        default ->
            throw new Failure.Invalid(
                "'" + operator + "' is not a label selector operator",
                "use In, NotIn, Exists or DoesNotExist");
      };
    }

    String text() {
      String set = values == null ? "" : String.join(",", values);
      return switch (operator) {
        case "In" -> key + " in (" + set + ")";
        case "NotIn" -> key + " notin (" + set + ")";
        case "Exists" -> key;
        default -> "!" + key;
      };
    }
  }

  private static final String KEY = "[A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?";
  private static final String VALUE = "([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?";
  private static final Pattern SET =
      Pattern.compile("\\s*(" + KEY + ")\\s+(in|notin)\\s*\\(([^()]*)\\)\\s*");
  private static final Pattern EQUALS =
      Pattern.compile("\\s*(" + KEY + ")\\s*(==|=|!=)\\s*(" + VALUE + ")\\s*");
  private static final Pattern EXISTS = Pattern.compile("\\s*(!?)\\s*(" + KEY + ")\\s*");
  private static final Pattern SEPARATOR = Pattern.compile(",(?![^(]*\\))");

  /**
   * Reads kubectl's notation: {@code app=web,tier!=db,env in (a,b),!legacy}.
   *
   * @throws Failure.Invalid if it is malformed
   */
  public static LabelSelector parse(String text) {
    Map<String, String> labels = new LinkedHashMap<>();
    List<Requirement> expressions = new ArrayList<>();
    if (text.isBlank()) {
      return new LabelSelector(null, null);
    }
    for (String part : SEPARATOR.split(text, -1)) {
      Matcher set = SET.matcher(part);
      Matcher equals = EQUALS.matcher(part);
      Matcher exists = EXISTS.matcher(part);
      if (set.matches()) {
        List<String> values = new ArrayList<>();
        for (String value : set.group(4).split(",", -1)) {
          values.add(value.trim());
        }
        expressions.add(
            new Requirement(set.group(1), set.group(3).equals("in") ? "In" : "NotIn", values));
      } else if (equals.matches()) {
        String value = equals.group(4) == null ? "" : equals.group(4);
        if (equals.group(3).equals("!=")) {
          expressions.add(new Requirement(equals.group(1), "NotIn", List.of(value)));
        } else if (labels.containsKey(equals.group(1))) {
          expressions.add(new Requirement(equals.group(1), "In", List.of(value)));
        } else {
          labels.put(equals.group(1), value);
        }
      } else if (exists.matches()) {
        boolean not = exists.group(1).equals("!");
        expressions.add(new Requirement(exists.group(2), not ? "DoesNotExist" : "Exists", null));
      } else {
        throw new Failure.Invalid(
            "'" + text + "' is not a label selector: '" + part.trim() + "' cannot be read",
            "write it like app=web,tier!=db,env in (a,b),!legacy");
      }
    }
    var selector =
        new LabelSelector(
            labels.isEmpty() ? null : labels, expressions.isEmpty() ? null : expressions);
    selector.validate();
    return selector;
  }

  /**
   * @throws Failure.Invalid if a key, operator or value is not allowed
   */
  public void validate() {
    if (matchLabels != null) {
      matchLabels.forEach((key, value) -> {
        requireKey(key);
        requireValue(value);
      });
    }
    if (matchExpressions != null) {
      for (Requirement requirement : matchExpressions) {
        requireKey(requirement.key());
        List<String> values = requirement.values() == null ? List.of() : requirement.values();
        values.forEach(LabelSelector::requireValue);
        boolean set = List.of("In", "NotIn").contains(requirement.operator());
        boolean existence = List.of("Exists", "DoesNotExist").contains(requirement.operator());
        if (!set && !existence || set == values.isEmpty()) {
          throw new Failure.Invalid(
              "The label selector requirement on '" + requirement.key() + "' is malformed",
              "In and NotIn need values, Exists and DoesNotExist take none");
        }
      }
    }
  }

  private static void requireKey(String key) {
    String name = key.substring(key.indexOf('/') + 1);
    if (name.isEmpty()
        || !Names.labelValue(name)
        || key.chars().filter(c -> c == '/').count() > 1) {
      throw new Failure.Invalid("'" + key + "' is not a label key");
    }
  }

  private static void requireValue(String value) {
    if (!Names.labelValue(value)) {
      throw new Failure.Invalid("'" + value + "' is not a label value");
    }
  }

  public boolean matches(Map<String, String> labels) {
    if (matchLabels != null) {
      for (var wanted : matchLabels.entrySet()) {
        if (!wanted.getValue().equals(labels.get(wanted.getKey()))) {
          return false;
        }
      }
    }
    if (matchExpressions != null) {
      for (Requirement requirement : matchExpressions) {
        if (!requirement.matches(labels)) {
          return false;
        }
      }
    }
    return true;
  }

  @JsonIgnore
  public boolean isEmpty() {
    return (matchLabels == null || matchLabels.isEmpty())
        && (matchExpressions == null || matchExpressions.isEmpty());
  }

  /** kubectl's notation, which is also what the API takes as {@code labelSelector}. */
  public String text() {
    List<String> parts = new ArrayList<>();
    if (matchLabels != null) {
      matchLabels.forEach((key, value) -> parts.add(key + "=" + value));
    }
    if (matchExpressions != null) {
      parts.addAll(matchExpressions.stream().map(Requirement::text).collect(Collectors.toList()));
    }
    return String.join(",", parts);
  }
}
