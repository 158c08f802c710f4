package dev.holdfast.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.model.Json;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** A plain HTTPS client that trusts the sandbox's authority and nothing else. */
final class Client {

  /** Status and body. */
  record Answer(int code, JsonNode body, HttpResponse<?> http) {
    String at(String pointer) {
      return body.at(pointer).asText();
    }
  }

  private final String url;
  private final String token;
  private final HttpClient http;

  Client(Sandbox sandbox) {
    this(sandbox.url(), sandbox.token(), sandbox.authority());
  }

  Client(String url, String token, String authority) {
    this.url = url;
    this.token = token;
    try {
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      trusted.setCertificateEntry(
          "ca",
          CertificateFactory.getInstance("X.509")
              .generateCertificate(
                  new ByteArrayInputStream(authority.getBytes(StandardCharsets.UTF_8))));
      TrustManagerFactory managers =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      managers.init(trusted);
      SSLContext tls = SSLContext.getInstance("TLS");
      tls.init(null, managers.getTrustManagers(), null);
      http = HttpClient.newBuilder().sslContext(tls).build();
    } catch (java.security.GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private Client(String url, String token, HttpClient http) {
    this.url = url;
    this.token = token;
    this.http = http;
  }

  private static final class Shared {
    static @Nullable HttpClient http;
  }

  /** With one connection pool for all sandboxes of the process, whose authority is one. */
  static synchronized Client shared(Sandbox sandbox) {
    if (Shared.http == null) {
      Shared.http = new Client(sandbox).http;
    }
    return new Client(sandbox.url(), sandbox.token(), Shared.http);
  }

  /** The body of an answer as it came. */
  String bytes(String path) throws IOException, InterruptedException {
    return http.send(
            request(path).build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.ISO_8859_1))
        .body();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(url + path))
        .header("Authorization", "Bearer " + token)
        .header("Accept", "application/json");
  }

  private Answer send(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<byte[]> answer = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
    return new Answer(answer.statusCode(), Json.MAPPER.readTree(answer.body()), answer);
  }

  /** A request with exactly these headers. */
  HttpResponse<byte[]> raw(
      String method, String path, java.util.Map<String, String> headers, @Nullable String body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path));
    headers.forEach(request::header);
    request.method(
        method,
        body == null
            ? HttpRequest.BodyPublishers.noBody()
            : HttpRequest.BodyPublishers.ofString(body));
    return http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  Answer get(String path) throws IOException, InterruptedException {
    return send(request(path).build());
  }

  Answer send(String method, String path, String type, String body)
      throws IOException, InterruptedException {
    return send(
        request(path)
            .header("Content-Type", type)
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  Answer post(String path, String body) throws IOException, InterruptedException {
    return send("POST", path, "application/json", body);
  }

  Answer put(String path, String body) throws IOException, InterruptedException {
    return send("PUT", path, "application/json", body);
  }

  Answer merge(String path, String body) throws IOException, InterruptedException {
    return send("PATCH", path, "application/merge-patch+json", body);
  }

  /** Server-side apply. */
  Answer apply(String path, String body) throws IOException, InterruptedException {
    return send("PATCH", path, "application/apply-patch+yaml", body);
  }

  Answer delete(String path) throws IOException, InterruptedException {
    return send("DELETE", path, "application/json", "");
  }

  /** A connection that became a WebSocket. */
  WebSocket webSocket(String path, String protocol, WebSocket.Listener listener)
      throws InterruptedException, java.util.concurrent.ExecutionException {
    WebSocket.Builder builder =
        http.newWebSocketBuilder().header("Authorization", "Bearer " + token).header("Origin", url);
    if (!protocol.isEmpty()) {
      builder.subprotocols(protocol);
    }
    return builder.buildAsync(URI.create(url.replace("https:", "wss:") + path), listener).get();
  }

  /** The lines of a watch, until it ends or the stream is closed. */
  Stream<String> watch(String path) throws IOException, InterruptedException {
    return http.send(request(path).build(), HttpResponse.BodyHandlers.ofLines()).body();
  }
}
