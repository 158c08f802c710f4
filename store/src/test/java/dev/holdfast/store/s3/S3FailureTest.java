package dev.holdfast.store.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.s3server.S3Server;
import dev.holdfast.store.ObjectStore.PutOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an S3 store that misbehaves, or is not there, leads to. */
class S3FailureTest {

  private static final Timeouts IMPATIENT =
      new Timeouts(Duration.ofSeconds(1), Duration.ofMillis(400), 2);
  private static S3Server server;

  private final Operation op = Operation.start();

  @BeforeAll
  static void start() {
    server = S3Server.start(S3Server.Options.MEMORY).bucket("there");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void namesTheBucketThatIsMissing() {
    try (S3Store store = S3Fixture.of(server, "not-there").open()) {
      List<Runnable> calls =
          List.of(
              () -> store.list(op, ""),
              () -> store.head(op, "k"),
              () -> store.get(op, "k"),
              () -> store.put(op, "k", new byte[1], PutOptions.NONE),
              () ->
                  store.put(op, "k", new ByteArrayInputStream(new byte[9 << 20]), PutOptions.NONE),
              () -> store.putIfAbsent(op, "k", new byte[1]));
      for (Runnable call : calls) {
        assertThatThrownBy(call::run)
            .isInstanceOf(Failure.Absent.class)
            .hasMessageContaining("bucket not-there at http://127.0.0.1:" + server.port());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"holdfast,wrong-secret", "nobody,holdfast-secret"})
  void saysThatTheKeyIsWrongAndNeverShowsIt(String accessKey, String secretKey) {
    try (S3Store store = S3Fixture.of(server.endpoint(), "there", accessKey, secretKey).open()) {
      Failure.Denied denied = catchThrowableOfType(Failure.Denied.class, () -> store.list(op, ""));
      assertThat(denied.describe()).contains("credentials").doesNotContain(secretKey);
    }
  }

  @Test
  void saysThatThereAreNoCredentialsInTheFile() {
    try (S3Store store = S3Fixture.of(server, "there").with("profile", "other").open()) {
      assertThatThrownBy(() -> store.list(op, "")).isInstanceOf(Failure.Denied.class);
    }
  }

  @Test
  void saysThatNobodyListens() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    URI nobody = URI.create("http://127.0.0.1:" + port);
    try (S3Store store = S3Fixture.of(nobody, "b", "a", "s").open(IMPATIENT)) {
      assertThatThrownBy(() -> store.list(op, ""))
          .isInstanceOf(Failure.Unreachable.class)
          .hasMessageContaining("nothing listens at " + nobody);
    }
  }

  @Test
  void doesNotWaitForeverForAStoreThatHangs() throws IOException {
    try (ServerSocket hanging = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      URI endpoint = URI.create("http://127.0.0.1:" + hanging.getLocalPort());
      try (S3Store store = S3Fixture.of(endpoint, "b", "a", "s").open(IMPATIENT)) {
        assertThatThrownBy(() -> store.list(op, ""))
            .isInstanceOf(Failure.Unreachable.class)
            .hasMessageContaining("no answer");
      }
      try (S3Store store = S3Fixture.of(endpoint, "b", "a", "s").open()) {
        Operation brief = op.within(Duration.ofMillis(300));
        assertThatThrownBy(() -> store.list(brief, ""))
            .isInstanceOfAny(Failure.Unreachable.class, Failure.Cancelled.class);
      }
    }
  }

  @Test
  void goesOnReadingWhereAConnectionBroke() throws IOException {
    byte[] body = random(3_000_000);
    try (S3Store direct = S3Fixture.of(server, "there").open()) {
      direct.put(op, "broken/read", body, PutOptions.NONE);
    }
    try (CuttingProxy proxy = new CuttingProxy(server.port());
        S3Store store =
            S3Fixture.of(proxy.endpoint(), "there", server.accessKey(), server.secretKey())
                .open()) {
      proxy.cut(3, 700_000);
      try (InputStream in = store.get(op, "broken/read")) {
        assertThat(in.readAllBytes()).isEqualTo(body);
      }
      assertThat(proxy.cutsLeft()).isZero();
      proxy.cut(2, 500_000);
      try (InputStream in = store.get(op, "broken/read", 1_000_000, 1_500_000)) {
        assertThat(in.readAllBytes())
            .isEqualTo(java.util.Arrays.copyOfRange(body, 1_000_000, 2_500_000));
      }
      assertThat(proxy.cutsLeft()).isZero();
    }
  }

  @Test
  void neverJoinsTwoVersionsOfAnObject() throws IOException {
    try (CuttingProxy proxy = new CuttingProxy(server.port());
        S3Store store =
            S3Fixture.of(proxy.endpoint(), "there", server.accessKey(), server.secretKey()).open();
        S3Store direct = S3Fixture.of(server, "there").open()) {
      direct.put(op, "versions", random(3_000_000), PutOptions.NONE);
      proxy.cut(1, 1_000_000);
      try (InputStream in = store.get(op, "versions")) {
        assertThat(in.readNBytes(1_000)).hasSize(1_000);
        direct.put(op, "versions", random(3_000_001), PutOptions.NONE);
        assertThatThrownBy(in::readAllBytes)
            .isInstanceOf(Failure.Conflict.class)
            .hasMessageContaining("was replaced while it was read");
      }
    }
  }

  @Test
  void failsWhenTheStoreDiesMidway() throws IOException {
    CuttingProxy proxy = new CuttingProxy(server.port());
    try (S3Store store =
        S3Fixture.of(proxy.endpoint(), "there", server.accessKey(), server.secretKey())
            .open(IMPATIENT)) {
      InputStream dies =
          new SequenceInputStream(
              new ByteArrayInputStream(new byte[20 << 20]), InputStream.nullInputStream()) {
            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
              int n = super.read(bytes, offset, length);
              if (n < 0) {
                proxy.cut(Integer.MAX_VALUE, 0);
                proxy.close();
              }
              return n;
            }
          };
      assertThatThrownBy(() -> store.put(op, "k", dies, PutOptions.NONE))
          .isInstanceOf(Failure.Unreachable.class)
          .hasMessageContaining("Writing k");
    }
    try (S3Store direct = S3Fixture.of(server, "there").open()) {
      assertThat(direct.head(op, "k")).isEmpty();
    }
  }

  @Test
  void leavesNoPartsOfAFailedUpload() {
    InputStream broken =
        new SequenceInputStream(
            new ByteArrayInputStream(new byte[20 << 20]),
            new InputStream() {
              @Override
              public int read() throws IOException {
                throw new IOException("the source is broken");
              }

              @Override
              public int read(byte[] bytes, int offset, int length) throws IOException {
                return read();
              }
            });
    S3Fixture fixture = S3Fixture.of(server.bucket("parts"), "parts");
    try (S3Store store = fixture.open()) {
      assertThatThrownBy(() -> store.put(op, "k", broken, PutOptions.NONE))
          .isInstanceOf(java.io.UncheckedIOException.class);
    }
    S3Config config = S3Config.of(fixture.location(), fixture.credentials(), Timeouts.DEFAULT);
    try (S3Connection connection = new S3Connection(config)) {
      assertThat(connection.client().listMultipartUploads(l -> l.bucket("parts")).uploads())
          .isEmpty();
    }
  }

  @Test
  void findsTheRegionOrNamesIt() throws Exception {
    try (Script script =
            new Script(exchange -> {
              exchange.getResponseHeaders().add("x-amz-bucket-region", "eu-central-1");
              error(exchange, 301, "PermanentRedirect");
            });
        S3Store store = script.fixture().with("region", "us-west-2").open(IMPATIENT)) {
      assertThatThrownBy(() -> store.list(op, ""))
          .isInstanceOf(Failure.Invalid.class)
          .hasMessageContaining("not in the region us-west-2 but in eu-central-1");
    }
    try (Script script =
            new Script(exchange -> {
              String query = String.valueOf(exchange.getRequestURI().getQuery());
              String signed = exchange.getRequestHeaders().getFirst("Authorization");
              if (query.contains("location")) {
                text(exchange, "<LocationConstraint>eu-north-7</LocationConstraint>");
              } else if (signed.contains("/eu-north-7/s3/")) {
                text(
                    exchange,
                    "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>");
              } else {
                error(exchange, 400, "AuthorizationHeaderMalformed");
              }
            });
        S3Store store = script.fixture().with("region", null).open(IMPATIENT)) {
      assertThat(store.list(op, "").objects()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "403,AccessDenied,Denied",
    "403,RequestTimeTooSkewed,Denied",
    "503,SlowDown,Throttled",
    "429,TooManyRequests,Throttled",
    "507,XMinioStorageFull,Full",
    "400,BadDigest,Corrupt",
    "500,InternalError,Unreachable",
    "400,InvalidRequest,Rejected",
    "501,NotImplemented,Unsupported"
  })
  void saysWhatTheAnswerMeans(int status, String code, String failure) throws Exception {
    try (Script script = new Script(exchange -> error(exchange, status, code));
        S3Store store = script.fixture().open(IMPATIENT)) {
      assertThatThrownBy(() -> store.put(op, "k", new byte[1], PutOptions.NONE))
          .hasMessageContaining("Writing k in s3://bucket")
          .extracting(e -> e.getClass().getSimpleName())
          .isEqualTo(failure);
    }
  }

  @Test
  void triesAgainAndThenSucceeds() throws Exception {
    List<Integer> answers = Collections.synchronizedList(new ArrayList<>(List.of(503, 500, 200)));
    try (Script script =
            new Script(exchange -> {
              int status = answers.removeFirst();
              if (status == 200) {
                text(exchange, "");
              } else {
                error(exchange, status, status == 503 ? "SlowDown" : "InternalError");
              }
            });
        S3Store store = script.fixture().open()) {
      store.put(op, "k", new byte[10], PutOptions.NONE);
      assertThat(answers).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"ignores", "refuses"})
  void findsOutThatAnOldStoreHasNoConditionalWrites(String behaviour) throws Exception {
    Map<String, byte[]> objects = Collections.synchronizedMap(new TreeMap<>());
    try (Script script =
            new Script(exchange -> {
              String key = exchange.getRequestURI().getPath();
              switch (exchange.getRequestMethod()) {
                case "PUT" -> {
                  if (behaviour.equals("refuses")
                      && exchange.getRequestHeaders().containsKey("If-None-Match")) {
                    error(exchange, 501, "NotImplemented");
                  } else {
                    objects.put(key, exchange.getRequestBody().readAllBytes());
                    text(exchange, "");
                  }
                }
                case "DELETE" -> {
                  objects.remove(key);
                  exchange.sendResponseHeaders(204, -1);
                }
                default -> exchange.sendResponseHeaders(objects.containsKey(key) ? 200 : 404, -1);
              }
            });
        S3Store store = script.fixture().open(IMPATIENT)) {
      assertThat(store.capabilities().putIfAbsent()).isFalse();
      assertThat(store.putIfAbsent(op, "claim", new byte[] {'1'})).isTrue();
      assertThat(store.putIfAbsent(op, "claim", new byte[] {'2'})).isFalse();
      assertThat(objects).containsOnlyKeys("/bucket/claim");
      assertThat(objects.get("/bucket/claim")).isEqualTo(new byte[] {'1'});
    }
  }

  @Test
  void knowsItsOwnConditionalWriteAfterALostAnswer() throws Exception {
    Map<String, String> marks = Collections.synchronizedMap(new TreeMap<>());
    try (Script script =
            new Script(exchange -> {
              String key = exchange.getRequestURI().getPath();
              String mark = exchange.getRequestHeaders().getFirst("x-amz-meta-holdfast-writer");
              switch (exchange.getRequestMethod()) {
                case "PUT" -> {
                  boolean stored = marks.putIfAbsent(key, mark) == null;
                  if (!stored) {
                    error(exchange, 412, "PreconditionFailed");
                  } else if (key.endsWith("claim")) {
                    error(exchange, 500, "InternalError"); // stored, but the answer is lost
                  } else {
                    text(exchange, "");
                  }
                }
                case "HEAD" -> {
                  exchange
                      .getResponseHeaders()
                      .add("x-amz-meta-holdfast-writer", String.valueOf(marks.get(key)));
                  exchange.sendResponseHeaders(200, -1);
                }
                default -> exchange.sendResponseHeaders(204, -1);
              }
            });
        S3Store store = script.fixture().open()) {
      assertThat(store.putIfAbsent(op, "claim", new byte[] {'1'})).isTrue();
      assertThat(store.putIfAbsent(op, "claim", new byte[] {'1'})).isFalse();
    }
  }

  @Test
  void sendsWhatTheLocationSays() throws Exception {
    Map<String, String> sent = Collections.synchronizedMap(new TreeMap<>());
    try (Script script =
            new Script(exchange -> {
              exchange
                  .getRequestHeaders()
                  .forEach((k, v) -> sent.put(k.toLowerCase(java.util.Locale.ROOT), v.getFirst()));
              text(exchange, "");
            });
        S3Store store =
            script
                .fixture()
                .with("tagging", "team=shop&kind=backup")
                .with("serverSideEncryption", "aws:kms")
                .with("kmsKeyId", "key-1")
                .open(IMPATIENT)) {
      Instant until = Instant.parse("2030-01-02T03:04:05Z");
      store.put(op, "k", new byte[] {1}, new PutOptions(1, null, "STANDARD_IA", until));
      assertThat(sent)
          .containsEntry("x-amz-tagging", "team=shop&kind=backup")
          .containsEntry("x-amz-server-side-encryption", "aws:kms")
          .containsEntry("x-amz-server-side-encryption-aws-kms-key-id", "key-1")
          .containsEntry("x-amz-storage-class", "STANDARD_IA")
          .containsEntry("x-amz-object-lock-mode", "GOVERNANCE")
          .containsEntry("x-amz-object-lock-retain-until-date", "2030-01-02T03:04:05Z")
          .containsEntry("x-amz-checksum-crc32", "pQXfGw==")
          .containsKey("content-md5")
          .doesNotContainKey("x-amz-trailer")
          .doesNotContainKey("content-encoding");
    }
  }

  /** An S3 server that does exactly what a test says. */
  private static final class Script implements AutoCloseable {

    interface Answer {
      void to(HttpExchange exchange) throws IOException;
    }

    private final HttpServer http;

    Script(Answer answer) throws IOException {
      http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      http.setExecutor(java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor());
      http.createContext(
          "/",
          exchange -> {
            try (exchange) {
              if (exchange.getRequestMethod().equals("PUT")) {
                exchange.setStreams(
                    new ByteArrayInputStream(exchange.getRequestBody().readAllBytes()), null);
              }
              answer.to(exchange);
            }
          });
      http.start();
    }

    S3Fixture fixture() {
      return S3Fixture.of(
          URI.create("http://127.0.0.1:" + http.getAddress().getPort()), "bucket", "key", "secret");
    }

    @Override
    public void close() {
      http.stop(0);
    }
  }

  private static void text(HttpExchange exchange, String body) throws IOException {
    byte[] bytes = body.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("ETag", "\"tag\"");
    exchange.sendResponseHeaders(200, bytes.length == 0 ? -1 : bytes.length);
    if (bytes.length > 0) {
      exchange.getResponseBody().write(bytes);
    }
  }

  private static void error(HttpExchange exchange, int status, String code) throws IOException {
    byte[] bytes =
        ("<Error><Code>" + code + "</Code><Message>said the script</Message></Error>")
            .getBytes(java.nio.charset.StandardCharsets.UTF_8);
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(status, head ? -1 : bytes.length);
    if (!head) {
      exchange.getResponseBody().write(bytes);
    }
  }

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new SplittableRandom(size).nextBytes(bytes);
    return bytes;
  }

  @Test
  @Tag("EMF-5")
  void isUnreachableWhenTheHostIsUnknown() {
    try (S3Store store =
        S3Fixture.of(URI.create("http://no-such-host.invalid:9000"), "b", "a", "s")
            .open(IMPATIENT)) {
      assertThatThrownBy(() -> store.list(op, ""))
          .isInstanceOf(Failure.Unreachable.class)
          .hasMessageContaining("no-such-host.invalid");
    }
  }
}
