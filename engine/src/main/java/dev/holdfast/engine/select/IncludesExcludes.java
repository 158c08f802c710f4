package dev.holdfast.engine.select;

import dev.holdfast.model.Failure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * An includes and an excludes list of names, each perhaps with wildcards. What is excluded is out;
 * of the rest, an empty includes list or {@code *} takes everything.
 */
public final class IncludesExcludes {

  private final Set<String> includes;
  private final Set<String> excludes;
  private final Map<String, Glob> globs = new HashMap<>();

  private IncludesExcludes(Set<String> includes, Set<String> excludes) {
    this.includes = includes;
    this.excludes = excludes;
    includes.forEach(this::compile);
    excludes.forEach(this::compile);
  }

  /** Absent lists are empty. */
  public static IncludesExcludes of(
      @Nullable List<String> includes, @Nullable List<String> excludes) {
    return new IncludesExcludes(
        includes == null ? Set.of() : new TreeSet<>(includes),
        excludes == null ? Set.of() : new TreeSet<>(excludes));
  }

  private void compile(String name) {
    if (Glob.isGlob(name) || name.contains("{") || name.contains("\\")) {
      try {
        globs.put(name, Glob.compile(name));
      } catch (Failure.Invalid e) {
        // A pattern that cannot be read matches nothing; validation has said so before.
      }
    }
  }

  /** Whether this name is in. */
  public boolean includes(String name) {
    return !excludes(name) && (includes.isEmpty() || named(name));
  }

  /** Whether the excludes list names it. */
  public boolean excludes(String name) {
    return matches(excludes, name);
  }

  /** Whether the includes list names it, be it by a wildcard. */
  public boolean named(String name) {
    return matches(includes, name);
  }

  /** Whether nothing is left out: no excludes, and no includes but {@code *}. */
  public boolean everything() {
    return excludes.isEmpty() && (includes.isEmpty() || includes.equals(Set.of("*")));
  }

  /** Sorted. */
  public List<String> includes() {
    return List.copyOf(includes);
  }

  /** Sorted. */
  public List<String> excludes() {
    return List.copyOf(excludes);
  }

  private boolean matches(Set<String> names, String name) {
    if (names.contains(name)) {
      return true;
    }
    for (String pattern : names) {
      Glob glob = globs.get(pattern);
      if (glob != null && glob.matches(name)) {
        return true;
      }
    }
    return false;
  }

  /** What is wrong with an includes and an excludes list, in Velero's words; empty if nothing. */
  public static List<String> problems(
      @Nullable List<String> includes, @Nullable List<String> excludes) {
    List<String> problems = new ArrayList<>();
    Set<String> in = includes == null ? Set.of() : new HashSet<>(includes);
    Set<String> out = excludes == null ? Set.of() : new TreeSet<>(excludes);
    if (in.size() > 1 && in.contains("*")) {
      problems.add("includes list must either contain '*' only, or a non-empty list of items");
    }
    if (out.contains("*")) {
      problems.add("excludes list cannot contain '*'");
    }
    inBoth(in, out, problems);
    return problems;
  }

  /** The same for the scoped lists, where an excludes list may be {@code *} alone. */
  public static List<String> scopedProblems(
      @Nullable List<String> includes, @Nullable List<String> excludes) {
    List<String> problems = new ArrayList<>();
    Set<String> in = includes == null ? Set.of() : new HashSet<>(includes);
    Set<String> out = excludes == null ? Set.of() : new TreeSet<>(excludes);
    if (in.size() > 1 && in.contains("*")) {
      problems.add("includes list must either contain '*' only, or a non-empty list of items");
    }
    if (out.size() > 1 && out.contains("*")) {
      problems.add("excludes list must either contain '*' only, or a non-empty list of items");
    }
    if (!in.isEmpty() && out.contains("*")) {
      problems.add("when exclude is '*', include cannot have value");
    }
    inBoth(in, out, problems);
    return problems;
  }

  private static void inBoth(Set<String> in, Set<String> out, List<String> problems) {
    for (String name : out) {
      if (in.contains(name)) {
        problems.add("excludes list cannot contain an item in the includes list: " + name);
      }
    }
  }
}
