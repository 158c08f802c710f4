package dev.holdfast.store.s3;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.model.velero.BackupStorageLocation;
import dev.holdfast.store.Credentials;
import dev.holdfast.store.Keys;
import dev.holdfast.store.ObjectStore;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * An object store in an S3 bucket, below the location's prefix. Nothing is asked of the store, and
 * no client made, before the first call. Retention is object lock in governance mode.
 */
public final class S3Store implements ObjectStore {

  private final S3Config config;
  private final S3Connection connection;
  private final S3Failures failures;
  private final Uploads uploads;
  private final ConditionalPut conditional;
  private volatile boolean bucketSeen;
  private volatile @Nullable Boolean objectLock;

  /**
   * Checks the location's configuration.
   *
   * @throws Failure.Invalid if a key is unknown, contradicts another, or has no sensible value
   */
  public S3Store(BackupStorageLocation location, Credentials credentials) {
    this(location, credentials, Timeouts.DEFAULT);
  }

  S3Store(BackupStorageLocation location, Credentials credentials, Timeouts timeouts) {
    this.config = S3Config.of(location, credentials, timeouts);
    this.connection = new S3Connection(config);
    this.failures = new S3Failures(config);
    this.uploads = new Uploads(config);
    this.conditional = new ConditionalPut(config, connection);
  }

  @Override
  public Meta put(Operation op, String key, InputStream body, PutOptions options) {
    Keys.check(key);
    op.check();
    MessageDigest digest = options.sha256() == null ? null : sha256();
    MultipartUpload.Reading reading =
        new MultipartUpload.Reading(config.describe() + "/" + key, digest);
    byte[] first = reading.first(body);
    MultipartUpload.Check check = size -> checkPromise(key, size, digest, options);
    if (first.length < MultipartUpload.PART) {
      check.check(first.length);
      return putWhole(op, key, first, first.length, options);
    }
    return call(
        "Writing " + key,
        () -> {
          long size =
              new MultipartUpload(op, connection.client(), config, key)
                  .send(first, body, options, reading, check);
          return new Meta(key, size, now(op));
        });
  }

  @Override
  public Meta put(Operation op, String key, byte[] body, PutOptions options) {
    return put(op, key, body, body.length, options);
  }

  @Override
  public Meta put(Operation op, String key, byte[] body, int length, PutOptions options) {
    Keys.check(key);
    op.check();
    MessageDigest digest = null;
    if (options.sha256() != null) {
      digest = sha256();
      digest.update(body, 0, length);
    }
    checkPromise(key, length, digest, options);
    return putWhole(op, key, body, length, options);
  }

  private Meta putWhole(Operation op, String key, byte[] body, int length, PutOptions options) {
    return call(
        "Writing " + key,
        () -> {
          connection
              .client()
              .putObject(
                  uploads.put(op, key, body, length, options).build(),
                  MultipartUpload.body(body, length));
          return new Meta(key, length, now(op));
        });
  }

  private void checkPromise(
      String key, long size, @Nullable MessageDigest digest, PutOptions options) {
    String wrong = null;
    if (options.length() >= 0 && size != options.length()) {
      wrong = size + " bytes, not " + options.length();
    } else if (digest != null) {
      String hash = HexFormat.of().formatHex(digest.digest());
      wrong =
          hash.equals(options.sha256()) ? null : "SHA-256 " + hash + ", not " + options.sha256();
    }
    if (wrong != null) {
      throw new Failure.Corrupt(
          "What was to be stored as "
              + config.describe()
              + "/"
              + key
              + " has "
              + wrong
              + "; nothing was stored");
    }
  }

  @Override
  public boolean putIfAbsent(Operation op, String key, byte[] body) {
    Keys.check(key);
    op.check();
    return call("Writing " + key, () -> conditional.put(op, key, body));
  }

  @Override
  public Optional<Meta> head(Operation op, String key) {
    Keys.check(key);
    op.check();
    return call(
        "Looking for " + key,
        () -> {
          try {
            var head = connection.client().headObject(uploads.head(op, key));
            return Optional.of(new Meta(key, head.contentLength(), head.lastModified()));
          } catch (S3Exception e) {
            if (e.statusCode() != 404) {
              throw withReason(op, e);
            }
            requireBucket(op);
            return Optional.empty();
          }
        });
  }

  /** The answer to HEAD has no body that could say why it was refused; a listing's has. */
  private S3Exception withReason(Operation op, S3Exception e) {
    if (e.statusCode() < 500 && S3Failures.code(e).isEmpty()) {
      try {
        var _ =
            connection
                .client()
                .listObjectsV2(list ->
                    list.bucket(config.bucket())
                        .prefix(config.prefix())
                        .maxKeys(1)
                        .overrideConfiguration(Uploads.limits(op)));
      } catch (S3Exception told) {
        return told.statusCode() == e.statusCode() ? told : e;
      } catch (SdkException other) {
        return e;
      }
    }
    return e;
  }

  /** The answer to HEAD has no body that could say whether it is the bucket that is absent. */
  private void requireBucket(Operation op) {
    if (!bucketSeen) {
      try {
        connection
            .client()
            .headBucket(b -> b.bucket(config.bucket()).overrideConfiguration(Uploads.limits(op)));
        bucketSeen = true;
      } catch (S3Exception e) {
        if (e.statusCode() == 404) {
          throw failures.bucketAbsent(e);
        }
      }
    }
  }

  @Override
  public InputStream get(Operation op, String key) {
    return open(op, key, 0, Long.MAX_VALUE);
  }

  @Override
  public InputStream get(Operation op, String key, long offset, long length) {
    if (offset < 0 || length < 0) {
      throw new Failure.Invalid("Not a range of bytes: offset " + offset + ", length " + length);
    }
    if (length == 0) {
      if (head(op, key).isEmpty()) {
        throw absent(key, null);
      }
      return InputStream.nullInputStream();
    }
    return open(op, key, offset, length);
  }

  private InputStream open(Operation op, String key, long offset, long length) {
    Keys.check(key);
    op.check();
    ResumingInput.Opener opener =
        (from, count, eTag) -> call("Reading " + key, () -> request(op, key, from, count, eTag));
    try {
      var first = call("Reading " + key, () -> request(op, key, offset, length, null));
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

  private Failure absent(String key, @Nullable Exception cause) {
    return new Failure.Absent(config.describe() + "/" + key + " does not exist", null, cause);
  }

  @Override
  public Listing list(Operation op, String prefix) {
    Keys.checkPrefix(prefix);
    List<Meta> objects = new ArrayList<>();
    List<String> prefixes = new ArrayList<>();
    pages(
        op,
        prefix,
        "/",
        page -> {
          page.contents().forEach(object -> addTo(objects::add, object));
          page.commonPrefixes().forEach(p -> prefixes.add(relative(p.prefix())));
        });
    return new Listing(List.copyOf(objects), List.copyOf(prefixes));
  }

  @Override
  public void listAll(Operation op, String prefix, Consumer<Meta> each) {
    Keys.checkPrefix(prefix);
    pages(op, prefix, null, page -> page.contents().forEach(object -> addTo(each, object)));
  }

  private void pages(
      Operation op,
      String prefix,
      @Nullable String delimiter,
      Consumer<ListObjectsV2Response> each) {
    String next = null;
    do {
      op.check();
      ListObjectsV2Request request =
          ListObjectsV2Request.builder()
              .bucket(config.bucket())
              .prefix(config.prefix() + prefix)
              .delimiter(delimiter)
              .continuationToken(next)
              .overrideConfiguration(Uploads.limits(op))
              .build();
      ListObjectsV2Response page =
          call(
              "Listing " + (prefix.isEmpty() ? "objects" : prefix),
              () -> connection.client().listObjectsV2(request));
      bucketSeen = true;
      each.accept(page);
      next = Boolean.TRUE.equals(page.isTruncated()) ? page.nextContinuationToken() : null;
    } while (next != null);
  }

  /** Consoles make empty objects with a trailing slash to show folders; those are no keys. */
  private void addTo(
      Consumer<Meta> each, software.amazon.awssdk.services.s3.model.S3Object object) {
    if (!object.key().endsWith("/")) {
      each.accept(new Meta(relative(object.key()), object.size(), object.lastModified()));
    }
  }

  private String relative(String key) {
    return key.substring(config.prefix().length());
  }

  @Override
  public void delete(Operation op, String key) {
    Keys.check(key);
    op.check();
    call(
        "Deleting " + key,
        () -> {
          try {
            return connection
                .client()
                .deleteObject(d ->
                    d.bucket(config.bucket())
                        .key(config.prefix() + key)
                        .overrideConfiguration(Uploads.limits(op)));
          } catch (S3Exception e) {
            if (e.statusCode() == 404 && !S3Failures.code(e).equals("NoSuchBucket")) {
              return null;
            }
            throw e;
          }
        });
  }

  @Override
  public URI signedGet(Operation op, String key, Duration valid) {
    Keys.check(key);
    refuseCustomerKey();
    return call(
        "Signing a URL for " + key,
        () -> {
          var request =
              connection
                  .presigner()
                  .presignGetObject(p ->
                      p.signatureDuration(valid)
                          .getObjectRequest(
                              g -> g.bucket(config.bucket()).key(config.prefix() + key)));
          return uri(request.url());
        });
  }

  @Override
  public URI signedPut(Operation op, String key, Duration valid) {
    Keys.check(key);
    refuseCustomerKey();
    return call(
        "Signing a URL for " + key,
        () -> {
          var request =
              connection
                  .presigner()
                  .presignPutObject(p ->
                      p.signatureDuration(valid)
                          .putObjectRequest(
                              g -> g.bucket(config.bucket()).key(config.prefix() + key)));
          return uri(request.url());
        });
  }

  private static URI uri(java.net.URL url) {
    try {
      return url.toURI();
    } catch (URISyntaxException e) {
      throw new IllegalStateException("The SDK made a URL that is none", e);
    }
  }

  private void refuseCustomerKey() {
    if (config.encryption() instanceof Encryption.Customer) {
      throw new Failure.Unsupported(
          "A signed URL of " + config.describe() + " would be useless without its customer key",
          "Use serverSideEncryption instead of a customer key");
    }
  }

  /**
   * Asks the store, once, whether conditional writes and object lock work; what it does not let us
   * find out counts as not there.
   */
  @Override
  public Capabilities capabilities() {
    Operation op = Operation.start();
    boolean signed = !(config.encryption() instanceof Encryption.Customer);
    boolean conditionally;
    try {
      conditionally = call("Trying a conditional write", () -> conditional.supported(op));
    } catch (Failure.Denied e) {
      conditionally = false;
    }
    return new Capabilities(conditionally, signed, objectLock(op));
  }

  private boolean objectLock(Operation op) {
    Boolean known = objectLock;
    if (known == null) {
      try {
        var answer =
            connection
                .client()
                .getObjectLockConfiguration(
                    g -> g.bucket(config.bucket()).overrideConfiguration(Uploads.limits(op)));
        known =
            answer.objectLockConfiguration() != null
                && "Enabled".equals(answer.objectLockConfiguration().objectLockEnabledAsString());
      } catch (S3Exception e) {
        known = false;
      } catch (SdkException e) {
        throw failures.of("Asking for the bucket's object lock", e);
      }
      objectLock = known;
    }
    return known;
  }

  @Override
  public String describe() {
    return config.describe();
  }

  @Override
  public void close() {
    connection.close();
  }

  private <T extends @Nullable Object> T call(String doing, Supplier<T> request) {
    try {
      return request.get();
    } catch (SdkException e) {
      throw failures.of(doing, e);
    }
  }

  private static Instant now(Operation op) {
    return op.now().truncatedTo(ChronoUnit.SECONDS);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new AssertionError("Every Java platform has SHA-256", e);
    }
  }
}
