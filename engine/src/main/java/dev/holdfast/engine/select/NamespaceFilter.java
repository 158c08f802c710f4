package dev.holdfast.engine.select;

import dev.holdfast.model.Names;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which namespaces, with wildcards resolved against those that exist.
 *
 * <p>Velero treats a namespace that a label excludes as if it stood in {@code excludedNamespaces},
 * and then no longer takes cluster-scoped items; here it is left out and nothing else changes.
 */
public final class NamespaceFilter {

  private final IncludesExcludes names;
  private final Set<String> labelledOut;
  private final boolean nothing;

  private NamespaceFilter(IncludesExcludes names, Set<String> labelledOut, boolean nothing) {
    this.names = names;
    this.labelledOut = labelledOut;
    this.nothing = nothing;
  }

  /**
   * @param existing the names of the namespaces that are there
   * @param labelledOut those that carry {@code velero.io/exclude-from-backup=true}
   */
  public static NamespaceFilter of(
      @Nullable List<String> includes,
      @Nullable List<String> excludes,
      Collection<String> existing,
      Collection<String> labelledOut) {
    List<String> in = includes == null ? List.of() : includes;
    List<String> out = excludes == null ? List.of() : excludes;
    Set<String> labelled = Set.copyOf(labelledOut);
    if (!hasWildcards(in, out)) {
      return new NamespaceFilter(IncludesExcludes.of(in, out), labelled, false);
    }
    List<String> expanded = expand(in, existing);
    return new NamespaceFilter(
        IncludesExcludes.of(expanded, expand(out, existing)), labelled, expanded.isEmpty());
  }

  /** Everything but {@code *} alone, which needs no resolving. */
  private static boolean hasWildcards(List<String> includes, List<String> excludes) {
    return !includes.isEmpty()
        && !includes.contains("*")
        && (includes.stream().anyMatch(Glob::isGlob) || excludes.stream().anyMatch(Glob::isGlob));
  }

  private static List<String> expand(List<String> patterns, Collection<String> existing) {
    Set<String> names = new TreeSet<>();
    for (String pattern : patterns) {
      if (Glob.isGlob(pattern)) {
        Glob glob = Glob.compile(pattern);
        existing.stream().filter(glob::matches).forEach(names::add);
      } else {
        names.add(pattern);
      }
    }
    return List.copyOf(names);
  }

  public boolean includes(String namespace) {
    return !nothing && !labelledOut.contains(namespace) && names.includes(namespace);
  }

  /** Whether no namespace is left out by name: then cluster-scoped items are taken too. */
  public boolean everything() {
    return !nothing && names.everything();
  }

  /** Whether to list over all namespaces at once; else {@link #named()} one by one. */
  public boolean allAtOnce() {
    return !nothing && (names.includes().isEmpty() || names.includes().contains("*"));
  }

  /** The included names, wildcards resolved, without the excluded; sorted. */
  public List<String> named() {
    return names.includes().stream().filter(n -> !n.equals("*") && includes(n)).toList();
  }

  /** True if there were wildcards and no namespace matches. */
  public boolean matchesNothing() {
    return nothing;
  }

  /** For the log: {@code harbour, lighthouse} or {@code *}. */
  public String includesText() {
    return names.includes().isEmpty() && !nothing ? "*" : String.join(", ", names.includes());
  }

  /** For the log. */
  public String excludesText() {
    return names.excludes().isEmpty() ? "<none>" : String.join(", ", names.excludes());
  }

  /** What is wrong with the lists, in Velero's words; empty if nothing. */
  public static List<String> problems(
      @Nullable List<String> includes, @Nullable List<String> excludes) {
    List<String> problems = new ArrayList<>(IncludesExcludes.problems(includes, excludes));
    for (List<String> list : java.util.Arrays.asList(includes, excludes)) {
      for (String name : list == null ? Set.<String>of() : new TreeSet<>(list)) {
        problem(name, problems);
      }
    }
    return problems;
  }

  private static void problem(String name, List<String> problems) {
    String pattern = patternProblem(name);
    if (pattern != null) {
      problems.add(pattern);
    } else if (!Names.label(name.replaceAll("[*?\\[\\]]", "x"))) {
      problems.add(
          "invalid namespace \""
              + name
              + "\": a namespace is at most 63 characters of a-z, 0-9 and '-', beginning and ending"
              + " with a letter or digit");
    }
  }

  private static @Nullable String patternProblem(String pattern) {
    if (pattern.chars().anyMatch(c -> "|()!{},".indexOf(c) >= 0)) {
      return "wildcard pattern contains unsupported characters: |, (, ), !, {, }, ,";
    }
    if (pattern.contains("**")) {
      return "wildcard pattern contains consecutive asterisks (only single * allowed)";
    }
    for (int i = 0; i < pattern.length(); i++) {
      if (pattern.charAt(i) == ']') {
        return "wildcard pattern contains unmatched closing bracket ']'";
      }
      if (pattern.charAt(i) == '[') {
        int end = pattern.indexOf(']', i);
        if (end < 0) {
          return "wildcard pattern contains unclosed bracket '['";
        }
        if (end == i + 1) {
          return "wildcard pattern contains empty bracket pattern '[]'";
        }
        i = end;
      }
    }
    return null;
  }
}
