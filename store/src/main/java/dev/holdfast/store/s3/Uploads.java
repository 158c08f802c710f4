package dev.holdfast.store.s3;

import dev.holdfast.model.Operation;
import dev.holdfast.store.ObjectStore.PutOptions;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.ObjectLockMode;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

/** What goes along with every upload to a location: encryption, tags, checksums, retention. */
final class Uploads {

  /**
   * The retention of object lock: whoever holds the location's credentials cannot delete earlier;
   * who has the bucket's bypass right can.
   */
  private static final ObjectLockMode RETENTION = ObjectLockMode.GOVERNANCE;

  private final S3Config config;

  Uploads(S3Config config) {
    this.config = config;
  }

  PutObjectRequest.Builder put(
      Operation op, String key, byte[] body, int length, PutOptions options) {
    PutObjectRequest.Builder request =
        PutObjectRequest.builder()
            .bucket(config.bucket())
            .key(config.prefix() + key)
            .contentMD5(Checksum.md5(body, length))
            .tagging(config.tagging())
            .storageClass(options.storageClass())
            .overrideConfiguration(limits(op));
    if (options.retainUntil() != null) {
      request.objectLockMode(RETENTION).objectLockRetainUntilDate(options.retainUntil());
    }
    String checksum = config.checksum().of(body, length);
    switch (config.checksum()) {
      case NONE -> {}
      case CRC32 -> request.checksumCRC32(checksum);
      case CRC32C -> request.checksumCRC32C(checksum);
      case SHA1 -> request.checksumSHA1(checksum);
      case SHA256 -> request.checksumSHA256(checksum);
    }
    switch (config.encryption()) {
      case Encryption.BucketDefault _ -> {}
      case Encryption.Server(String algorithm, String kmsKeyId) ->
          request.serverSideEncryption(algorithm).ssekmsKeyId(kmsKeyId);
      case Encryption.Customer(String customerKey, String md5) ->
          request
              .sseCustomerAlgorithm(Encryption.Customer.ALGORITHM)
              .sseCustomerKey(customerKey)
              .sseCustomerKeyMD5(md5);
    }
    return request;
  }

  /** What asks for an object without its content. */
  HeadObjectRequest head(Operation op, String key) {
    HeadObjectRequest.Builder request =
        HeadObjectRequest.builder()
            .bucket(config.bucket())
            .key(config.prefix() + key)
            .overrideConfiguration(limits(op));
    if (config.encryption() instanceof Encryption.Customer(String customerKey, String md5)) {
      request
          .sseCustomerAlgorithm(Encryption.Customer.ALGORITHM)
          .sseCustomerKey(customerKey)
          .sseCustomerKeyMD5(md5);
    }
    return request.build();
  }

  CreateMultipartUploadRequest begin(Operation op, String key, PutOptions options) {
    CreateMultipartUploadRequest.Builder request =
        CreateMultipartUploadRequest.builder()
            .bucket(config.bucket())
            .key(config.prefix() + key)
            .checksumAlgorithm(config.checksum().algorithm())
            .tagging(config.tagging())
            .storageClass(options.storageClass())
            .overrideConfiguration(limits(op));
    if (options.retainUntil() != null) {
      request.objectLockMode(RETENTION).objectLockRetainUntilDate(options.retainUntil());
    }
    switch (config.encryption()) {
      case Encryption.BucketDefault _ -> {}
      case Encryption.Server(String algorithm, String kmsKeyId) ->
          request.serverSideEncryption(algorithm).ssekmsKeyId(kmsKeyId);
      case Encryption.Customer(String customerKey, String md5) ->
          request
              .sseCustomerAlgorithm(Encryption.Customer.ALGORITHM)
              .sseCustomerKey(customerKey)
              .sseCustomerKeyMD5(md5);
    }
    return request.build();
  }

  /**
   * @param checksum only where the store said that it knows the upload's algorithm
   */
  UploadPartRequest.Builder part(
      Operation op,
      String key,
      String upload,
      int number,
      byte[] body,
      int length,
      @Nullable String checksum) {
    UploadPartRequest.Builder request =
        UploadPartRequest.builder()
            .bucket(config.bucket())
            .key(config.prefix() + key)
            .uploadId(upload)
            .partNumber(number)
            .contentMD5(Checksum.md5(body, length))
            .overrideConfiguration(limits(op));
    if (checksum != null) {
      switch (config.checksum()) {
        case NONE -> {}
        case CRC32 -> request.checksumCRC32(checksum);
        case CRC32C -> request.checksumCRC32C(checksum);
        case SHA1 -> request.checksumSHA1(checksum);
        case SHA256 -> request.checksumSHA256(checksum);
      }
    }
    if (config.encryption() instanceof Encryption.Customer(String customerKey, String md5)) {
      request
          .sseCustomerAlgorithm(Encryption.Customer.ALGORITHM)
          .sseCustomerKey(customerKey)
          .sseCustomerKeyMD5(md5);
    }
    return request;
  }

  /** A request ends with its operation, if that has a deadline. */
  static AwsRequestOverrideConfiguration limits(Operation op) {
    op.check();
    AwsRequestOverrideConfiguration.Builder limits = AwsRequestOverrideConfiguration.builder();
    Duration left = op.remaining(Duration.ofDays(365));
    if (left.compareTo(Duration.ofDays(365)) < 0) {
      limits.apiCallTimeout(left.plusMillis(1));
    }
    return limits.build();
  }
}
