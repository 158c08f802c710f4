package dev.holdfast.model.velero;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A BackupStorageLocation (velero.md 3.4, 1.9). */
public record BackupStorageLocation(
    @Nullable String apiVersion,
    @Nullable String kind,
    ObjectMeta metadata,
    Spec spec,
    @Nullable Status status) {

  public static final String API_VERSION = "velero.io/v1";
  public static final String KIND = "BackupStorageLocation";

  /** The provider of a directory: {@code config.path} is its absolute path. */
  public static final String DIRECTORY = "holdfast.dev/directory";

  /**
   * @param provider {@code aws} (also {@code velero.io/aws}) or {@link #DIRECTORY}
   * @param accessMode {@code ReadWrite} (also when absent) or {@code ReadOnly}
   */
  public record Spec(
      String provider,
      @Nullable Map<String, String> config,
      @Nullable Credential credential,
      @Nullable ObjectStorage objectStorage,
      @com.fasterxml.jackson.annotation.JsonProperty("default") @Nullable Boolean isDefault,
      @Nullable String accessMode,
      @Nullable String backupSyncPeriod,
      @Nullable String validationFrequency) {

    public Map<String, String> configOrEmpty() {
      return config == null ? Map.of() : config;
    }
  }

  /** A key of a Secret; outside a cluster the name is a file and the key is empty. */
  public record Credential(@Nullable String name, @Nullable String key) {}

  /**
   * @param caCert PEM, base64
   */
  public record ObjectStorage(
      @Nullable String bucket,
      @Nullable String prefix,
      @Nullable String caCert,
      @Nullable Credential caCertRef) {}

  public record Status(
      @Nullable String phase,
      @Nullable String message,
      @Nullable String lastSyncedTime,
      @Nullable String lastValidationTime) {}
}
