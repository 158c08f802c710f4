package dev.holdfast.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** exec: the ends of client and command, in whatever order they come. */
class ExecTest {

  private static Sandbox sandbox;
  private static Client client;

  @BeforeAll
  static void start() throws Exception {
    sandbox = Sandbox.start(SandboxOptions.DEFAULT.nodes(1));
    client = new Client(sandbox);
    client.post(
        "/api/v1/namespaces/default/pods",
        "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"x:1\"}]}}");
    await()
        .atMost(Duration.ofMinutes(2))
        .until(() ->
            client.get("/api/v1/namespaces/default/pods/p").at("/status/phase").equals("Running"));
  }

  @AfterAll
  static void stop() {
    sandbox.close();
  }

  /** What the client of one exec hears. */
  private static final class Ear implements WebSocket.Listener {
    final CountDownLatch heard = new CountDownLatch(1);
    final CountDownLatch closed = new CountDownLatch(1);
    final StringBuilder status = new StringBuilder();

    @Override
    public @Nullable CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
      int channel = data.hasRemaining() ? data.get() : -1;
      if (channel == 1 && data.hasRemaining()) {
        heard.countDown();
      }
      if (channel == 3) {
        while (data.hasRemaining()) {
          status.append((char) data.get());
        }
      }
      from.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
      closed.countDown();
      return null;
    }
  }

  private static WebSocket exec(Ear ear, String... command) throws Exception {
    StringBuilder query = new StringBuilder("stdin=true&stdout=true&stderr=true&container=c");
    for (String word : command) {
      query
          .append("&command=")
          .append(java.net.URLEncoder.encode(word, java.nio.charset.StandardCharsets.UTF_8));
    }
    return client.webSocket(
        "/api/v1/namespaces/default/pods/p/exec?" + query, "v5.channel.k8s.io", ear);
  }

  private static boolean runs(String word) {
    return ProcessHandle.allProcesses()
        .anyMatch(process ->
            process
                .info()
                .arguments()
                .map(arguments -> List.of(arguments).contains(word))
                .orElse(false));
  }

  @Test
  void aClientThatLeavesEndsTheCommand() throws Exception {
    Ear ear = new Ear();
    WebSocket socket = exec(ear, "sh", "-c", "echo there; sleep 987601 & sleep 987602");
    assertThat(ear.heard.await(2, TimeUnit.MINUTES)).isTrue();
    await().until(() -> runs("987601") && runs("987602"));
    socket.abort();
    await().atMost(Duration.ofMinutes(2)).until(() -> !runs("987601") && !runs("987602"));
  }

  /** The command never reads: the client's bytes fill its pipe, and nobody reads the connection. */
  @Test
  void aClientThatLeavesWhileStdinIsFullEndsTheCommand() throws Exception {
    Ear ear = new Ear();
    WebSocket socket = exec(ear, "sh", "-c", "echo there; exec sleep 987603");
    assertThat(ear.heard.await(2, TimeUnit.MINUTES)).isTrue();
    byte[] message = new byte[1 << 20];
    var _ = socket.sendBinary(ByteBuffer.wrap(message), true);
    await().until(() -> runs("987603"));
    socket.abort();
    await().atMost(Duration.ofMinutes(2)).until(() -> !runs("987603"));
  }

  @Test
  void aChildThatKeepsThePipeOpenDoesNotHoldTheEnd() throws Exception {
    Ear ear = new Ear();
    exec(ear, "sh", "-c", "echo there; sleep 987604 & exit 3");
    assertThat(ear.closed.await(2, TimeUnit.MINUTES)).isTrue();
    assertThat(ear.status.toString()).contains("command terminated with exit code 3");
  }

  /** The end of a container's first process is the end of all that it started. */
  @Test
  void whatAContainerLeftRunningEndsWithIt() throws Exception {
    client.post(
        "/api/v1/namespaces/default/pods",
        """
        {"metadata":{"name":"again"},"spec":{"containers":[
        {"name":"c","image":"localhost/host","command":["sh","-c",
        "[ -e /tmp/ran ] && exec sleep 987606; touch /tmp/ran; sleep 987605 &"]}]}}
        """);
    await()
        .atMost(Duration.ofMinutes(2))
        .until(() ->
            client
                .get("/api/v1/namespaces/default/pods/again")
                .at("/status/containerStatuses/0/restartCount")
                .equals("1"));
    await().until(() -> runs("987606"));
    assertThat(runs("987605")).isFalse();
  }
}
