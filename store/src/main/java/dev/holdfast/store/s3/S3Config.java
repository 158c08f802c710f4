package dev.holdfast.store.s3;

import dev.holdfast.model.Failure;
import dev.holdfast.model.velero.BackupStorageLocation;
import dev.holdfast.model.velero.BackupStorageLocation.Credential;
import dev.holdfast.model.velero.BackupStorageLocation.ObjectStorage;
import dev.holdfast.store.Credentials;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A BackupStorageLocation of provider {@code aws}, read and checked (velero.md 1.9). Nothing is
 * asked of the store yet.
 *
 * @param prefix empty, or ends with a slash
 * @param region null: the bucket's region is asked for
 * @param endpoint null for AWS
 * @param publicUrl endpoint in signed URLs; null for {@code endpoint}
 * @param checksum sent with each object beside its MD5
 * @param tagging {@code key=value&key=value}
 * @param caCert PEM certificates trusted beside the platform's
 * @param credentialsFile content in the format of ~/.aws/credentials; null for the default chain
 */
record S3Config(
    String bucket,
    String prefix,
    @Nullable String region,
    @Nullable URI endpoint,
    @Nullable URI publicUrl,
    boolean pathStyle,
    Checksum checksum,
    @Nullable String tagging,
    Encryption encryption,
    @Nullable String caCert,
    boolean insecureSkipTlsVerify,
    @Nullable String profile,
    @Nullable String credentialsFile,
    Timeouts timeouts) {

  /** All keys of velero.md 1.9, and those that Velero's server puts in itself. */
  private static final Set<String> KEYS =
      Set.of(
          "region",
          "s3ForcePathStyle",
          "s3Url",
          "publicUrl",
          "serverSideEncryption",
          "kmsKeyId",
          "customerKeyEncryptionFile",
          "customerKeyEncryptionSecret",
          "signatureVersion",
          "profile",
          "insecureSkipTLSVerify",
          "enableSharedConfig",
          "tagging",
          "checksumAlgorithm",
          "caCert",
          "bucket",
          "prefix",
          "credentialsFile");

  static S3Config of(BackupStorageLocation location, Credentials credentials, Timeouts timeouts) {
    Keys keys = new Keys(location);
    keys.refuseUnknown();
    return new S3Config(
        keys.bucket(),
        keys.prefix(),
        keys.text("region"),
        keys.url("s3Url"),
        keys.url("publicUrl"),
        keys.flag("s3ForcePathStyle"),
        keys.checksum(),
        keys.text("tagging"),
        keys.encryption(credentials),
        keys.caCert(credentials),
        keys.flag("insecureSkipTLSVerify"),
        keys.text("profile"),
        keys.credentials(credentials),
        timeouts);
  }

  /** {@code s3://bucket/prefix}, and the endpoint where it is not AWS. */
  String describe() {
    String at = endpoint == null ? "" : " at " + endpoint;
    String path = prefix.isEmpty() ? "" : "/" + prefix.substring(0, prefix.length() - 1);
    return "s3://" + bucket + path + at;
  }

  /** The credentials file holds secrets. */
  @Override
  public String toString() {
    return describe();
  }

  /** Reads one location's keys; failures name the location and the key. */
  private record Keys(BackupStorageLocation location) {

    void refuseUnknown() {
      Set<String> unknown = new TreeSet<>(config().keySet());
      unknown.removeAll(KEYS);
      if (!unknown.isEmpty()) {
        throw new Failure.Invalid(
            here() + " has the unknown config " + String.join(", ", unknown),
            "Known are " + String.join(", ", new TreeSet<>(KEYS)));
      }
      String version = text("signatureVersion");
      if (version != null && !version.equals("4")) {
        throw new Failure.Invalid(
            here() + ": signatureVersion " + version + " is not supported: 4 is");
      }
      flag("enableSharedConfig");
    }

    String bucket() {
      ObjectStorage storage = location.spec().objectStorage();
      String given =
          storage == null || storage.bucket() == null ? text("bucket") : storage.bucket();
      String bucket = trimSlashes(given == null ? "" : given);
      if (bucket.isEmpty()) {
        throw new Failure.Invalid(here() + " names no bucket (spec.objectStorage.bucket)");
      }
      if (bucket.contains("/") && !bucket.startsWith("arn:aws:s3:")) {
        throw new Failure.Invalid(
            here() + ": the bucket " + bucket + " contains a slash",
            "Put what follows it into spec.objectStorage.prefix");
      }
      return bucket;
    }

    String prefix() {
      ObjectStorage storage = location.spec().objectStorage();
      String given =
          storage == null || storage.prefix() == null ? text("prefix") : storage.prefix();
      String prefix = trimSlashes(given == null ? "" : given);
      return prefix.isEmpty() ? "" : dev.holdfast.store.Keys.check(prefix) + "/";
    }

    Checksum checksum() {
      String name = config().get("checksumAlgorithm");
      return name == null ? Checksum.CRC32 : Checksum.named(name, here());
    }

    Encryption encryption(Credentials credentials) {
      String file = text("customerKeyEncryptionFile");
      String secret = text("customerKeyEncryptionSecret");
      byte[] key = null;
      if (file != null && secret != null) {
        throw new Failure.Invalid(
            here() + " has both customerKeyEncryptionFile and customerKeyEncryptionSecret");
      }
      if (file != null) {
        key = Credentials.FILES.read(new Credential(file, null));
      } else if (secret != null) {
        int slash = secret.indexOf('/');
        key =
            credentials.read(
                slash < 0
                    ? new Credential(secret, null)
                    : new Credential(secret.substring(0, slash), secret.substring(slash + 1)));
      }
      return Encryption.of(here(), text("serverSideEncryption"), text("kmsKeyId"), key);
    }

    @Nullable String caCert(Credentials credentials) {
      ObjectStorage storage = location.spec().objectStorage();
      String inline = storage == null ? null : storage.caCert();
      Credential reference = storage == null ? null : storage.caCertRef();
      if (inline != null && reference != null) {
        throw new Failure.Invalid(here() + " has both caCert and caCertRef");
      }
      if (reference != null) {
        return new String(credentials.read(reference), StandardCharsets.US_ASCII);
      }
      String given = inline == null ? text("caCert") : inline;
      if (given == null || given.contains("-----BEGIN")) {
        return given;
      }
      try {
        return new String(Base64.getMimeDecoder().decode(given), StandardCharsets.US_ASCII);
      } catch (IllegalArgumentException e) {
        throw new Failure.Invalid(here() + ": caCert is neither PEM nor base64", null, e);
      }
    }

    @Nullable String credentials(Credentials credentials) {
      Credential reference = location.spec().credential();
      if (reference != null) {
        return new String(credentials.read(reference), StandardCharsets.UTF_8);
      }
      String file = text("credentialsFile");
      return file == null
          ? null
          : new String(Credentials.FILES.read(new Credential(file, null)), StandardCharsets.UTF_8);
    }

    @Nullable String text(String key) {
      String value = config().get(key);
      return value == null || value.isEmpty() ? null : value;
    }

    /** The words that Go's strconv.ParseBool takes. */
    boolean flag(String key) {
      String value = text(key);
      return switch (value) {
        case null -> false;
        case "1", "t", "T", "true", "TRUE", "True" -> true;
        case "0", "f", "F", "false", "FALSE", "False" -> false;
        default ->
            throw new Failure.Invalid(here() + ": " + key + " is true or false, not " + value);
      };
    }

    @Nullable URI url(String key) {
      String value = text(key);
      if (value == null) {
        return null;
      }
      try {
        URI url = new URI(value);
        if (("http".equals(url.getScheme()) || "https".equals(url.getScheme()))
            && url.getHost() != null
            && url.getUserInfo() == null
            && url.getQuery() == null) {
          return url;
        }
      } catch (URISyntaxException e) {
        // Said below.
      }
      throw new Failure.Invalid(
          here() + ": " + key + " is not the URL of a server",
          "For example https://minio.example:9000");
    }

    private Map<String, String> config() {
      return location.spec().configOrEmpty();
    }

    private String here() {
      return "BackupStorageLocation " + location.metadata().name();
    }

    private static String trimSlashes(String text) {
      return text.replaceAll("^/+|/+$", "");
    }
  }
}
