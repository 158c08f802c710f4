package dev.holdfast.store.s3;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.store.Keys;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Objects and parts of objects, read in one stream that goes on where a connection broke. */
final class Downloads {

  private final S3Config config;
  private final S3Connection connection;
  private final S3Failures failures;

  Downloads(S3Config config, S3Connection connection, S3Failures failures) {
    this.config = config;
    this.connection = connection;
    this.failures = failures;
  }

  /**
   * Opens an object.
   *
   * @param length of what is read; Long.MAX_VALUE for all that follows
   * @throws Failure.Absent if there is none
   */
  InputStream open(Operation op, String key, long offset, long length) {
    Keys.check(key);
    op.check();
    ResumingInput.Opener opener =
        (from, count, eTag) ->
            failures.telling("Reading " + key, () -> request(op, key, from, count, eTag));
    try {
      var first = failures.telling("Reading " + key, () -> request(op, key, offset, length, null));
      return new ResumingInput(op, config.describe() + "/" + key, opener, first, offset);
    } catch (RangeEmpty e) {
      return InputStream.nullInputStream();
    }
  }

  private ResponseInputStream<GetObjectResponse> request(
      Operation op, String key, long offset, long length, @Nullable String eTag) {
    GetObjectRequest.Builder request =
        GetObjectRequest.builder()
            .bucket(config.bucket())
            .key(config.prefix() + key)
            .ifMatch(eTag)
            .overrideConfiguration(Uploads.limits(op));
    boolean toTheEnd = length > Long.MAX_VALUE - offset || length == Long.MAX_VALUE;
    if (offset > 0 || !toTheEnd) {
      request.range("bytes=" + offset + "-" + (toTheEnd ? "" : offset + length - 1));
    }
    if (config.encryption() instanceof Encryption.Customer(String customerKey, String md5)) {
      request
          .sseCustomerAlgorithm(Encryption.Customer.ALGORITHM)
          .sseCustomerKey(customerKey)
          .sseCustomerKeyMD5(md5);
    }
    try {
      return connection.client().getObject(request.build());
    } catch (S3Exception e) {
      switch (e.statusCode()) {
        case 416 -> throw new RangeEmpty();
        case 412 ->
            throw new Failure.Conflict(
                config.describe() + "/" + key + " was replaced while it was read",
                "Read it again",
                e);
        case 404 -> {
          if (!S3Failures.code(e).equals("NoSuchBucket")) {
            throw absent(key, e);
          }
          throw e;
        }
        default -> throw e;
      }
    }
  }

  /** The range begins at or after the object's end. */
  private static final class RangeEmpty extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RangeEmpty() {
      super(null, null, false, false);
    }
  }

  Failure absent(String key, @Nullable Exception cause) {
    return new Failure.Absent(config.describe() + "/" + key + " does not exist", null, cause);
  }
}
