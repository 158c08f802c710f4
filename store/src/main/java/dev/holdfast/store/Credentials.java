package dev.holdfast.store;

import dev.holdfast.model.Failure;
import dev.holdfast.model.velero.BackupStorageLocation.Credential;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Where the Secret keys that a location refers to are read. */
@FunctionalInterface
public interface Credentials {

  /** Outside a cluster: {@code name} is a file, {@code ~/} the home directory, no key. */
  Credentials FILES = Credentials::file;

  /**
   * Returns the content.
   *
   * @throws Failure.Absent if there is none
   */
  byte[] read(Credential reference);

  private static byte[] file(Credential reference) {
    String name = reference.name() == null ? "" : reference.name();
    Path path =
        name.startsWith("~/")
            ? Path.of(System.getProperty("user.home"), name.substring(2))
            : Path.of(name);
    try {
      return Files.readAllBytes(path);
    } catch (NoSuchFileException e) {
      throw new Failure.Absent(
          "The file " + path + ", which the location refers to, does not exist",
          "Outside a cluster, credential.name is the path of a file",
          e);
    } catch (IOException e) {
      throw FileFailures.of("Reading " + path.getFileName(), String.valueOf(path.getParent()), e);
    }
  }
}
