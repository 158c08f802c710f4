package dev.holdfast.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Fixtures;
import dev.holdfast.model.Json;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Asks the sandbox what a real 1.36.2 API server was asked, and compares the answers: codes,
 * content types, warnings and bodies.
 */
class RecordedAnswersTest {

  private static final Pattern VARIABLE = Pattern.compile("\\{(\\w+)}");

  private static Sandbox sandbox;
  private static Client client;

  @BeforeAll
  static void start() {
    sandbox = Sandbox.start();
    client = new Client(sandbox);
  }

  @AfterAll
  static void stop() {
    sandbox.close();
  }

  @TestFactory
  Stream<DynamicTest> answersAsARealServerDoes() throws IOException {
    JsonNode cases =
        Json.MAPPER.readTree(Files.readAllBytes(Fixtures.path("api-recording/answers.json")));
    assertThat(cases.size()).isGreaterThan(100);
    List<DynamicTest> tests = new ArrayList<>();
    for (int i = 0; i < cases.size(); i++) {
      JsonNode each = cases.get(i);
      String namespace = "case-" + i;
      tests.add(DynamicTest.dynamicTest(each.path("name").asText(), () -> play(each, namespace)));
    }
    return tests.stream();
  }

  private static void play(JsonNode test, String namespace) throws Exception {
    Map<String, String> known = new HashMap<>(Map.of("ns", namespace));
    if (test.path("steps").toString().contains("{ns}") && test.path("namespace").asBoolean(true)) {
      makeNamespace(namespace);
    }
    int number = 0;
    for (JsonNode step : test.path("steps")) {
      JsonNode have = step(step, known, namespace);
      JsonNode want = step.path("answer");
      String at =
          "step "
              + number++
              + " "
              + step.path("method").asText()
              + " "
              + step.path("path").asText()
              + " ";
      assertThat(have.path("code")).as(at + "code " + have).isEqualTo(want.path("code"));
      assertThat(have.path("body").path("reason"))
          .as(at + "reason")
          .isEqualTo(want.path("body").path("reason"));
      assertThat(Recording.differences(want, have, "")).as(at).isEmpty();
    }
    client.delete("/api/v1/namespaces/" + namespace);
  }

  private static void makeNamespace(String namespace) throws Exception {
    client.post("/api/v1/namespaces", "{\"metadata\":{\"name\":\"" + namespace + "\"}}");
    String path = "/api/v1/namespaces/" + namespace;
    await()
        .pollInterval(Duration.ofMillis(5))
        .until(() -> client.get(path + "/serviceaccounts/default").code() == 200);
    await()
        .pollInterval(Duration.ofMillis(5))
        .until(() -> client.get(path + "/configmaps/kube-root-ca.crt").code() == 200);
    // The recorded build has a controller that makes a second ConfigMap, which quotas count.
    client.post(path + "/configmaps", "{\"metadata\":{\"name\":\"openshift-service-ca.crt\"}}");
  }

  private static String fill(String text, Map<String, String> known) {
    return VARIABLE
        .matcher(text)
        .replaceAll(
            match -> Matcher.quoteReplacement(known.getOrDefault(match.group(1), match.group())));
  }

  private static JsonNode step(JsonNode step, Map<String, String> known, String namespace)
      throws Exception {
    long end = System.nanoTime() + Duration.ofMinutes(2).toNanos();
    while (true) {
      HttpResponse<byte[]> answer = send(step, known);
      JsonNode value = value(step, answer);
      if (!done(step, answer, value) && System.nanoTime() < end) {
        Thread.sleep(20); // "until": the step itself is a condition that is asked again
        continue;
      }
      step.path("save")
          .properties()
          .forEach(e -> known.put(e.getKey(), Recording.at(value, e.getValue().asText()).asText()));
      return answer(step, answer, value, namespace);
    }
  }

  private static boolean done(JsonNode step, HttpResponse<byte[]> answer, JsonNode value) {
    for (var until : step.path("until").properties()) {
      JsonNode have =
          until.getKey().equals("_code")
              ? JsonNodeFactory.instance.numberNode(answer.statusCode())
              : Recording.at(value, until.getKey());
      if (!have.equals(until.getValue())) {
        return false;
      }
    }
    return true;
  }

  private static HttpResponse<byte[]> send(JsonNode step, Map<String, String> known)
      throws Exception {
    Map<String, String> headers = new HashMap<>();
    headers.put("Authorization", "Bearer " + sandbox.token());
    headers.put("Accept", "application/json");
    headers.put("User-Agent", "Python-urllib/3");
    JsonNode body = step.path("body");
    String text = null;
    if (!body.isMissingNode() && !body.isNull()) {
      headers.put("Content-Type", "application/json");
      text = fill(body.isTextual() ? body.asText() : body.toString(), known);
    }
    step.path("headers")
        .properties()
        .forEach(e -> headers.put(e.getKey(), fill(e.getValue().asText(), known)));
    return client.raw(
        step.path("method").asText(), fill(step.path("path").asText(), known), headers, text);
  }

  private static JsonNode value(JsonNode step, HttpResponse<byte[]> answer) throws IOException {
    String text = new String(answer.body(), java.nio.charset.StandardCharsets.UTF_8);
    if (step.path("path").asText().contains("watch=") && answer.statusCode() == 200) {
      ArrayNode events = JsonNodeFactory.instance.arrayNode();
      for (String line : text.lines().filter(each -> !each.isBlank()).toList()) {
        events.add(Json.MAPPER.readTree(line));
      }
      return events;
    }
    try {
      return Json.MAPPER.readTree(text);
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      return JsonNodeFactory.instance.textNode(text);
    }
  }

  private static JsonNode answer(
      JsonNode step, HttpResponse<byte[]> answer, JsonNode value, String namespace)
      throws IOException {
    JsonNode kept = value;
    if (!step.path("keep").isEmpty() && value.isContainerNode()) {
      ObjectNode some = JsonNodeFactory.instance.objectNode();
      step.path("keep")
          .forEach(path -> some.set(path.asText(), Recording.at(value, path.asText())));
      kept = some;
    }
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    result.put("code", answer.statusCode());
    String type = answer.headers().firstValue("Content-Type").orElse("");
    result.put("type", type.split(",")[0]);
    ArrayNode warnings = result.putArray("warning");
    answer.headers().allValues("Warning").stream()
        .sorted()
        .forEach(each -> warnings.add(Recording.text(each).replace(namespace, "{ns}")));
    result.set(
        "body",
        Json.MAPPER.readTree(Recording.normal(kept, "").toString().replace(namespace, "{ns}")));
    return result;
  }
}
