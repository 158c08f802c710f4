package dev.holdfast.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.http.Certificates;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Webhooks are asked as an API server asks them, over HTTPS with their own authority. */
class WebhookTest {

  private static final String HOOKS = "/apis/admissionregistration.k8s.io/v1/";
  private static final String SECRETS = "/api/v1/namespaces/default/secrets";

  private final Sandbox sandbox = Sandbox.start();
  private final Client client = new Client(sandbox);
  private final Certificates certificates = Certificates.make();
  private final List<JsonNode> asked = new CopyOnWriteArrayList<>();
  private HttpsServer server;
  private volatile Function<JsonNode, JsonNode> answer = review -> allow(review, "");

  @BeforeEach
  void serve() throws IOException {
    server = HttpsServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(certificates.server()));
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            JsonNode review = Json.MAPPER.readTree(exchange.getRequestBody());
            asked.add(review);
            byte[] body = Json.bytes(answer.apply(review));
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
          }
        });
    server.start();
  }

  @AfterEach
  void close() {
    server.stop(0);
    sandbox.close();
  }

  private static ObjectNode review(JsonNode asked, boolean allowed) {
    ObjectNode review = Json.MAPPER.createObjectNode();
    review.put("apiVersion", "admission.k8s.io/v1").put("kind", "AdmissionReview");
    review
        .putObject("response")
        .put("uid", asked.at("/request/uid").asText())
        .put("allowed", allowed);
    return review;
  }

  private static ObjectNode allow(JsonNode asked, String patch) {
    ObjectNode review = review(asked, true);
    if (!patch.isEmpty()) {
      review
          .withObject("/response")
          .put("patchType", "JSONPatch")
          .put("patch", patch.getBytes(StandardCharsets.UTF_8));
    }
    return review;
  }

  private static ObjectNode deny(JsonNode asked, String message) {
    ObjectNode review = review(asked, false);
    review.withObject("/response").putObject("status").put("message", message).put("code", 403);
    return review;
  }

  private void configure(String sort, String name, Consumer<ObjectNode> more) throws Exception {
    ObjectNode config = Json.MAPPER.createObjectNode();
    config.putObject("metadata").put("name", name);
    ObjectNode hook = config.putArray("webhooks").addObject();
    hook.put("name", name + ".x.example.org").put("sideEffects", "None");
    hook.putArray("admissionReviewVersions").add("v1");
    hook.putObject("clientConfig")
        .put("url", "https://127.0.0.1:" + server.getAddress().getPort() + "/" + name)
        .put(
            "caBundle",
            Base64.getEncoder()
                .encodeToString(certificates.authorityPem().getBytes(StandardCharsets.UTF_8)));
    ObjectNode rule = hook.putArray("rules").addObject();
    rule.putArray("operations").add("*");
    rule.putArray("apiGroups").add("");
    rule.putArray("apiVersions").add("v1");
    rule.putArray("resources").add("secrets");
    more.accept(hook);
    var made = client.post(HOOKS + sort + "webhookconfigurations", config.toString());
    assertThat(made.code()).as(made.body().toString()).isEqualTo(201);
  }

  private Client.Answer create(String name) throws Exception {
    return client.post(SECRETS, "{\"metadata\":{\"name\":\"" + name + "\"}}");
  }

  @Test
  void aMutatingWebhookChangesWhatIsStoredAndWarns() throws Exception {
    configure("mutating", "m", hook -> {});
    answer =
        asking -> {
          ObjectNode review =
              allow(
                  asking,
                  "[{\"op\":\"add\",\"path\":\"/metadata/labels\",\"value\":{\"by\":\"hook\"}},"
                      + "{\"op\":\"add\",\"path\":\"/nonsense\",\"value\":1}]");
          review.withObject("/response").putArray("warnings").add("mind the \"gap\"");
          return review;
        };
    var created = create("a");
    assertThat(created.code()).isEqualTo(201);
    assertThat(created.at("/metadata/labels/by")).isEqualTo("hook");
    assertThat(created.body().has("nonsense")).isFalse();
    assertThat(created.body().at("/metadata/managedFields/0/fieldsV1").toString()).contains("f:by");
    assertThat(created.http().headers().allValues("Warning"))
        .containsExactly("299 - \"mind the \\\"gap\\\"\"");
    JsonNode request = asked.getFirst().path("request");
    assertThat(request.path("operation").asText()).isEqualTo("CREATE");
    assertThat(request.at("/kind/kind").asText()).isEqualTo("Secret");
    assertThat(request.at("/resource/resource").asText()).isEqualTo("secrets");
    assertThat(request.at("/userInfo/username").asText()).isEqualTo("admin");
    assertThat(request.at("/object/metadata/name").asText()).isEqualTo("a");
    assertThat(request.at("/options/kind").asText()).isEqualTo("CreateOptions");
    assertThat(request.path("oldObject").isNull()).isTrue();
    assertThat(request.path("dryRun").asBoolean()).isFalse();
  }

  @Test
  void aValidatingWebhookDeniesEachOperation() throws Exception {
    create("there");
    configure("validating", "v", hook -> {});
    answer = asking -> deny(asking, "not on " + asking.at("/request/operation").asText());
    var created = create("a");
    assertThat(created.code()).isEqualTo(403);
    assertThat(created.at("/message"))
        .isEqualTo("admission webhook \"v.x.example.org\" denied the request: not on CREATE");
    assertThat(client.merge(SECRETS + "/there", "{\"data\":{\"k\":\"dg==\"}}").at("/message"))
        .endsWith("not on UPDATE");
    assertThat(client.delete(SECRETS + "/there").at("/message")).endsWith("not on DELETE");
    assertThat(client.get(SECRETS + "/there").code()).isEqualTo(200);
    answer = asking -> review(asking, false);
    var silent = create("a");
    assertThat(silent.code()).isEqualTo(400);
    assertThat(silent.at("/message")).endsWith("denied the request without explanation");
  }

  @Test
  void selectorsRulesAndTypesLimitWhoIsAsked() throws Exception {
    configure(
        "validating",
        "v",
        hook -> {
          hook.putObject("objectSelector").putObject("matchLabels").put("l", "1");
          hook.putObject("namespaceSelector")
              .putObject("matchLabels")
              .put("kubernetes.io/metadata.name", "default");
        });
    client.post("/api/v1/namespaces", "{\"metadata\":{\"name\":\"other\"}}");
    String labelled = "{\"metadata\":{\"name\":\"a\",\"labels\":{\"l\":\"1\"}}}";
    create("plain");
    client.post("/api/v1/namespaces/other/secrets", labelled);
    client.post("/api/v1/namespaces/default/configmaps", labelled);
    assertThat(asked).isEmpty();
    client.post(SECRETS, labelled);
    assertThat(asked).hasSize(1);
  }

  @Test
  void dryRunsAreAskedOnlyOfThoseWithoutSideEffects() throws Exception {
    configure("validating", "v", hook -> {});
    String path = SECRETS + "?dryRun=All";
    assertThat(client.post(path, "{\"metadata\":{\"name\":\"a\"}}").code()).isEqualTo(201);
    assertThat(asked.getFirst().at("/request/dryRun").asBoolean()).isTrue();
  }

  @Test
  void whoCannotBeAskedFailsTheRequestOrIsIgnored() throws Exception {
    configure("validating", "ignored", hook -> away(hook).put("failurePolicy", "Ignore"));
    assertThat(create("a").code()).isEqualTo(201);
    configure("validating", "needed", WebhookTest::away);
    var failed = create("b");
    assertThat(failed.code()).isEqualTo(500);
    assertThat(failed.at("/reason")).isEqualTo("InternalError");
    assertThat(failed.at("/message"))
        .isEqualTo(
            "Internal error occurred: failed calling webhook \"needed.x.example.org\": failed to"
                + " call webhook: Post \"https://127.0.0.1:1/?timeout=10s\": dial tcp 127.0.0.1:1:"
                + " connect: connection refused");
  }

  private static ObjectNode away(ObjectNode hook) {
    hook.withObject("/clientConfig").put("url", "https://127.0.0.1:1/");
    return hook;
  }

  @Test
  void aServiceThatIsNotThereIsNamed() throws Exception {
    configure(
        "validating",
        "v",
        hook -> {
          hook.withObject("/clientConfig").remove("url");
          hook.withObject("/clientConfig")
              .putObject("service")
              .put("namespace", "n")
              .put("name", "gate")
              .put("path", "/check");
        });
    assertThat(create("a").at("/message"))
        .contains("https://gate.n.svc:443/check?timeout=10s\": service \"gate\" not found");
  }

  @Test
  void aSlowOneIsNotWaitedForLongerThanItsTimeout() throws Exception {
    configure("validating", "v", hook -> hook.put("timeoutSeconds", 1));
    answer =
        asking -> {
          try {
            Thread.sleep(30_000); // ended with the server
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return review(asking, true);
        };
    assertThat(create("a").at("/message")).endsWith("context deadline exceeded");
  }

  @Test
  void aForeignAuthorityIsNotTrustedAndNonsenseIsRefused() throws Exception {
    configure("mutating", "m", hook -> {});
    answer = asking -> Json.MAPPER.createObjectNode().put("kind", "Pod").put("apiVersion", "v1");
    assertThat(create("a").at("/message"))
        .contains("expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got v1");
    answer = asking -> allow(asking, "[{\"op\":\"remove\",\"path\":\"/nothing\"}]");
    assertThat(create("a").code()).isEqualTo(500);
    configure(
        "mutating",
        "a",
        hook ->
            hook.withObject("/clientConfig")
                .put(
                    "caBundle",
                    Base64.getEncoder()
                        .encodeToString(
                            Certificates.make().authorityPem().getBytes(StandardCharsets.UTF_8))));
    assertThat(create("a").at("/message")).contains("tls: failed to verify certificate");
  }

  @Test
  void oneThatWantsToIsAskedAgainAboutWhatALaterOneChanged() throws Exception {
    configure("mutating", "a", hook -> hook.put("reinvocationPolicy", "IfNeeded"));
    configure("mutating", "b", hook -> {});
    int[] calls = {0};
    answer =
        asking ->
            allow(
                asking,
                "[{\"op\":\"add\",\"path\":\"/metadata/annotations\",\"value\":{\"n\":\""
                    + ++calls[0]
                    + "\"}}]");
    assertThat(create("x").at("/metadata/annotations/n")).isEqualTo("3");
    assertThat(asked).hasSize(3);
  }
}
