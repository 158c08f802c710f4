package dev.holdfast.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.model.Json;
import java.net.http.WebSocket;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Watches over a WebSocket: each event a text message, as a real 1.36.2 sends them. */
class WebSocketWatchTest {

  private static final class Events implements WebSocket.Listener {
    final List<JsonNode> seen = new CopyOnWriteArrayList<>();
    final CountDownLatch closed = new CountDownLatch(1);
    private final StringBuilder text = new StringBuilder();

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        seen.add(
            Json.object(text.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8), ""));
        text.setLength(0);
      }
      from.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
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
      assertThat(events.closed.await(20, TimeUnit.SECONDS)).isTrue();
    }
  }
}
