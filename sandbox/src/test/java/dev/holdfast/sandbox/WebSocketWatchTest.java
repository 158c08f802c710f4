package dev.holdfast.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.model.Json;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.net.http.WebSocket;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.SocketFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Watches over a WebSocket, as seen at a real 1.36.2: each event is one text message, a line of
 * JSON, whatever protocol the client names; the end is a close frame with 1000; a client that does
 * not say its origin gets an empty 403, one that offers two protocols an empty 400.
 */
class WebSocketWatchTest {

  private static final class Events implements WebSocket.Listener {
    final List<JsonNode> seen = new CopyOnWriteArrayList<>();
    final CountDownLatch closed = new CountDownLatch(1);
    volatile int code;
    private final StringBuilder text = new StringBuilder();

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        seen.add(Json.object(text.toString().getBytes(UTF_8), ""));
        text.setLength(0);
      }
      from.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
      this.code = code;
      closed.countDown();
      return null;
    }

    List<String> types() {
      return seen.stream()
          .map(event ->
              event.path("type").asText() + " " + event.at("/object/metadata/name").asText())
          .toList();
    }
  }

  @Test
  void eventsAreMessages() throws Exception {
    try (Sandbox sandbox = Sandbox.start(SandboxOptions.DEFAULT.nodes(1))) {
      Client client = new Client(sandbox);
      String path = "/api/v1/namespaces/kube-public/secrets";
      client.post(path, "{\"metadata\":{\"name\":\"a\"}}");
      Events events = new Events();
      WebSocket socket = client.webSocket(path + "?watch=true", "", events);
      await().until(() -> events.types().equals(List.of("ADDED a")));
      client.post(path, "{\"metadata\":{\"name\":\"b\"}}");
      client.merge(path + "/b", "{\"metadata\":{\"labels\":{\"l\":\"1\"}}}");
      client.delete(path + "/a");
      await()
          .untilAsserted(() ->
              assertThat(events.types())
                  .containsExactly("ADDED a", "ADDED b", "MODIFIED b", "DELETED a"));
      socket.abort();
    }
  }

  @Test
  void itEndsInOrderWithItsTime() throws Exception {
    try (Sandbox sandbox = Sandbox.start(SandboxOptions.DEFAULT.nodes(1))) {
      Events events = new Events();
      var _ =
          new Client(sandbox).webSocket("/api/v1/secrets?watch=true&timeoutSeconds=1", "", events);
      assertThat(events.closed.await(2, TimeUnit.MINUTES)).isTrue();
      assertThat(events.code).isEqualTo(1000);
    }
  }

  @Test
  void theProtocolThatIsNamedIsConfirmedAndChangesNothing() throws Exception {
    try (Sandbox sandbox = Sandbox.start(SandboxOptions.DEFAULT.nodes(1))) {
      Events events = new Events();
      WebSocket socket =
          new Client(sandbox)
              .webSocket("/api/v1/namespaces?watch=true", "base64.binary.k8s.io", events);
      assertThat(socket.getSubprotocol()).isEqualTo("base64.binary.k8s.io");
      await().until(() -> events.types().contains("ADDED default"));
      socket.abort();
    }
  }

  @Test
  void whoSaysNoOriginOrOffersTwoProtocolsIsRefused() throws Exception {
    try (Sandbox sandbox = Sandbox.start(SandboxOptions.DEFAULT.nodes(1))) {
      String upgrade =
          "GET /api/v1/namespaces?watch=true HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
              + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
              + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer "
              + sandbox.token()
              + "\r\n";
      assertThat(firstLine(sandbox, upgrade)).startsWith("HTTP/1.1 403 ");
      assertThat(
              firstLine(sandbox, upgrade + "Origin: https://x\r\nSec-WebSocket-Protocol: a, b\r\n"))
          .startsWith("HTTP/1.1 400 ");
      assertThat(firstLine(sandbox, upgrade + "Origin: https://x\r\n")).startsWith("HTTP/1.1 101 ");
    }
  }

  /** Of the answer to what no library would send. */
  private static String firstLine(Sandbox sandbox, String request) throws Exception {
    URI url = URI.create(sandbox.url());
    try (Socket socket = trusting(sandbox).createSocket(url.getHost(), url.getPort())) {
      socket.getOutputStream().write((request + "\r\n").getBytes(UTF_8));
      return new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8)).readLine();
    }
  }

  private static SocketFactory trusting(Sandbox sandbox) throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry(
        "sandbox",
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(sandbox.authority().getBytes(UTF_8))));
    TrustManagerFactory managers =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    return context.getSocketFactory();
  }
}
