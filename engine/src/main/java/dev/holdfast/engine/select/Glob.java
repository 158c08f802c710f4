package dev.holdfast.engine.select;

import dev.holdfast.model.Failure;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A name with wildcards: {@code *} any characters, {@code ?} one, {@code [ab]}, {@code [a-c]} and
 * {@code [!ab]} one of a class, {@code {a,b}} one of several, a backslash before a literal.
 */
final class Glob {

  private final Pattern pattern;

  private Glob(Pattern pattern) {
    this.pattern = pattern;
  }

  static boolean isGlob(String text) {
    return text.contains("*") || text.contains("?") || text.contains("[");
  }

  /**
   * @throws Failure.Invalid if it is malformed
   */
  static Glob compile(String text) {
    try {
      return new Glob(Pattern.compile(regex(text), Pattern.DOTALL));
    } catch (PatternSyntaxException e) {
      throw new Failure.Invalid("'" + text + "' is not a wildcard pattern", null, e);
    }
  }

  boolean matches(String name) {
    return pattern.matcher(name).matches();
  }

  private static String regex(String text) {
    StringBuilder regex = new StringBuilder();
    int braces = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '*' -> regex.append(".*");
        case '?' -> regex.append('.');
        case '[' -> {
          int end = text.indexOf(']', i + 1);
          if (end <= i + 1) {
            throw new PatternSyntaxException("class without an end", text, i);
          }
          regex.append(characterClass(text.substring(i + 1, end)));
          i = end;
        }
        case '{' -> {
          braces++;
          regex.append("(?:");
        }
        case '}' -> {
          braces--;
          regex.append(')');
        }
        case ',' -> regex.append(braces > 0 ? "|" : ",");
        case '\\' -> {
          i++;
          regex.append(Pattern.quote(i < text.length() ? text.substring(i, i + 1) : "\\"));
        }
        default -> regex.append(Pattern.quote(String.valueOf(c)));
      }
    }
    if (braces != 0) {
      throw new PatternSyntaxException("braces without an end", text, text.length());
    }
    return regex.toString();
  }

  private static String characterClass(String content) {
    boolean not = content.startsWith("!");
    String characters = not ? content.substring(1) : content;
    StringBuilder regex = new StringBuilder(not ? "[^" : "[");
    characters
        .chars()
        .forEach(c ->
            regex.append(c == '-' || Character.isLetterOrDigit(c) ? "" : "\\").append((char) c));
    return regex.append(']').toString();
  }
}
