package dev.holdfast.cluster;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** An API server that says what it was told to, in order; for what a sandbox never says. */
final class ScriptedServer implements AutoCloseable {

  /** What happens to one request. */
  @FunctionalInterface
  interface Step {
    void answer(HttpExchange exchange) throws IOException;
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Queue<Step> steps = new ConcurrentLinkedQueue<>();
  private final List<String> requests = new ArrayList<>();

  ScriptedServer() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  private void handle(HttpExchange exchange) throws IOException {
    exchange.getRequestBody().readAllBytes();
    synchronized (requests) {
      requests.add(
          exchange.getRequestMethod()
              + " "
              + exchange.getRequestURI()
              + " "
              + exchange.getRequestHeaders().getFirst("Authorization"));
    }
    Step step = steps.poll();
    try (exchange) {
      (step == null ? json(500, "the script is over") : step).answer(exchange);
    }
  }

  ScriptedServer then(Step step) {
    steps.add(step);
    return this;
  }

  ScriptedServer then(int status, String body) {
    return then(json(status, body));
  }

  static Step json(int status, String body) {
    return exchange -> send(exchange, status, body.getBytes(StandardCharsets.UTF_8), -1);
  }

  /** Says how long the body is, but sends only a part and closes. */
  static Step half(String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return exchange -> send(exchange, 200, bytes, bytes.length / 2);
  }

  /** Closes without an answer. */
  static Step drop() {
    return HttpExchange::close;
  }

  /** Never answers. */
  static Step hang() {
    return exchange -> {
      try {
        Thread.sleep(Duration.ofMinutes(5));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    };
  }

  /** Sends the beginning, then nothing. */
  static Step stall(String body) {
    return exchange -> {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(200, bytes.length + 1000L);
      exchange.getResponseBody().write(bytes);
      exchange.getResponseBody().flush();
      hang().answer(exchange);
    };
  }

  private static void send(HttpExchange exchange, int status, byte[] body, int part)
      throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body, 0, part < 0 ? body.length : part);
    exchange.getResponseBody().flush();
  }

  /** {@code GET /api/v1/secrets?limit=500 Bearer secret}, one for each request so far. */
  List<String> requests() {
    synchronized (requests) {
      return List.copyOf(requests);
    }
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  Path kubeconfig(Path folder) throws IOException {
    return Files.writeString(
        folder.resolve("scripted.kubeconfig"),
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: "%s"}}]
        users: [{name: u, user: {token: secret}}]
        contexts: [{name: scripted, context: {cluster: c, user: u}}]
        current-context: scripted
        """
            .formatted(url()));
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
