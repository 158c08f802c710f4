package dev.holdfast.archive;

import dev.holdfast.model.Fixtures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The backups that a real Velero wrote, as far as they are at hand. */
final class VeleroBuckets {

  /** A backup in a folder that is a location's root. */
  record Stored(Path root, String name) {
    BackupKeys keys() {
      return new BackupKeys(name);
    }

    byte[] bytes(String key) {
      try {
        return Files.readAllBytes(root.resolve(key));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private VeleroBuckets() {}

  static Stream<Stored> all() {
    List<Stored> found = new ArrayList<>();
    List<Path> roots =
        new ArrayList<>(
            List.of(Fixtures.path("velero-bucket"), Fixtures.path("velero-cases/bucket")));
    String more = System.getenv("HOLDFAST_FIXTURES");
    if (more != null && Files.isDirectory(Path.of(more, "velero-bucket"))) {
      roots.set(0, Path.of(more, "velero-bucket"));
    }
    for (Path root : roots) {
      try (Stream<Path> backups = Files.list(root.resolve("backups"))) {
        backups.sorted().forEach(p -> found.add(new Stored(root, p.getFileName().toString())));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return found.stream();
  }
}
