package dev.holdfast.store.s3;

import dev.holdfast.model.velero.BackupStorageLocation;
import dev.holdfast.model.velero.BackupStorageLocation.Credential;
import dev.holdfast.model.velero.BackupStorageLocation.ObjectStorage;
import dev.holdfast.model.velero.BackupStorageLocation.Spec;
import dev.holdfast.model.velero.ObjectMeta;
import dev.holdfast.s3server.S3Server;
import dev.holdfast.store.Credentials;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Locations for tests. */
record S3Fixture(Map<String, String> config, ObjectStorage storage, Credentials credentials) {

  static S3Fixture of(URI endpoint, String bucket, String accessKey, String secretKey) {
    String file =
        """
        [default]
        aws_access_key_id = %s
        aws_secret_access_key = %s
        """
            .formatted(accessKey, secretKey);
    return new S3Fixture(
        Map.of("region", "us-east-1", "s3ForcePathStyle", "true", "s3Url", endpoint.toString()),
        new ObjectStorage(bucket, null, null, null),
        _ -> file.getBytes(StandardCharsets.UTF_8));
  }

  static S3Fixture of(S3Server server, String bucket) {
    return of(server.endpoint(), bucket, server.accessKey(), server.secretKey());
  }

  /** With one more key; null removes it. */
  S3Fixture with(String key, @Nullable String value) {
    Map<String, String> changed = new HashMap<>(config);
    if (value == null) {
      changed.remove(key);
    } else {
      changed.put(key, value);
    }
    return new S3Fixture(changed, storage, credentials);
  }

  S3Fixture storage(ObjectStorage other) {
    return new S3Fixture(config, other, credentials);
  }

  S3Fixture credentials(Credentials other) {
    return new S3Fixture(config, storage, other);
  }

  BackupStorageLocation location() {
    return new BackupStorageLocation(
        BackupStorageLocation.API_VERSION,
        BackupStorageLocation.KIND,
        ObjectMeta.named("velero", "offsite"),
        new Spec(
            "aws",
            config,
            new Credential("cloud-credentials", "cloud"),
            storage,
            null,
            null,
            null,
            null),
        null);
  }

  S3Store open() {
    return new S3Store(location(), credentials);
  }

  S3Store open(Timeouts timeouts) {
    return new S3Store(location(), credentials, timeouts);
  }
}
