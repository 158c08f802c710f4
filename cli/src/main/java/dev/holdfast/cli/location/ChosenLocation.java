package dev.holdfast.cli.location;

import dev.holdfast.cli.document.DocumentFile;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.velero.BackupStorageLocation;
import dev.holdfast.model.velero.ObjectMeta;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which location a command line means. */
public final class ChosenLocation {

  private final Configuration configuration;
  private final Map<String, String> environment;

  public ChosenLocation(Configuration configuration, Map<String, String> environment) {
    this.configuration = configuration;
    this.environment = environment;
  }

  /**
   * The location of {@code --location}, else a document's storageLocation, else HOLDFAST_LOCATION,
   * else the configured default. What looks like a path ({@code ./backups}, {@code /srv/backups},
   * an existing directory) is a directory, but a file that exists is read as a
   * BackupStorageLocation document; {@code s3://bucket/prefix} is a bucket; else it is a name.
   *
   * @throws Failure.Invalid if nothing says where, or the file is no such document
   * @throws Failure.Absent if there is no location of that name
   */
  public BackupStorageLocation find(@Nullable String flag, @Nullable String storageLocation) {
    String text = flag != null ? flag : storageLocation;
    if (text == null || text.isEmpty()) {
      text = environment.getOrDefault("HOLDFAST_LOCATION", "");
    }
    if (!text.isEmpty()) {
      return parse(text);
    }
    return configuration
        .defaultLocation()
        .orElseThrow(() ->
            new Failure.Invalid(
                "Where are the backups? --location is missing and none is configured as default",
                "for example --location ./backups, or holdfast backup-location create --help"));
  }

  private BackupStorageLocation parse(String text) {
    var configured = configuration.location(text);
    if (configured.isPresent()) {
      return configured.get();
    }
    if (text.startsWith("s3://")) {
      return bucket(text);
    }
    if (text.contains("/") || text.startsWith(".") || Files.exists(Path.of(text))) {
      Path path = Path.of(text.startsWith("~/") ? home(text) : text).toAbsolutePath().normalize();
      if (Files.isRegularFile(path)) {
        return Json.read(
            Json.bytes(DocumentFile.read(path).only(BackupStorageLocation.KIND)),
            BackupStorageLocation.class,
            "The location in " + path);
      }
      return document(
          new BackupStorageLocation.Spec(
              BackupStorageLocation.DIRECTORY,
              Map.of("path", path.toString()),
              null,
              null,
              null,
              null,
              null,
              null));
    }
    throw new Failure.Absent(
        "There is no location '" + text + "' in " + configuration.file(),
        "a directory is written with a slash: --location ./" + text,
        null);
  }

  private String home(String text) {
    return environment.getOrDefault("HOME", "") + text.substring(1);
  }

  /** Region, credentials and endpoint come from the environment, as the AWS tools take them. */
  private static BackupStorageLocation bucket(String text) {
    try {
      URI uri = new URI(text);
      String bucket = uri.getAuthority();
      if (bucket == null || bucket.isEmpty()) {
        throw new Failure.Invalid("--location " + text + " names no bucket: s3://BUCKET/PREFIX");
      }
      String prefix = uri.getPath() == null ? "" : uri.getPath().replaceAll("^/+|/+$", "");
      return document(
          new BackupStorageLocation.Spec(
              "aws",
              Map.of(),
              null,
              new BackupStorageLocation.ObjectStorage(
                  bucket, prefix.isEmpty() ? null : prefix, null, null),
              null,
              null,
              null,
              null));
    } catch (URISyntaxException e) {
      throw new Failure.Invalid("--location " + text + " is not s3://BUCKET/PREFIX", null, e);
    }
  }

  private static BackupStorageLocation document(BackupStorageLocation.Spec spec) {
    return new BackupStorageLocation(
        BackupStorageLocation.API_VERSION,
        BackupStorageLocation.KIND,
        ObjectMeta.named("velero", "default"),
        spec,
        null);
  }
}
