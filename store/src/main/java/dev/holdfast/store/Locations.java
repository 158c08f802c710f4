package dev.holdfast.store;

import dev.holdfast.model.Failure;
import dev.holdfast.model.velero.BackupStorageLocation;
import dev.holdfast.model.velero.BackupStorageLocation.ObjectStorage;
import dev.holdfast.store.s3.S3Store;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Opens the object store that a BackupStorageLocation describes. */
public final class Locations {

  private Locations() {}

  /**
   * Reads the configuration, and the credentials that it names; nothing is asked of the store yet.
   * The caller closes what it gets.
   *
   * @throws Failure.Unsupported for a provider other than {@code aws} and {@link
   *     BackupStorageLocation#DIRECTORY}
   * @throws Failure.Invalid if the configuration is wrong; the message names the key
   */
  public static ObjectStore open(BackupStorageLocation location, Credentials credentials) {
    ObjectStore store =
        switch (location.spec().provider()) {
          case "aws", "velero.io/aws" -> new S3Store(location, credentials);
          case BackupStorageLocation.DIRECTORY -> directory(location);
          default ->
              throw new Failure.Unsupported(
                  name(location) + " has the provider " + location.spec().provider(),
                  "Known are aws (any S3-compatible store) and " + BackupStorageLocation.DIRECTORY);
        };
    String mode = location.spec().accessMode();
    return switch (mode == null ? "" : mode) {
      case "", "ReadWrite" -> store;
      case "ReadOnly" -> new ReadOnlyStore(store);
      default ->
          throw new Failure.Invalid(
              name(location) + ": accessMode is ReadWrite or ReadOnly, not " + mode);
    };
  }

  private static ObjectStore directory(BackupStorageLocation location) {
    Map<String, String> config = location.spec().configOrEmpty();
    Set<String> unknown = new TreeSet<>(config.keySet());
    unknown.remove("path");
    if (!unknown.isEmpty()) {
      throw new Failure.Invalid(
          name(location) + " has the unknown config " + String.join(", ", unknown),
          "A directory has only path");
    }
    String path = config.getOrDefault("path", "");
    try {
      Path root = Path.of(path);
      if (!root.isAbsolute()) {
        throw new Failure.Invalid(
            name(location) + ": config.path must be an absolute path, not \"" + path + "\"");
      }
      return new DirectoryStore(below(root, location.spec().objectStorage()));
    } catch (InvalidPathException e) {
      throw new Failure.Invalid(name(location) + ": config.path is not a path", null, e);
    }
  }

  private static Path below(Path root, @org.jspecify.annotations.Nullable ObjectStorage storage) {
    String prefix = storage == null || storage.prefix() == null ? "" : storage.prefix();
    String trimmed = prefix.replaceAll("^/+|/+$", "");
    return trimmed.isEmpty() ? root : root.resolve(Keys.check(trimmed));
  }

  private static String name(BackupStorageLocation location) {
    return "BackupStorageLocation " + location.metadata().name();
  }
}
