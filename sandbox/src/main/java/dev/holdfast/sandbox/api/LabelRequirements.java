package dev.holdfast.sandbox.api;

import dev.holdfast.sandbox.status.ApiError;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Label selectors as the API server reads them: {@code a=b}, {@code a==b}, {@code a!=b}, {@code a
 * in (b,c)}, {@code a notin (b,c)}, {@code a}, {@code !a}, {@code a>1}, {@code a<1}, joined by
 * commas.
 */
final class LabelRequirements {

  private static final Pattern TOKEN =
      Pattern.compile("\\s*(?:(==|!=|=|!|>|<|,|\\(|\\))|([^\\s=!<>,()]+))");

  private final List<String> tokens = new ArrayList<>();
  private int at;

  private LabelRequirements(String text) {
    Matcher matcher = TOKEN.matcher(text);
    int end = 0;
    while (matcher.find() && matcher.start() == end) {
      tokens.add(matcher.group(1) != null ? matcher.group(1) : matcher.group(2));
      end = matcher.end();
    }
  }

  static Predicate<Map<String, String>> parse(String text) {
    LabelRequirements parser = new LabelRequirements(text);
    Predicate<Map<String, String>> all = labels -> true;
    while (parser.at < parser.tokens.size()) {
      all = all.and(parser.requirement());
      if (parser.at < parser.tokens.size()) {
        parser.expect(",", "found '" + parser.peek() + "', expected: ',' or 'end of string'");
      }
    }
    return all;
  }

  private String peek() {
    return at < tokens.size() ? tokens.get(at) : "";
  }

  private String next() {
    return at < tokens.size() ? tokens.get(at++) : "";
  }

  private void expect(String token, String otherwise) {
    if (!next().equals(token)) {
      throw wrong(otherwise);
    }
  }

  private static ApiError wrong(String why) {
    return ApiError.badRequest("unable to parse requirement: " + why);
  }

  private String identifier(String expected) {
    String token = next();
    if (token.isEmpty() || "==!=<>,()".contains(token)) {
      throw wrong("found '" + token + "', expected: " + expected);
    }
    return token;
  }

  private Predicate<Map<String, String>> requirement() {
    if (peek().equals("!")) {
      at++;
      String key = identifier("identifier");
      return labels -> !labels.containsKey(key);
    }
    String key = identifier("!, identifier, or 'end of string'");
    switch (peek()) {
      case "=", "==" -> {
        at++;
        String value = value();
        return labels -> value.equals(labels.get(key));
      }
      case "!=" -> {
        at++;
        String value = value();
        return labels -> !value.equals(labels.get(key));
      }
      case "in" -> {
        at++;
        Set<String> values = values();
        return labels -> labels.containsKey(key) && values.contains(labels.get(key));
      }
      case "notin" -> {
        at++;
        Set<String> values = values();
        return labels -> !labels.containsKey(key) || !values.contains(labels.get(key));
      }
      case ">", "<" -> {
        boolean greater = next().equals(">");
        return compare(key, identifier("identifier"), greater);
      }
      case "", "," -> {
        return labels -> labels.containsKey(key);
      }
      default ->
          throw wrong(
              "found '"
                  + peek()
                  + "', expected: in, notin, =, ==, !=, gt, lt, ',' or 'end of string'");
    }
  }

  /** A value may be empty: {@code a=}. */
  private String value() {
    return peek().equals(",") || peek().isEmpty() ? "" : identifier("identifier");
  }

  private Set<String> values() {
    expect("(", "found '" + peek() + "' expected: '('");
    List<String> values = new ArrayList<>();
    while (!peek().equals(")")) {
      if (peek().isEmpty()) {
        throw wrong("found '', expected: ',', ')' or identifier");
      }
      if (peek().equals(",")) {
        at++;
        continue;
      }
      values.add(identifier("',', ')' or identifier"));
    }
    at++;
    return Set.copyOf(new java.util.HashSet<>(values));
  }

  private static Predicate<Map<String, String>> compare(String key, String bound, boolean greater) {
    long limit;
    try {
      limit = Long.parseLong(bound);
    } catch (NumberFormatException e) {
      throw ApiError.badRequest(
          "values[0]["
              + key
              + "]: Invalid value: \""
              + bound
              + "\": for 'Gt', 'Lt' operators, the value must be an integer");
    }
    return labels -> {
      try {
        String value = labels.get(key);
        return value != null
            && (greater ? Long.parseLong(value) > limit : Long.parseLong(value) < limit);
      } catch (NumberFormatException e) {
        return false;
      }
    };
  }
}
