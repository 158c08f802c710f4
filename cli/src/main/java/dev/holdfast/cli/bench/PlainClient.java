package dev.holdfast.cli.bench;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * The least that a client can do, on the JDK's HTTP client alone: list pages and throw them away,
 * or create Secrets from memory. A process of its own, so that its CPU time can be compared.
 */
final class PlainClient {

  private static final int PAGE = 500;
  private static final String NEXT = "\"continue\":\"";

  private final HttpClient http;
  private final String server;
  private final String authorization;

  private PlainClient(String server, String authorization, SSLContext tls) {
    this.server = server;
    this.authorization = authorization;
    this.http =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).sslContext(tls).build();
  }

  /**
   * {@code FOLDER list NAMESPACE} or {@code FOLDER create NAMESPACE COUNT BYTES WORKERS}; the
   * folder holds what {@link Arena} wrote.
   */
  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    PlainClient client =
        new PlainClient(
            Files.readString(folder.resolve("server")),
            Files.readString(folder.resolve("authorization")),
            tls(folder.resolve("authorities")));
    switch (args[1]) {
      case "list" -> client.list(args[2]);
      case "create" ->
          client.create(
              args[2],
              Integer.parseInt(args[3]),
              Integer.parseInt(args[4]),
              Integer.parseInt(args[5]));
      default -> throw new IllegalArgumentException(args[1]);
    }
    System.exit(0);
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(server + path))
        .header("Authorization", authorization)
        .header("Accept", "application/json");
  }

  private void list(String namespace) throws IOException, InterruptedException {
    String next = "";
    do {
      String path = "/api/v1/namespaces/" + namespace + "/secrets?limit=" + PAGE + next;
      HttpResponse<byte[]> page =
          http.send(request(path).build(), HttpResponse.BodyHandlers.ofByteArray());
      require(page.statusCode() == 200, page.statusCode());
      byte[] body = page.body();
      String head = new String(body, 0, Math.min(body.length, 4096), StandardCharsets.UTF_8);
      int at = head.indexOf(NEXT);
      next = at < 0 ? "" : "&continue=" + head.substring(at + NEXT.length(), end(head, at));
    } while (!next.isEmpty());
  }

  private static int end(String head, int at) {
    return head.indexOf('"', at + NEXT.length());
  }

  private void create(String namespace, int count, int bytes, int workers) throws Exception {
    AtomicInteger number = new AtomicInteger();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?>[] running = new Future<?>[workers];
      for (int i = 0; i < workers; i++) {
        SplittableRandom random = new SplittableRandom(i);
        running[i] =
            threads.submit(() -> {
              for (int n = number.getAndIncrement(); n < count; n = number.getAndIncrement()) {
                create(namespace, n, bytes, random);
              }
              return null;
            });
      }
      for (Future<?> worker : running) {
        worker.get();
      }
    }
  }

  private void create(String namespace, int number, int bytes, SplittableRandom random)
      throws IOException, InterruptedException {
    byte[] content = new byte[bytes];
    random.nextBytes(content);
    String secret =
        """
        {"apiVersion":"v1","kind":"Secret","metadata":{"name":"secret-%06d","namespace":"%s"},\
        "type":"Opaque","data":{"content":"%s"}}\
        """
            .formatted(number, namespace, Base64.getEncoder().encodeToString(content));
    HttpRequest request =
        request("/api/v1/namespaces/" + namespace + "/secrets")
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(secret))
            .build();
    int status = http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    require(status == 201, status);
  }

  private static void require(boolean good, int status) {
    if (!good) {
      throw new IllegalStateException("The server answered " + status);
    }
  }

  private static SSLContext tls(Path authorities) throws GeneralSecurityException, IOException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, Files.exists(authorities) ? trust(authorities) : trustAll(), null);
    return context;
  }

  private static TrustManager @Nullable [] trust(Path authorities)
      throws GeneralSecurityException, IOException {
    if (Files.size(authorities) == 0) {
      return null; // Java's own
    }
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    int count = 0;
    for (Certificate certificate :
        CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(authorities)))) {
      store.setCertificateEntry("authority-" + count++, certificate);
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }

  /** Only where the kubeconfig says insecure-skip-tls-verify. */
  private static TrustManager[] trustAll() {
    return new TrustManager[] {
      new X509ExtendedTrustManager() {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkClientTrusted(
            X509Certificate[] chain, String type, java.net.Socket socket) {}

        @Override
        public void checkServerTrusted(
            X509Certificate[] chain, String type, java.net.Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
          return new X509Certificate[0];
        }
      }
    };
  }
}
