package dev.holdfast.repository.select;

/**
 * One component of a pattern, as Go's filepath.Match reads it: {@code *} any characters, {@code ?}
 * one, {@code [a-z]} and {@code [^a-z]} one of a class, {@code \} takes the next one literally.
 */
final class Glob {

  private Glob() {}

  /** Whether a text has no character that Go treats specially. */
  static boolean simple(String pattern) {
    return pattern.chars().noneMatch(c -> "\\[]*?".indexOf(c) >= 0);
  }

  /** Whether the pattern is well-formed: classes end, and a backslash escapes something. */
  static boolean valid(String pattern) {
    int at = 0;
    while (at < pattern.length()) {
      char c = pattern.charAt(at);
      if (c == '[') {
        at = classEnd(pattern, at);
        if (at < 0) {
          return false;
        }
      } else if (c == '\\' && ++at == pattern.length()) {
        return false;
      }
      at++;
    }
    return true;
  }

  static boolean matches(String pattern, String name) {
    return matches(pattern, 0, name, 0);
  }

  private static boolean matches(String pattern, int p, String name, int n) {
    while (p < pattern.length()) {
      char c = pattern.charAt(p);
      if (c == '*') {
        return star(pattern, p + 1, name, n);
      }
      if (n == name.length()) {
        return false;
      }
      int character = name.codePointAt(n);
      switch (c) {
        case '?' -> p++;
        case '[' -> {
          int end = classEnd(pattern, p);
          if (end < 0 || !inClass(pattern, p + 1, end, character)) {
            return false;
          }
          p = end + 1;
        }
        default -> {
          if (c == '\\' && ++p == pattern.length()) {
            return false;
          }
          if (pattern.codePointAt(p) != character) {
            return false;
          }
          p += Character.charCount(character);
        }
      }
      n += Character.charCount(character);
    }
    return n == name.length();
  }

  private static boolean star(String pattern, int p, String name, int n) {
    int rest = p;
    while (rest < pattern.length() && pattern.charAt(rest) == '*') {
      rest++;
    }
    for (int skip = n; skip <= name.length(); skip++) {
      if (matches(pattern, rest, name, skip)) {
        return true;
      }
    }
    return false;
  }

  /** The position of the bracket that ends the class, or -1. */
  private static int classEnd(String pattern, int open) {
    int at = open + 1;
    if (at < pattern.length() && pattern.charAt(at) == '^') {
      at++;
    }
    int first = at;
    while (at < pattern.length() && (pattern.charAt(at) != ']' || at == first)) {
      if (pattern.charAt(at) == ']' || pattern.charAt(at) == '-') {
        return -1; // Go wants them escaped
      }
      at = character(pattern, at);
      if (at < pattern.length() && pattern.charAt(at) == '-') {
        at = character(pattern, at + 1);
      }
    }
    return at < pattern.length() ? at : -1;
  }

  /** The position after the character, escaped or not, at this one. */
  private static int character(String pattern, int at) {
    int start = at < pattern.length() && pattern.charAt(at) == '\\' ? at + 1 : at;
    return start < pattern.length()
        ? start + Character.charCount(pattern.codePointAt(start))
        : pattern.length();
  }

  private static boolean inClass(String pattern, int from, int end, int character) {
    boolean negated = pattern.charAt(from) == '^';
    int at = negated ? from + 1 : from;
    boolean found = false;
    while (at < end) {
      int low = codePoint(pattern, at);
      at = character(pattern, at);
      int high = low;
      if (at < end && pattern.charAt(at) == '-') {
        high = codePoint(pattern, at + 1);
        at = character(pattern, at + 1);
      }
      found |= low <= character && character <= high;
    }
    return found != negated;
  }

  private static int codePoint(String pattern, int at) {
    return pattern.codePointAt(pattern.charAt(at) == '\\' ? at + 1 : at);
  }
}
