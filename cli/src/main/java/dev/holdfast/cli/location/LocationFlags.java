package dev.holdfast.cli.location;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.velero.BackupStorageLocation;
import dev.holdfast.store.Credentials;
import dev.holdfast.store.Locations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Velero's flags of {@code backup-location create} and {@code set}. */
final class LocationFlags {

  @Option(
      names = "--provider",
      paramLabel = "NAME",
      description = "aws (any S3-compatible store) or holdfast.dev/directory.")
  @Nullable String provider;

  @Option(names = "--bucket", paramLabel = "NAME", description = "The bucket.")
  @Nullable String bucket;

  @Option(
      names = "--prefix",
      paramLabel = "PATH",
      description = "The folder in the bucket that holds backups/.")
  @Nullable String prefix;

  @Option(names = "--path", paramLabel = "DIR", description = "A directory instead of a bucket.")
  @Nullable Path path;

  @Option(
      names = {"--config", "--backup-location-config"},
      split = ",",
      paramLabel = "KEY=VALUE",
      description = "Provider settings, such as region=minio,s3Url=http://minio:9000.")
  @Nullable Map<String, String> settings;

  @Option(
      names = {"--credential", "--secret-file"},
      paramLabel = "FILE",
      description =
          "An AWS-style credentials file; its path is kept, not its content."
              + " Default: the environment, as AWS tools do.")
  @Nullable Path credential;

  @Option(
      names = "--access-mode",
      paramLabel = "MODE",
      description = "ReadWrite (default) or ReadOnly.")
  @Nullable String accessMode;

  @Option(
      names = "--cacert",
      paramLabel = "FILE",
      description = "Certificates that the store's is checked with, PEM.")
  @Nullable Path caCert;

  @Option(
      names = "--default",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "BOOL",
      description = "Use this location where none is named.")
  @Nullable Boolean isDefault;

  /**
   * Writes what was given over the document's own fields.
   *
   * @throws Failure if no store can be opened with the result: an unknown provider or setting, no
   *     bucket, a credentials file that is not there; nothing is asked of the store
   */
  void writeTo(ObjectNode document) {
    ObjectNode spec = document.withObjectProperty("spec");
    put(spec, "provider", path == null ? provider : BackupStorageLocation.DIRECTORY);
    put(spec, "accessMode", accessMode);
    if (isDefault != null) {
      spec.put("default", isDefault);
    }
    if (path != null) {
      spec.withObjectProperty("config").put("path", absolute(path));
    }
    if (settings != null) {
      settings.forEach((key, value) -> spec.withObjectProperty("config").put(key, value));
    }
    if (bucket != null || prefix != null || caCert != null) {
      ObjectNode storage = spec.withObjectProperty("objectStorage");
      put(storage, "bucket", bucket);
      put(storage, "prefix", prefix);
      put(storage, "caCert", certificates());
    }
    if (credential != null) {
      // Absolute, since the next command may run in another directory.
      spec.putObject("credential").put("name", absolute(credential));
    }
    if (!spec.path("provider").isTextual()) {
      throw new Failure.Invalid(
          "Which store? --provider is missing",
          "--provider aws --bucket NAME for S3, or --path DIR for a directory");
    }
    Locations.open(
            Json.read(Json.bytes(document), BackupStorageLocation.class, "The location"),
            Credentials.FILES)
        .close();
  }

  private @Nullable String certificates() {
    if (caCert == null) {
      return null;
    }
    try {
      return Base64.getEncoder().encodeToString(Files.readAllBytes(caCert));
    } catch (IOException e) {
      throw new Failure.Absent(
          "--cacert: cannot read " + caCert, "check its path and its rights", e);
    }
  }

  /** The home directory stays {@code ~/}: a shell leaves it so after an equals sign. */
  private static String absolute(Path path) {
    return path.startsWith("~") ? path.toString() : path.toAbsolutePath().normalize().toString();
  }

  private static void put(ObjectNode object, String field, @Nullable String value) {
    if (value != null) {
      object.put(field, value);
    }
  }
}
