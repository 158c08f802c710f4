package dev.holdfast.store.s3;

import dev.holdfast.model.Operation;
import dev.holdfast.store.ObjectStore.PutOptions;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * Put-if-absent by {@code If-None-Match: *}. Stores from before 2024 refuse the header (501) or,
 * worse, ignore it; so one that is not AWS is tried out once, on a key of our own. Each write
 * carries a mark, by which a writer whose answer was lost knows its own object.
 */
final class ConditionalPut {

  private static final String MARK = "holdfast-writer";
  private static final int MOST_RETRIES = 5;

  private final S3Config config;
  private final S3Connection connection;
  private final Uploads uploads;
  private final ReentrantLock probing = new ReentrantLock();
  private volatile @Nullable Boolean supported;

  ConditionalPut(S3Config config, S3Connection connection) {
    this.config = config;
    this.connection = connection;
    this.uploads = new Uploads(config);
  }

  /** True if of two concurrent writers exactly one wins. Asks the store once. */
  boolean supported(Operation op) {
    Boolean known = supported;
    if (known != null) {
      return known;
    }
    if (config.endpoint() == null) {
      supported = true;
      return true;
    }
    probing.lock();
    try {
      known = supported;
      if (known == null) {
        known = probe(op);
        supported = known;
      }
      return known;
    } finally {
      probing.unlock();
    }
  }

  private boolean probe(Operation op) {
    String key = "plugins/holdfast/probe-" + UUID.randomUUID();
    try {
      return write(op, key, new byte[] {'1'}) && !write(op, key, new byte[] {'2'});
    } catch (S3Exception e) {
      if (e.statusCode() == 501 || e.statusCode() == 400) {
        return false;
      }
      throw e;
    } finally {
      connection.client().deleteObject(d -> d.bucket(config.bucket()).key(config.prefix() + key));
    }
  }

  boolean put(Operation op, String key, byte[] body) {
    if (supported(op)) {
      return write(op, key, body);
    }
    if (head(op, key) != null) {
      return false;
    }
    connection
        .client()
        .putObject(
            uploads.put(op, key, body, body.length, PutOptions.NONE).build(),
            MultipartUpload.body(body, body.length));
    return true;
  }

  private boolean write(Operation op, String key, byte[] body) {
    String mark = UUID.randomUUID().toString();
    S3Client client = connection.client();
    for (int attempt = 1; ; attempt++) {
      try {
        client.putObject(
            uploads
                .put(op, key, body, body.length, PutOptions.NONE)
                .metadata(Map.of(MARK, mark))
                .ifNoneMatch("*")
                .build(),
            MultipartUpload.body(body, body.length));
        return true;
      } catch (S3Exception e) {
        if (e.statusCode() == 412) {
          Map<String, String> there = head(op, key);
          return there != null && mark.equals(there.get(MARK));
        }
        // 409: another conditional write of this key is under way, and its end is not known yet.
        if (e.statusCode() != 409 || attempt == MOST_RETRIES) {
          throw e;
        }
        op.pause(java.time.Duration.ofMillis(50L * attempt + op.random().nextInt(100)));
      }
    }
  }

  /** The object's metadata, or null if there is none. */
  private @Nullable Map<String, String> head(Operation op, String key) {
    try {
      return connection.client().headObject(uploads.head(op, key)).metadata();
    } catch (S3Exception e) {
      if (e.statusCode() == 404) {
        return null;
      }
      throw e;
    }
  }
}
