package dev.holdfast.sandbox.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.store.ObjectStore;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Sends a review to a webhook over HTTPS, and reads its answer. */
final class WebhookCall {

  private static final GroupResource SERVICES = new GroupResource("", "services");

  /** By caBundle; one trust store each. */
  private final Map<String, HttpClient> clients = new ConcurrentHashMap<>();

  private final ObjectStore store;

  WebhookCall(ObjectStore store) {
    this.store = store;
  }

  /** A call that got no usable answer; the message is the API server's. */
  static final class Failed extends Exception {
    private static final long serialVersionUID = 1L;

    Failed(String message) {
      super(message);
    }
  }

  /**
   * Asks.
   *
   * @return the {@code response} of the review
   */
  JsonNode ask(Webhook webhook, ObjectNode review) throws Failed, InterruptedException {
    String url = url(webhook);
    String post = "failed to call webhook: Post \"" + url + "\": ";
    HttpResponse<byte[]> answer = send(webhook, url, post, Json.bytes(review));
    if (answer.statusCode() != 200) {
      throw new Failed(
          "failed to call webhook: the server responded with the status code "
              + answer.statusCode()
              + " but did not return more information");
    }
    JsonNode document;
    try {
      document = Json.MAPPER.readTree(answer.body());
    } catch (IOException e) {
      throw new Failed("failed to call webhook: could not parse the answer as JSON");
    }
    String apiVersion = document.path("apiVersion").asText();
    String kind = document.path("kind").asText();
    if (!apiVersion.equals("admission.k8s.io/v1") || !kind.equals("AdmissionReview")) {
      throw new Failed(
          "received invalid webhook response: expected webhook response of admission.k8s.io/v1,"
              + " Kind=AdmissionReview, got "
              + apiVersion
              + ", Kind="
              + kind);
    }
    JsonNode response = document.path("response");
    if (!response.isObject()) {
      throw new Failed("received invalid webhook response: webhook response was absent");
    }
    String expected = review.path("request").path("uid").asText();
    if (!response.path("uid").asText().equals(expected)) {
      throw new Failed(
          "received invalid webhook response: expected response.uid=\""
              + expected
              + "\", got \""
              + response.path("uid").asText()
              + "\"");
    }
    return response;
  }

  private HttpResponse<byte[]> send(Webhook webhook, String url, String post, byte[] body)
      throws Failed, InterruptedException {
    CompletableFuture<HttpResponse<byte[]>> answer;
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(url))
              .header("Content-Type", "application/json")
              .header("Accept", "application/json, */*")
              .header("User-Agent", "kube-apiserver-admission")
              .POST(HttpRequest.BodyPublishers.ofByteArray(body))
              .build();
      answer = client(webhook).sendAsync(request, HttpResponse.BodyHandlers.ofByteArray());
    } catch (IllegalArgumentException e) {
      throw new Failed(post + e.getMessage());
    }
    try {
      return answer.get(webhook.timeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      answer.cancel(true);
      throw new Failed(post + "context deadline exceeded");
    } catch (ExecutionException e) {
      throw new Failed(post + why(e.getCause() == null ? e : e.getCause(), URI.create(url)));
    }
  }

  private static String why(Throwable cause, URI url) {
    return switch (cause) {
      case java.net.ConnectException refused ->
          "dial tcp " + url.getHost() + ":" + port(url) + ": connect: connection refused";
      case javax.net.ssl.SSLHandshakeException tls ->
          "tls: failed to verify certificate: x509: " + tls.getMessage();
      default -> String.valueOf(cause.getMessage());
    };
  }

  private static int port(URI url) {
    return url.getPort() < 0 ? 443 : url.getPort();
  }

  private HttpClient client(Webhook webhook) throws Failed {
    String bundle = webhook.clientConfig().path("caBundle").asText();
    HttpClient known = clients.get(bundle);
    if (known != null) {
      return known;
    }
    try {
      HttpClient.Builder builder = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1);
      if (!bundle.isEmpty()) {
        builder.sslContext(trusting(bundle));
      }
      HttpClient made = builder.build();
      HttpClient other = clients.putIfAbsent(bundle, made);
      return other == null ? made : other;
    } catch (GeneralSecurityException | IOException | IllegalArgumentException e) {
      throw new Failed("unable to load root certificates: unable to parse bytes as PEM block");
    }
  }

  private static SSLContext trusting(String bundle) throws GeneralSecurityException, IOException {
    byte[] pem = Base64.getDecoder().decode(bundle.getBytes(StandardCharsets.US_ASCII));
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    int n = 0;
    for (Certificate each :
        CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(pem))) {
      trusted.setCertificateEntry("ca" + n++, each);
    }
    TrustManagerFactory managers =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    return context;
  }

  /** Where it is; one that is behind a Service cannot be reached, as no pod serves here. */
  private String url(Webhook webhook) throws Failed {
    JsonNode config = webhook.clientConfig();
    String timeout = "timeout=" + webhook.timeout().toSeconds() + "s";
    String url = config.path("url").asText();
    if (!url.isEmpty()) {
      return url + (url.contains("?") ? "&" : "?") + timeout;
    }
    JsonNode service = config.path("service");
    String name = service.path("name").asText();
    String namespace = service.path("namespace").asText();
    boolean there = store.get(SERVICES, namespace, name) != null;
    throw new Failed(
        "failed to call webhook: Post \"https://"
            + name
            + "."
            + namespace
            + ".svc:"
            + service.path("port").asInt(443)
            + service.path("path").asText("/")
            + "?"
            + timeout
            + "\": "
            + (there
                ? "no endpoints available for service \"" + name + "\""
                : "service \"" + name + "\" not found"));
  }
}
