package dev.holdfast.repository.select;

import dev.holdfast.model.Failure;
import dev.holdfast.repository.tree.RawPath;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * One of restic's patterns. Absolute ones match from the root, others any run of components; {@code
 * **} stands for any number of components; {@code !} in front takes a match back.
 */
final class PathPattern {

  private static final String ROOT = "/";
  private static final String ANY = "**";

  private final boolean negated;
  private final boolean ignoreCase;
  private final List<String> parts;

  private PathPattern(boolean negated, boolean ignoreCase, List<String> parts) {
    this.negated = negated;
    this.ignoreCase = ignoreCase;
    this.parts = List.copyOf(parts);
  }

  /**
   * Reads a pattern.
   *
   * @throws Failure.Invalid if it is malformed
   */
  static PathPattern parse(String text, boolean ignoreCase) {
    boolean negated = text.startsWith("!");
    String pattern = negated ? text.substring(1) : text;
    List<String> parts = split(RawPath.of(ignoreCase ? lower(pattern) : pattern).toString());
    for (String part : parts) {
      if (!Glob.valid(part)) {
        throw new Failure.Invalid(
            "The pattern " + text + " is malformed: a bracket or backslash is open",
            "put a backslash before a bracket that is meant literally");
      }
    }
    return new PathPattern(negated, ignoreCase, parts);
  }

  boolean negated() {
    return negated;
  }

  boolean matches(String path) {
    return matches(parts, split(ignoreCase ? lower(path) : path));
  }

  /** Whether something below the path could match. */
  boolean mayMatchBelow(String path) {
    if (!parts.getFirst().equals(ROOT)) {
      return true;
    }
    List<String> names = split(ignoreCase ? lower(path) : path);
    int any = parts.indexOf(ANY);
    if (any >= 0 && names.size() >= any) {
      names = names.subList(0, any);
    }
    return matches(parts.subList(0, Math.min(parts.size(), names.size())), names);
  }

  private static boolean matches(List<String> parts, List<String> names) {
    int any = parts.indexOf(ANY);
    if (any < 0) {
      return matchesRun(parts, names);
    }
    for (int i = 0; i <= names.size() - parts.size() + 1; i++) {
      List<String> expanded = new ArrayList<>(parts.subList(0, any));
      for (int j = 0; j < i; j++) {
        expanded.add("*");
      }
      expanded.addAll(parts.subList(any + 1, parts.size()));
      if (matches(expanded, names)) {
        return true;
      }
    }
    return false;
  }

  /** The last match first: most patterns name the end of a path. */
  private static boolean matchesRun(List<String> parts, List<String> names) {
    if (parts.isEmpty()) {
      return names.isEmpty();
    }
    int last = names.size() - parts.size();
    int first = names.getFirst().equals(ROOT) ? 1 : 0;
    if (parts.getFirst().equals(ROOT)) {
      last = Math.min(last, 0);
      first = 0;
    }
    for (int offset = last; offset >= first; offset--) {
      if (matchesAt(parts, names, offset)) {
        return true;
      }
    }
    return false;
  }

  private static boolean matchesAt(List<String> parts, List<String> names, int offset) {
    for (int i = parts.size() - 1; i >= 0; i--) {
      String part = parts.get(i);
      String name = names.get(offset + i);
      if (Glob.simple(part) ? !part.equals(name) : !Glob.matches(part, name)) {
        return false;
      }
    }
    return true;
  }

  /** The components of a clean path; the first of an absolute one is a slash. */
  private static List<String> split(String path) {
    String[] names = path.split("/", -1);
    if (names[0].isEmpty()) {
      names[0] = ROOT;
    }
    List<String> all = Arrays.asList(names);
    return path.equals(ROOT) ? all.subList(0, 1) : all;
  }

  private static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }
}
