package dev.holdfast.cli.repo;

import dev.holdfast.model.Failure;
import dev.holdfast.model.velero.BackupStorageLocation;
import dev.holdfast.model.velero.BackupStorageLocation.ObjectStorage;
import dev.holdfast.model.velero.BackupStorageLocation.Spec;
import dev.holdfast.model.velero.ObjectMeta;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What {@code --repo} takes, in restic's forms: a path, {@code local:PATH}, {@code
 * s3:HOST/BUCKET/PREFIX}, {@code s3:http://HOST:PORT/BUCKET/PREFIX}, {@code s3:https://…}, {@code
 * s3://HOST/BUCKET/PREFIX}. Credentials come from the environment, as AWS's tools take them.
 */
final class RepositoryUrl {

  private static final Pattern SCHEME = Pattern.compile("([a-z0-9]{2,}):.*");
  private static final Pattern AWS =
      Pattern.compile("s3(?:[.-](?<region>[a-z0-9-]+))?\\.amazonaws\\.com(?:\\.cn)?");

  private RepositoryUrl() {}

  /**
   * What the transport needs beside the URL.
   *
   * @param caCert PEM certificates that are trusted, or null
   * @param region null: asked of the bucket
   */
  record Transport(@Nullable String caCert, boolean insecureTls, @Nullable String region) {}

  /**
   * The location that the URL means, to be opened as any other.
   *
   * @throws Failure.Unsupported for a service that Holdfast does not speak
   */
  static BackupStorageLocation parse(String url, Transport transport) {
    if (url.startsWith("s3:")) {
      return bucket(url, transport);
    }
    if (url.startsWith("local:")) {
      return directory(url.substring("local:".length()));
    }
    Matcher scheme = SCHEME.matcher(url);
    if (scheme.matches()) {
      throw new Failure.Unsupported(
          "--repo " + scheme.group(1) + ":… is not supported",
          "a directory or s3:HOST/BUCKET/PREFIX is; copy the repository there, or use restic");
    }
    return directory(url);
  }

  private static BackupStorageLocation directory(String path) {
    if (path.isEmpty()) {
      throw new Failure.Invalid("--repo is empty", "for example --repo ./repository");
    }
    String absolute = Path.of(path).toAbsolutePath().normalize().toString();
    return document(BackupStorageLocation.DIRECTORY, Map.of("path", absolute), null);
  }

  private static BackupStorageLocation bucket(String url, Transport transport) {
    String rest = url.substring("s3:".length());
    String scheme = "https://";
    if (rest.startsWith("http://") || rest.startsWith("https://")) {
      scheme = rest.substring(0, rest.indexOf("//") + 2);
      rest = rest.substring(scheme.length());
    } else if (rest.startsWith("//")) {
      rest = rest.substring(2);
    }
    String[] parts = rest.split("/", 3);
    if (parts.length < 2 || parts[0].isEmpty() || parts[1].isEmpty()) {
      throw new Failure.Invalid(
          "--repo " + url + " names no bucket", "s3:HOST/BUCKET/PREFIX, or s3:http://HOST:PORT/…");
    }
    Map<String, String> config = new LinkedHashMap<>();
    Matcher aws = AWS.matcher(parts[0]);
    @Nullable String region = transport.region();
    if (aws.matches()) {
      region = region == null ? aws.group("region") : region;
    } else {
      config.put("s3Url", scheme + parts[0]);
      config.put("s3ForcePathStyle", "true");
      region = region == null ? "us-east-1" : region;
    }
    if (region != null) {
      config.put("region", region);
    }
    if (transport.insecureTls()) {
      config.put("insecureSkipTLSVerify", "true");
    }
    if (transport.caCert() != null) {
      config.put("caCert", transport.caCert());
    }
    String prefix = parts.length < 3 ? "" : parts[2].replaceAll("^/+|/+$", "");
    return document(
        "aws", config, new ObjectStorage(parts[1], prefix.isEmpty() ? null : prefix, null, null));
  }

  private static BackupStorageLocation document(
      String provider, Map<String, String> config, @Nullable ObjectStorage storage) {
    return new BackupStorageLocation(
        BackupStorageLocation.API_VERSION,
        BackupStorageLocation.KIND,
        ObjectMeta.named("velero", "repository"),
        new Spec(provider, config, null, storage, null, null, null, null),
        null);
  }
}
