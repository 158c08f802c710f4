package dev.holdfast.sandbox;

import static org.assertj.core.api.Assertions.fail;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.holdfast.model.Fixtures;
import dev.holdfast.model.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sends the same made-up requests to the sandbox and to the server that HOLDFAST_TEST_KUBECONFIG
 * names, and compares the answers field by field. Each seed is a namespace; its first difference
 * ends it. {@code -Dholdfast.seeds=N} says how many, {@code -Dholdfast.seed=N} repeats one.
 */
@Tag("real-cluster")
class DifferentialTest {

  private static final int STEPS = 40;

  /** Differences that are known and stay; docs/sandbox.md says why. */
  private static final List<Pattern> KNOWN =
      List.of(
          Pattern.compile("cannot convert int64 to v"), // Go's names of types
          Pattern.compile("uplicate (value|nodePort): (\\{TCP )?3"), // given before it is checked
          Pattern.compile("ca\\.crt"), // each server has its own authority
          Pattern.compile("of type (\\[])?v\\d\\.\\w+\".* of type ")); // Go's names of types

  @TempDir private Path folder;

  /** One of the two servers. */
  private record Server(String url, String token, HttpClient http) {

    static Server of(Path kubeconfig) throws Exception {
      JsonNode config =
          new ObjectMapper(new YAMLFactory()).readTree(Files.readAllBytes(kubeconfig));
      SSLContext tls = SSLContext.getInstance("TLS");
      tls.init(null, new javax.net.ssl.TrustManager[] {new Trusting()}, null);
      return new Server(
          config.at("/clusters/0/cluster/server").asText(),
          config.at("/users/0/user/token").asText(),
          HttpClient.newBuilder().sslContext(tls).build());
    }

    JsonNode answer(RandomRequests.Ask ask, String namespace) throws Exception {
      String body = ask.body().replace("{ns}", namespace);
      String path = ask.path().replace("{ns}", namespace);
      if (body.contains("{rv}")) {
        JsonNode present =
            answer(new RandomRequests.Ask("GET", bare(path), Map.of(), ""), namespace);
        body = body.replace("{rv}", present.at("/body/metadata/resourceVersion").asText("1"));
      }
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create(url + path))
              .timeout(Duration.ofSeconds(30))
              .header("Authorization", "Bearer " + token)
              .header("User-Agent", "differential/1");
      ask.headers().forEach(request::header);
      request.method(ask.method(), HttpRequest.BodyPublishers.ofString(body));
      HttpResponse<byte[]> response =
          http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
      ObjectNode result = JsonNodeFactory.instance.objectNode();
      result.put("code", response.statusCode());
      response.headers().allValues("Warning").stream()
          .sorted()
          .forEach(result.putArray("warnings")::add);
      result.set("body", Json.MAPPER.readTree(response.body()));
      return result;
    }

    /** Waits for what a controller does after a deletion, or after a claim lost its finalizer. */
    void settle(RandomRequests.Ask ask, String namespace) throws Exception {
      boolean claim = ask.path().contains("/persistentvolumeclaims/");
      if (ask.path().contains("dryRun") || !ask.method().equals("DELETE") && !claim) {
        return;
      }
      RandomRequests.Ask look = new RandomRequests.Ask("GET", bare(ask.path()), Map.of(), "");
      long end = System.nanoTime() + Duration.ofSeconds(3).toNanos();
      while (System.nanoTime() < end) {
        JsonNode metadata = answer(look, namespace).at("/body/metadata");
        String finalizers = metadata.path("finalizers").toString();
        boolean ours = finalizers.contains("pvc-protection") || finalizers.contains("orphan");
        boolean ends = metadata.has("deletionTimestamp");
        if (!metadata.has("uid") || (ends ? !ours : !claim || ours)) {
          return;
        }
        Thread.onSpinWait();
      }
    }

    private static String bare(String path) {
      int query = path.indexOf('?');
      return (query < 0 ? path : path.substring(0, query)).replaceAll("/status$", "");
    }
  }

  /** The real server's certificate is its own. */
  private static final class Trusting extends javax.net.ssl.X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(java.security.cert.X509Certificate[] c, String a) {}

    @Override
    public void checkServerTrusted(java.security.cert.X509Certificate[] c, String a) {}

    @Override
    public void checkClientTrusted(
        java.security.cert.X509Certificate[] c, String a, java.net.Socket s) {}

    @Override
    public void checkServerTrusted(
        java.security.cert.X509Certificate[] c, String a, java.net.Socket s) {}

    @Override
    public void checkClientTrusted(
        java.security.cert.X509Certificate[] c, String a, javax.net.ssl.SSLEngine e) {}

    @Override
    public void checkServerTrusted(
        java.security.cert.X509Certificate[] c, String a, javax.net.ssl.SSLEngine e) {}

    @Override
    public java.security.cert.X509Certificate[] getAcceptedIssuers() {
      return new java.security.cert.X509Certificate[0];
    }
  }

  @Test
  void bothAnswerAlike() throws Exception {
    String real = System.getenv().getOrDefault("HOLDFAST_TEST_KUBECONFIG", "");
    assumeTrue(!real.isEmpty(), "HOLDFAST_TEST_KUBECONFIG is not set: skipped");
    Path kubeconfig = folder.resolve("kubeconfig");
    JsonNode kinds =
        RandomRequests.kinds(Files.readAllBytes(Fixtures.path("differential/bodies.json")));
    Map<String, String> differences = new TreeMap<>();
    try (Sandbox _ = Sandbox.start(SandboxOptions.DEFAULT.kubeconfig(kubeconfig))) {
      List<Server> servers = List.of(Server.of(Path.of(real)), Server.of(kubeconfig));
      for (Server server : servers) {
        define(server);
      }
      for (long seed : seeds()) {
        play(seed, servers, kinds, differences);
      }
    }
    if (!differences.isEmpty()) {
      fail(differences.size() + " differences:\n" + String.join("\n", differences.values()));
    }
  }

  private static List<Long> seeds() {
    Long fixed = Long.getLong("holdfast.seed");
    if (fixed != null) {
      return List.of(fixed);
    }
    long first = Math.floorMod(new SplittableRandom().nextLong(), 1_000_000_000L);
    List<Long> seeds = new ArrayList<>();
    for (int i = 0; i < Integer.getInteger("holdfast.seeds", 50); i++) {
      seeds.add(first + i);
    }
    return seeds;
  }

  private static void define(Server server) throws Exception {
    String crd = Files.readString(Fixtures.path("differential/crd.json"));
    Map<String, String> json = Map.of("Content-Type", "application/json");
    String path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    var _ = server.answer(new RandomRequests.Ask("POST", path, json, crd), "");
    await()
        .until(() ->
            server
                    .answer(
                        new RandomRequests.Ask(
                            "GET", "/apis/port.example.org/v1/boats", Map.of(), ""),
                        "")
                    .path("code")
                    .asInt()
                == 200);
  }

  private static void play(
      long seed, List<Server> servers, JsonNode kinds, Map<String, String> differences)
      throws Exception {
    String namespace = "diff-" + seed;
    for (Server server : servers) {
      makeNamespace(server, namespace);
    }
    RandomRequests requests = new RandomRequests(new SplittableRandom(seed), kinds);
    for (int i = 0; i < STEPS; i++) {
      RandomRequests.Ask ask = requests.next();
      JsonNode want;
      try {
        want = normal(servers.get(0).answer(ask, namespace), namespace);
      } catch (IOException e) {
        break; // some nonsense makes a real server's handler panic
      }
      JsonNode have = normal(servers.get(1).answer(ask, namespace), namespace);
      for (Server server : servers) {
        server.settle(ask, namespace);
      }
      List<String> found = new ArrayList<>(Recording.differences(want, have, ""));
      found.removeIf(text -> KNOWN.stream().anyMatch(known -> known.matcher(text).find()));
      if (!found.isEmpty()) {
        String key =
            ask.method()
                + " "
                + ask.path().replaceAll("n\\d|\\?.*", "")
                + found.getFirst().replaceAll("\\d+", "0");
        differences.putIfAbsent(
            key,
            "-Dholdfast.seed="
                + seed
                + " step "
                + i
                + " "
                + ask
                + "\n  "
                + String.join("\n  ", found));
        break;
      }
    }
    for (Server server : servers) {
      var _ =
          server.answer(
              new RandomRequests.Ask("DELETE", "/api/v1/namespaces/{ns}", Map.of(), ""), namespace);
    }
  }

  private static void makeNamespace(Server server, String namespace) throws Exception {
    Map<String, String> json = Map.of("Content-Type", "application/json");
    String body = "{\"metadata\":{\"name\":\"{ns}\"}}";
    var _ =
        server.answer(new RandomRequests.Ask("POST", "/api/v1/namespaces", json, body), namespace);
    // The real one's build has a controller that makes a second ConfigMap.
    String second = "{\"metadata\":{\"name\":\"openshift-service-ca.crt\"}}";
    var _ =
        server.answer(
            new RandomRequests.Ask("POST", "/api/v1/namespaces/{ns}/configmaps", json, second),
            namespace);
    for (String made : List.of("serviceaccounts/default", "configmaps/kube-root-ca.crt")) {
      String path = "/api/v1/namespaces/{ns}/" + made;
      await()
          .pollInterval(Duration.ofMillis(5))
          .until(() ->
              server
                      .answer(new RandomRequests.Ask("GET", path, Map.of(), ""), namespace)
                      .path("code")
                      .asInt()
                  == 200);
    }
  }

  private static JsonNode normal(JsonNode answer, String namespace) throws Exception {
    JsonNode tree = Json.MAPPER.readTree(answer.toString().replace(namespace, "{ns}"));
    return Recording.normal(Volatile.leave(tree), "");
  }
}
