package dev.holdfast.repository.restore;

import dev.holdfast.model.Failure;
import dev.holdfast.repository.select.PathPatterns;
import java.util.List;

/**
 * Which part of a snapshot is restored: what one of the includes matches with everything below it,
 * or everything but what the excludes match. Paths are the snapshot's, with a leading slash.
 *
 * @param includes empty for everything
 */
public record RestorePart(List<PathPatterns> includes, List<PathPatterns> excludes) {

  public static final RestorePart ALL = new RestorePart(List.of(), List.of());

  public RestorePart {
    includes = includes.stream().filter(patterns -> !patterns.isEmpty()).toList();
    excludes = excludes.stream().filter(patterns -> !patterns.isEmpty()).toList();
    if (!includes.isEmpty() && !excludes.isEmpty()) {
      throw new Failure.Invalid("exclude and include patterns are mutually exclusive");
    }
  }

  /** Whether the entry itself is restored. */
  boolean has(String path) {
    for (PathPatterns patterns : excludes) {
      if (patterns.matches(path)) {
        return false;
      }
    }
    if (includes.isEmpty()) {
      return true;
    }
    for (PathPatterns patterns : includes) {
      if (patterns.matches(path)) {
        return true;
      }
    }
    return false;
  }

  /** Whether something below the directory may be restored. */
  boolean hasBelow(String path) {
    if (includes.isEmpty()) {
      return has(path);
    }
    for (PathPatterns patterns : includes) {
      if (patterns.mayMatchBelow(path)) {
        return true;
      }
    }
    return false;
  }
}
