package dev.holdfast.repository.select;

import dev.holdfast.model.Failure;
import java.util.ArrayList;
import java.util.List;

/** A list of restic's patterns, of which later ones may take matches of earlier ones back. */
public final class PathPatterns {

  /** Matches nothing. */
  public static final PathPatterns NONE = new PathPatterns(List.of());

  private final List<PathPattern> patterns;
  private final boolean hasNegated;

  private PathPatterns(List<PathPattern> patterns) {
    this.patterns = patterns;
    this.hasNegated = patterns.stream().anyMatch(PathPattern::negated);
  }

  /**
   * Reads patterns; empty ones are ignored.
   *
   * @throws Failure.Invalid if one is malformed
   */
  public static PathPatterns of(List<String> texts, boolean ignoreCase) {
    List<PathPattern> patterns = new ArrayList<>();
    for (String text : texts) {
      if (!text.isEmpty() && !text.equals("!")) {
        patterns.add(PathPattern.parse(text, ignoreCase));
      }
    }
    return patterns.isEmpty() ? NONE : new PathPatterns(List.copyOf(patterns));
  }

  public boolean isEmpty() {
    return patterns.isEmpty();
  }

  /**
   * Whether a path is meant.
   *
   * @param path clean; with a leading slash where the patterns' absolute ones are to match
   */
  public boolean matches(String path) {
    boolean matched = false;
    for (PathPattern pattern : patterns) {
      if (pattern.negated()) {
        matched = matched && !pattern.matches(path);
      } else {
        matched = matched || pattern.matches(path);
      }
    }
    return matched;
  }

  /** Whether the path or something below it could be meant: else a walk need not go there. */
  public boolean mayMatchBelow(String path) {
    boolean may = false;
    for (PathPattern pattern : patterns) {
      if (pattern.negated()) {
        may = may && !(hasNegated && pattern.matches(path));
      } else {
        may = may || pattern.mayMatchBelow(path);
      }
    }
    return may;
  }
}
