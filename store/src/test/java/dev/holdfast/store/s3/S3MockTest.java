package dev.holdfast.store.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.s3server.Gate;
import dev.holdfast.store.ObjectStore;
import dev.holdfast.store.ObjectStore.PutOptions;
import dev.holdfast.store.ObjectStoreContract;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Against Adobe's S3Mock in a process of its own, which does what S3Proxy answers with 501: tags
 * and object lock. It looks at no signature; S3Proxy does.
 */
@Tag("EMF-6")
class S3MockTest extends ObjectStoreContract {

  private static final Pattern STARTED =
      Pattern.compile("Tomcat started on ports .*\\b(\\d+) \\(http\\)");

  private static final AtomicInteger BUCKETS = new AtomicInteger();

  @TempDir static Path folder;
  private static Process server;
  private static URI endpoint;
  private final HttpClient http = HttpClient.newHttpClient();
  private String bucket = "";

  @BeforeAll
  static void start() throws IOException {
    Path jar = Path.of(System.getProperty("holdfast.s3mock", "target/s3mock.jar"));
    assumeTrue(Files.exists(jar), jar + " is not there: the build puts it there");
    server =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx256m",
                "-jar",
                jar.toAbsolutePath().toString(),
                "--server.port=0",
                "--http.port=0")
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("s3mock.log").toFile())
            .start();
    Awaitility.await().until(() -> port() > 0 || !server.isAlive());
    assertThat(server.isAlive()).as(log()).isTrue();
    endpoint = URI.create("http://127.0.0.1:" + port());
  }

  @AfterAll
  static void stop() throws InterruptedException {
    if (server != null) {
      server.destroy();
      server.waitFor(30, TimeUnit.SECONDS);
    }
  }

  private static String log() throws IOException {
    return Files.readString(folder.resolve("s3mock.log"));
  }

  /** The port that the server chose, once it answers there; 0 before. */
  private static int port() throws IOException {
    Matcher said = STARTED.matcher(log());
    return said.find() ? Integer.parseInt(said.group(1)) : 0;
  }

  @Override
  protected ObjectStore emptyStore() throws Exception {
    bucket = "mocked-" + BUCKETS.incrementAndGet();
    bucket(bucket, false);
    return fixture(bucket).open();
  }

  @Override
  protected Map<String, String> defectsOfTheServer() {
    return Map.of(
        "letsExactlyOneOfManyWin",
        "S3Mock lets several conditional writes win that come at the same time",
        "showsOneOfTwoWritersWhole",
        "S3Mock loses or mixes objects of one key that are written at the same time",
        "leavesTheOldObjectWhenTheBodyCannotBeRead",
        "S3Mock loses the object when a multipart upload that would replace it is aborted",
        "takesOddButValidKeys",
        "S3Mock refuses keys with a backslash");
  }

  private static S3Fixture fixture(String bucket) {
    return S3Fixture.of(endpoint, bucket, "any", "any");
  }

  private void bucket(String name, boolean locked) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(endpoint.resolve("/" + name))
            .PUT(HttpRequest.BodyPublishers.noBody());
    if (locked) {
      request.header("x-amz-bucket-object-lock-enabled", "true");
    }
    assertThat(http.send(request.build(), BodyHandlers.ofString()).statusCode()).isEqualTo(200);
  }

  private String ask(String path) throws Exception {
    return http.send(
            HttpRequest.newBuilder(endpoint.resolve(path)).build(), BodyHandlers.ofString())
        .body();
  }

  @Test
  void tagsEveryObjectAsConfigured() throws Exception {
    byte[] large = random(9_000_000);
    try (S3Store tagging = fixture(bucket).with("tagging", "team=shop&tier=gold").open()) {
      tagging.put(op, "small", bytes("x"), PutOptions.NONE);
      tagging.put(op, "large", new ByteArrayInputStream(large), PutOptions.NONE);
      assertThat(tagging.putIfAbsent(op, "once", bytes("x"))).isTrue();
    }
    for (String key : new String[] {"small", "large", "once"}) {
      assertThat(ask("/" + bucket + "/" + key + "?tagging"))
          .as(key)
          .contains("<Key>team</Key><Value>shop</Value>")
          .contains("<Key>tier</Key><Value>gold</Value>");
    }
  }

  @Test
  void locksObjectsWhereTheBucketCan() throws Exception {
    assertThat(store.capabilities().retention()).isFalse();
    bucket("locked", true);
    Instant until = Instant.now().plus(30, ChronoUnit.DAYS).truncatedTo(ChronoUnit.SECONDS);
    // S3Mock keeps no lock that comes with an upload, so what is asked of it is looked at.
    try (Gate gate = Gate.before(endpoint.getPort());
        S3Store locking = S3Fixture.of(gate.endpoint(), "locked", "any", "any").open()) {
      assertThat(locking.capabilities().retention()).isTrue();
      locking.put(op, "kept", bytes("x"), new PutOptions(-1, null, null, until));
      assertThat(gate.heads())
          .filteredOn(head -> head.startsWith("PUT /locked/kept "))
          .singleElement()
          .asString()
          .containsIgnoringCase("x-amz-object-lock-mode: GOVERNANCE")
          .containsIgnoringCase("x-amz-object-lock-retain-until-date: " + until);
    }
  }
}
