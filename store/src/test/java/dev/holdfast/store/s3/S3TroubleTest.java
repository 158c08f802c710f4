package dev.holdfast.store.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.s3server.Gate;
import dev.holdfast.s3server.Gate.Verdict;
import dev.holdfast.s3server.S3Server;
import dev.holdfast.store.ObjectStore.PutOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Stores that refuse, fail, break off, hang, or lack what newer ones have. */
class S3TroubleTest {

  /** Few attempts, but time for each on a busy machine. */
  private static final Timeouts PATIENT =
      new Timeouts(Duration.ofSeconds(10), Duration.ofMinutes(1), 3);

  private static final Timeouts HASTY =
      new Timeouts(Duration.ofSeconds(2), Duration.ofSeconds(1), 3);
  private static S3Server server;
  private static Gate gate;

  private final Operation op = Operation.start();

  @BeforeAll
  static void start() {
    server = S3Server.start(S3Server.Options.MEMORY).bucket("trouble");
    gate = Gate.before(server);
  }

  @AfterAll
  static void stop() {
    gate.close();
    server.close();
  }

  @BeforeEach
  void letEverythingThrough() {
    var _ = gate.rule(_ -> Verdict.PASS);
  }

  private static S3Fixture fixture(URI endpoint) {
    return S3Fixture.of(endpoint, "trouble", server.accessKey(), server.secretKey());
  }

  private static S3Store open() {
    return fixture(gate.endpoint()).open(PATIENT);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Hits the first requests that contain this. */
  private static AtomicInteger first(int times, String request, Verdict verdict) {
    AtomicInteger left = new AtomicInteger(times);
    var _ =
        gate.rule(asked ->
            asked.contains(request) && left.getAndDecrement() > 0 ? verdict : Verdict.PASS);
    return left;
  }

  @ParameterizedTest
  @CsvSource({"503, SlowDown", "500, InternalError", "429, TooManyRequests", "0, cut"})
  void whatFailsForAMomentIsTriedAgain(int status, String code) {
    Verdict verdict = status == 0 ? Verdict.CUT : Verdict.error(status, code);
    try (S3Store store = open()) {
      AtomicInteger left = first(2, "PUT /trouble/again", verdict);
      store.put(op, "again", bytes("x"), PutOptions.NONE);
      assertThat(left.get()).isLessThanOrEqualTo(0);
      first(2, "GET /trouble/again", verdict);
      assertThat(store.get(op, "again")).hasBinaryContent(bytes("x"));
      first(2, "list-type", verdict);
      assertThat(store.list(op, "").objects()).isNotEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "404 | NoSuchBucket | Absent | bucket trouble at",
        "403 | InvalidAccessKeyId | Denied | does not know the access key",
        "403 | SignatureDoesNotMatch | Denied | secret key does not fit",
        "400 | ExpiredToken | Denied | expired",
        "403 | RequestTimeTooSkewed | Denied | clock",
        "403 | AccessDenied | Denied | refuses it",
        "507 | XMinioStorageFull | Full | full",
        "400 | QuotaExceeded | Full | full",
        "400 | InvalidRequest | Rejected | InvalidRequest",
        "503 | ServiceUnavailable | Unreachable | 503",
      })
  void whatStaysWrongIsNamed(int status, String code, String failure, String said) {
    var _ = gate.rule(_ -> Verdict.error(status, code));
    try (S3Store store = open()) {
      assertThatThrownBy(() -> store.put(op, "k", bytes("x"), PutOptions.NONE))
          .hasMessageContaining(said)
          .extracting(e -> e.getClass().getSimpleName())
          .isEqualTo(failure);
    }
  }

  @Test
  void aWrongRegionIsNamedWithTheRightOne() {
    var _ =
        gate.rule(_ ->
            new Gate.Refuse(
                400, "AuthorizationHeaderMalformed", "x-amz-bucket-region: eu-central-1"));
    try (S3Store store = open()) {
      assertThatThrownBy(() -> store.list(op, ""))
          .isInstanceOf(Failure.Invalid.class)
          .hasMessageContaining("not in the region us-east-1 but in eu-central-1");
    }
  }

  @Test
  void aStoreThatHangsIsGivenUp() {
    var _ = gate.rule(_ -> Verdict.HANG);
    try (S3Store store = fixture(gate.endpoint()).open(HASTY)) {
      assertThatThrownBy(() -> store.head(op, "k"))
          .isInstanceOf(Failure.Unreachable.class)
          .hasMessageContaining("no answer within 1 s");
    }
  }

  @Test
  void aDeadlineEndsTheWaitingEarlier() {
    var _ = gate.rule(_ -> Verdict.HANG);
    try (S3Store store =
        fixture(gate.endpoint())
            .open(new Timeouts(Duration.ofMinutes(1), Duration.ofHours(1), 9))) {
      assertThatThrownBy(() -> store.head(op.within(Duration.ofSeconds(1)), "k"))
          .isInstanceOf(Failure.class);
    }
  }

  @Test
  void aDownloadThatBreaksOffGoesOnWhereItStopped() throws IOException {
    byte[] large = new byte[3_000_000];
    new SplittableRandom(7).nextBytes(large);
    try (S3Store store = open()) {
      store.put(op, "large", new ByteArrayInputStream(large), PutOptions.NONE);
      AtomicInteger left = first(2, "GET /trouble/large", Verdict.HALF);
      try (InputStream in = store.get(op, "large")) {
        assertThat(in.readAllBytes()).isEqualTo(large);
      }
      assertThat(left.get()).isLessThanOrEqualTo(0);
    }
  }

  @Test
  void anUploadThatBreaksOffLeavesNoObjectAndNoParts() {
    byte[] large = new byte[20_000_000];
    try (S3Store store = open()) {
      var _ =
          gate.rule(asked ->
              asked.startsWith("PUT /trouble/broken") && asked.contains("partNumber=2")
                  ? Verdict.error(403, "AccessDenied")
                  : Verdict.PASS);
      assertThatThrownBy(
              () -> store.put(op, "broken", new ByteArrayInputStream(large), PutOptions.NONE))
          .isInstanceOf(Failure.Denied.class);
      assertThat(gate.requests())
          .anyMatch(
              asked -> asked.startsWith("DELETE /trouble/broken") && asked.contains("uploadId"));
      assertThat(store.head(op, "broken")).isEmpty();
    }
  }

  /** A store from before conditional writes: it says 501, or takes no notice of the header. */
  @Test
  void withoutConditionalWritesItLooksFirst() {
    AtomicInteger probes = new AtomicInteger();
    var _ =
        gate.rule(asked ->
            asked.startsWith("PUT /trouble/plugins/holdfast/probe-") && probes.incrementAndGet() > 0
                ? Verdict.error(501, "NotImplemented")
                : Verdict.PASS);
    try (S3Store store = open()) {
      assertThat(store.capabilities().putIfAbsent()).isFalse();
      assertThat(store.putIfAbsent(op, "once", bytes("1"))).isTrue();
      assertThat(store.putIfAbsent(op, "once", bytes("2"))).isFalse();
      assertThat(store.get(op, "once")).hasBinaryContent(bytes("1"));
      assertThat(probes).hasValue(1);
    }
  }

  @Test
  void aConditionalWriteWhoseAnswerIsLostKnowsItsOwnObject() {
    try (S3Store store = open()) {
      assertThat(store.capabilities().putIfAbsent()).isTrue();
      AtomicInteger left = first(1, "PUT /trouble/mine", Verdict.LOST);
      assertThat(store.putIfAbsent(op, "mine", bytes("x"))).isTrue();
      assertThat(left.get()).isLessThanOrEqualTo(0);
      assertThat(store.putIfAbsent(op, "mine", bytes("y"))).isFalse();
    }
  }

  @Test
  void nothingThatListensIsNamed() {
    try (S3Store store = fixture(URI.create("http://127.0.0.1:1")).open(PATIENT)) {
      assertThatThrownBy(() -> store.list(op, ""))
          .isInstanceOf(Failure.Unreachable.class)
          .hasMessageContaining("nothing listens at http://127.0.0.1:1");
    }
  }

  @Test
  void aWrongKeyIsDeniedByARealCheckAndNeverPrinted() {
    S3Fixture wrong =
        S3Fixture.of(server.endpoint(), "trouble", server.accessKey(), "guessed-secret");
    try (S3Store store = wrong.open(PATIENT)) {
      assertThatThrownBy(() -> store.list(op, ""))
          .isInstanceOf(Failure.Denied.class)
          .hasMessageContaining("secret key")
          .extracting(Throwable::toString)
          .asString()
          .doesNotContain("guessed-secret");
    }
  }
}
