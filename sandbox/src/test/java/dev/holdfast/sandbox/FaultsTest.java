package dev.holdfast.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.sandbox.http.Faults;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a sandbox does wrong when it is asked to. */
class FaultsTest {

  private static final String PATH = "/api/v1/namespaces/default/configmaps";

  private final Sandbox sandbox = Sandbox.start();
  private final Client client = new Client(sandbox);

  @AfterEach
  void close() {
    sandbox.close();
  }

  @ParameterizedTest
  @CsvSource({
    "TOO_MANY_REQUESTS, 429, TooManyRequests",
    "INTERNAL_ERROR, 500, InternalError",
    "UNAVAILABLE, 503, ServiceUnavailable"
  })
  void anErrorInsteadOfTheRequest(Faults.Kind kind, int code, String reason) throws Exception {
    sandbox.faults().next(kind, 1, r -> r.method().equals("POST"));
    Client.Answer answer = client.post(PATH, "{\"metadata\":{\"name\":\"a\"}}");
    assertThat(answer.code()).isEqualTo(code);
    assertThat(answer.at("/kind")).isEqualTo("Status");
    assertThat(answer.at("/reason")).isEqualTo(reason);
    assertThat(client.get(PATH + "/a").code()).as("nothing was done").isEqualTo(404);
  }

  @Test
  void aConnectionThatIsDroppedBeforeLeavesNothing() throws Exception {
    sandbox.faults().next(Faults.Kind.DROP_BEFORE, 1, r -> r.method().equals("PUT"));
    client.post(PATH, "{\"metadata\":{\"name\":\"a\"}}");
    assertThatThrownBy(
            () -> client.put(PATH + "/a", "{\"metadata\":{\"name\":\"a\"},\"data\":{\"k\":\"v\"}}"))
        .isInstanceOf(IOException.class);
    assertThat(client.get(PATH + "/a").body().has("data")).isFalse();
  }

  @Test
  void latencyIsAddedToEachRequest() throws Exception {
    sandbox.faults().latency(Duration.ofMillis(150));
    long start = System.nanoTime();
    client.get(PATH);
    client.get(PATH);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(300));
  }

  /** A kilobyte at a time, 20 ms between: 40 KiB take at least 0.7 s, and come whole. */
  @Test
  void slowBodiesComeWhole() throws Exception {
    String large = "x".repeat(40 << 10);
    client.post(PATH, "{\"metadata\":{\"name\":\"a\"},\"data\":{\"k\":\"" + large + "\"}}");
    sandbox.faults().next(Faults.Kind.SLOW_BODY, 1, r -> r.path().endsWith("/a"));
    long start = System.nanoTime();
    assertThat(client.get(PATH + "/a").at("/data/k")).isEqualTo(large);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(700));
  }

  @Test
  void aStalledWatchTellsLater() throws Exception {
    List<String> lines = new CopyOnWriteArrayList<>();
    Thread watching =
        Thread.ofVirtual()
            .start(() -> {
              try (var events = client.watch("/api/v1/namespaces/kube-public/secrets?watch=true")) {
                events.forEach(lines::add);
              } catch (IOException | InterruptedException | java.io.UncheckedIOException e) {
                // the sandbox has ended
              }
            });
    client.post("/api/v1/namespaces/kube-public/secrets", "{\"metadata\":{\"name\":\"a\"}}");
    await().until(() -> lines.size() == 1);
    sandbox.faults().stallWatches(true);
    client.post("/api/v1/namespaces/kube-public/secrets", "{\"metadata\":{\"name\":\"b\"}}");
    client.post("/api/v1/namespaces/kube-public/secrets", "{\"metadata\":{\"name\":\"c\"}}");
    await().during(Duration.ofMillis(500)).until(() -> lines.size() <= 2);
    assertThat(lines.size()).as("at most what was under way").isLessThan(3);
    sandbox.faults().clear();
    await().until(() -> lines.size() == 3);
    assertThat(lines.getLast()).contains("\"ADDED\"", "\"name\":\"c\"");
    assertThat(watching.isAlive()).isTrue();
  }
}
