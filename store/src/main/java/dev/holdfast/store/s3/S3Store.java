package dev.holdfast.store.s3;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.model.velero.BackupStorageLocation;
import dev.holdfast.store.Credentials;
import dev.holdfast.store.Keys;
import dev.holdfast.store.ObjectStore;
import java.io.InputStream;
import java.net.URI;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
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
  private final Downloads downloads;
  private final SignedUrls signedUrls;
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
    this.downloads = new Downloads(config, connection, failures);
    this.signedUrls = new SignedUrls(config, connection, failures);
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
    return failures.telling(
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
    return failures.telling(
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
    return failures.telling("Writing " + key, () -> conditional.put(op, key, body));
  }

  @Override
  public Optional<Meta> head(Operation op, String key) {
    Keys.check(key);
    op.check();
    return failures.telling(
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
    return downloads.open(op, key, 0, Long.MAX_VALUE);
  }

  @Override
  public InputStream get(Operation op, String key, long offset, long length) {
    if (offset < 0 || length < 0) {
      throw new Failure.Invalid("Not a range of bytes: offset " + offset + ", length " + length);
    }
    if (length == 0) {
      if (head(op, key).isEmpty()) {
        throw downloads.absent(key, null);
      }
      return InputStream.nullInputStream();
    }
    return downloads.open(op, key, offset, length);
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
          failures.telling(
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
    failures.telling(
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
    return signedUrls.get(key, valid);
  }

  @Override
  public URI signedPut(Operation op, String key, Duration valid) {
    Keys.check(key);
    return signedUrls.put(key, valid);
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
      conditionally =
          failures.telling("Trying a conditional write", () -> conditional.supported(op));
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
