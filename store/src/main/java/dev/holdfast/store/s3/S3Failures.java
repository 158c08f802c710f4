package dev.holdfast.store.s3;

import dev.holdfast.model.Failure;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Says in {@link Failure}s what an S3 store's answers, or the lack of one, mean. */
final class S3Failures {

  private final S3Config config;

  S3Failures(S3Config config) {
    this.config = config;
  }

  /**
   * @param doing what failed, for example {@code "Writing backups/a/b"}
   */
  Failure of(String doing, SdkException e) {
    return e instanceof S3Exception s3 ? answered(doing, s3) : unanswered(doing, e);
  }

  /**
   * The request's answer.
   *
   * @param doing what fails if it fails
   */
  <T extends @Nullable Object> T telling(String doing, Supplier<T> request) {
    try {
      return request.get();
    } catch (SdkException e) {
      throw of(doing, e);
    }
  }

  static String code(S3Exception e) {
    String code = e.awsErrorDetails() == null ? null : e.awsErrorDetails().errorCode();
    return code == null ? "" : code;
  }

  /** The region that the store says the bucket is in, where an answer says so. */
  static @Nullable String region(S3Exception e) {
    return e.awsErrorDetails() == null
        ? null
        : e.awsErrorDetails()
            .sdkHttpResponse()
            .firstMatchingHeader("x-amz-bucket-region")
            .orElse(null);
  }

  private Failure answered(String doing, S3Exception e) {
    String what = doing + " in " + config.describe() + " failed: ";
    String code = code(e);
    int status = e.statusCode();
    return switch (code) {
      case "NoSuchBucket" -> bucketAbsent(e);
      case "InvalidAccessKeyId" ->
          new Failure.Denied(
              what + "the store does not know the access key",
              "Check aws_access_key_id and the profile of the location's credentials",
              e);
      case "SignatureDoesNotMatch" ->
          new Failure.Denied(
              what + "the secret key does not fit the access key",
              "Check aws_secret_access_key and the profile of the location's credentials",
              e);
      case "ExpiredToken", "InvalidToken", "TokenRefreshRequired" ->
          new Failure.Denied(
              what + "the session token is expired or invalid", "Get new credentials", e);
      case "RequestTimeTooSkewed" ->
          new Failure.Denied(what + "this machine's clock is wrong", "Set the clock", e);
      case "AuthorizationHeaderMalformed",
          "PermanentRedirect",
          "IllegalLocationConstraintException" ->
          wrongRegion(what, e);
      case "BadDigest",
          "InvalidDigest",
          "XAmzContentSHA256Mismatch",
          "XAmzContentChecksumMismatch" ->
          new Failure.Corrupt(
              what + "what arrived is not what was sent (" + code + "); nothing was stored",
              "Check the network and any proxy before the store",
              e);
      case "SlowDown", "TooManyRequests", "RequestLimitExceeded", "Throttling" ->
          new Failure.Throttled(what + "the store asks for fewer requests", null, e);
      case "XMinioStorageFull",
          "XMinioAdminBucketQuotaExceeded",
          "QuotaExceeded",
          "InsufficientCapacity",
          "InsufficientStorage" ->
          new Failure.Full(what + "the store is full (" + code + ")", "Make room", e);
      default -> byStatus(what, status, code, e);
    };
  }

  private Failure byStatus(String what, int status, String code, S3Exception e) {
    String answer = "the store answered " + status + (code.isEmpty() ? "" : " " + code);
    return switch (status) {
      case 301, 307 -> wrongRegion(what, e);
      case 401, 403 ->
          new Failure.Denied(
              what + "the store refuses it (" + status + (code.isEmpty() ? "" : " " + code) + ")",
              "Check that the credentials may read and write this bucket and prefix",
              e);
      case 404 -> new Failure.Absent(what + "it does not exist", null, e);
      case 405, 501 ->
          new Failure.Unsupported(what + answer, "The store does not know this operation");
      case 409, 412 -> new Failure.Conflict(what + answer, null, e);
      case 429 -> new Failure.Throttled(what + answer, null, e);
      case 507 -> new Failure.Full(what + answer, "Make room", e);
      default ->
          status >= 500
              ? new Failure.Unreachable(what + answer, "Try again; see the store's own log", e)
              : new Failure.Rejected(what + answer + detail(e), null, e);
    };
  }

  private static String detail(S3Exception e) {
    String message = e.awsErrorDetails() == null ? null : e.awsErrorDetails().errorMessage();
    return message == null ? "" : ": " + message;
  }

  Failure bucketAbsent(@Nullable Exception cause) {
    return new Failure.Absent(
        "The bucket " + config.bucket() + where() + " does not exist",
        "Create it, or check spec.objectStorage.bucket, config.s3Url and config.region",
        cause);
  }

  private Failure wrongRegion(String what, S3Exception e) {
    String region = region(e);
    return new Failure.Invalid(
        what
            + "the bucket is not in the region "
            + (config.region() == null ? "us-east-1" : config.region())
            + (region == null ? "" : " but in " + region),
        region == null ? "Set config.region to the bucket's" : "Set config.region to " + region,
        e);
  }

  private Failure unanswered(String doing, SdkException e) {
    String what = doing + " in " + config.describe() + " failed: ";
    if (e instanceof AbortedException || Thread.currentThread().isInterrupted()) {
      return new Failure.Cancelled("Interrupted");
    }
    if (e instanceof ApiCallTimeoutException
        || e instanceof ApiCallAttemptTimeoutException
        || caused(e, SocketTimeoutException.class)) {
      return new Failure.Unreachable(
          what + "no answer within " + config.timeouts().idle().toSeconds() + " s",
          "Check that the store runs and that no firewall drops its traffic",
          e);
    }
    if (caused(e, UnknownHostException.class)) {
      return new Failure.Unreachable(
          what + "the name of the host is not known" + where(), "Check config.s3Url", e);
    }
    if (caused(e, SSLException.class)) {
      return new Failure.Unreachable(
          what + "the TLS connection is not trusted or broken (" + rootMessage(e) + ")",
          "Give the certificate authority in spec.objectStorage.caCert",
          e);
    }
    if (caused(e, ConnectException.class)) {
      return new Failure.Unreachable(
          what + "nothing listens" + where(), "Start the store, or check config.s3Url", e);
    }
    String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
    if (message.contains("credentials")) {
      return new Failure.Denied(
          what + "there are no credentials" + profile(),
          "Set spec.credential, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or ~/.aws/credentials",
          e);
    }
    return new Failure.Unreachable(
        what + "the connection failed (" + rootMessage(e) + ")", "Try again", e);
  }

  private String profile() {
    return config.profile() == null ? "" : " of the profile " + config.profile();
  }

  private String where() {
    return config.endpoint() == null ? "" : " at " + config.endpoint();
  }

  private static boolean caused(Throwable e, Class<? extends Throwable> type) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (type.isInstance(t)) {
        return true;
      }
    }
    return false;
  }

  private static String rootMessage(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
  }
}
