package dev.holdfast.cli.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/** A directory that goes when the bench ends. */
record TempFolder(Path path) implements AutoCloseable {

  /**
   * @param below where; null for the system's place for such things
   */
  static TempFolder create(@Nullable Path below) {
    try {
      if (below == null) {
        return new TempFolder(Files.createTempDirectory("holdfast-bench-"));
      }
      Files.createDirectories(below);
      return new TempFolder(Files.createTempDirectory(below, "holdfast-bench-"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void delete(Path folder) {
    if (!Files.exists(folder)) {
      return;
    }
    try (var files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Deletes what is in a directory. */
  static void empty(Path folder) {
    try (var entries = Files.list(folder)) {
      entries.toList().forEach(TempFolder::delete);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    delete(path);
  }
}
