package dev.holdfast.store.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.velero.BackupStorageLocation.ObjectStorage;
import dev.holdfast.s3server.S3Server;
import dev.holdfast.store.ObjectStore;
import dev.holdfast.store.ObjectStore.PutOptions;
import dev.holdfast.store.ObjectStoreContract;
import java.io.ByteArrayInputStream;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Over HTTP against S3Proxy, which checks signatures. */
@Tag("EMF-5")
@Tag("EMF-6")
class S3StoreTest extends ObjectStoreContract {

  private static final AtomicInteger BUCKETS = new AtomicInteger();
  private static S3Server server;

  private String bucket = "";

  @BeforeAll
  static void start() {
    server = S3Server.start(S3Server.Options.MEMORY);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Override
  protected ObjectStore emptyStore() {
    bucket = "bucket-" + BUCKETS.incrementAndGet();
    server.bucket(bucket);
    return S3Fixture.of(server, bucket).open();
  }

  @Test
  void stayBelowThePrefix() {
    put("outside", "x");
    ObjectStorage below = new ObjectStorage("/" + bucket + "/", "/clusters/one/", null, null);
    try (S3Store prefixed = S3Fixture.of(server, bucket).storage(below).open()) {
      prefixed.put(op, "backups/a", bytes("inside"), PutOptions.NONE);
      assertThat(prefixed.list(op, "").prefixes()).containsExactly("backups/");
      assertThat(prefixed.list(op, "").objects()).isEmpty();
      assertThat(prefixed.describe()).startsWith("s3://" + bucket + "/clusters/one at http://");
    }
    assertThat(text("clusters/one/backups/a")).isEqualTo("inside");
  }

  @Test
  void sendsEveryChecksum() {
    byte[] body = random(9_000_000);
    for (String algorithm : new String[] {"", "CRC32", "CRC32C", "SHA1", "SHA256"}) {
      try (S3Store one = S3Fixture.of(server, bucket).with("checksumAlgorithm", algorithm).open()) {
        one.put(op, "small" + algorithm, bytes("x"), PutOptions.NONE);
        one.put(op, "large" + algorithm, new ByteArrayInputStream(body), PutOptions.NONE);
        assertThat(one.head(op, "large" + algorithm).orElseThrow().size()).isEqualTo(body.length);
      }
    }
  }
}
