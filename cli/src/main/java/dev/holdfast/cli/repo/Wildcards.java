package dev.holdfast.cli.repo;

import dev.holdfast.model.Failure;
import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.posix.PosixException;
import dev.holdfast.repository.select.PathPatterns;
import dev.holdfast.repository.tree.RawName;
import dev.holdfast.repository.tree.RawPath;
import java.util.ArrayList;
import java.util.List;

/** Expands the wildcards in a line of {@code --files-from}, as a shell would. */
final class Wildcards {

  private Wildcards() {}

  /** The paths that exist; the path itself, existing or not, where it has no wildcard. */
  static List<RawPath> expand(String pattern) {
    RawPath path = RawPath.of(pattern);
    if (pattern.chars().noneMatch(c -> "*?[\\".indexOf(c) >= 0)) {
      return List.of(path);
    }
    List<RawPath> found = new ArrayList<>();
    found.add(path.base());
    for (RawName part : path.below()) {
      found = step(found, part);
    }
    if (found.isEmpty()) {
      throw new Failure.Absent("--files-from: nothing matches " + pattern);
    }
    return found;
  }

  private static List<RawPath> step(List<RawPath> directories, RawName part) {
    PathPatterns patterns = PathPatterns.of(List.of(part.toString()), false);
    List<RawPath> found = new ArrayList<>();
    for (RawPath path : directories) {
      try (Directory directory = Directory.open(path)) {
        for (RawName name : directory.list()) {
          if (name.equals(part) || patterns.matches(name.toString())) {
            found.add(path.child(name));
          }
        }
      } catch (PosixException e) {
        // Not a directory: nothing below it matches.
      }
    }
    return found;
  }
}
