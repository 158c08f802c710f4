package dev.holdfast.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Nonsense gets the answers that a real 1.36.2 gave to it, and the process is unharmed. */
class BadInputTest {

  private static final String MAPS = "/api/v1/namespaces/default/configmaps";
  private static final String UNRECOGNIZED =
      "the object provided is unrecognized (must be of type ConfigMap): ";

  private static final Sandbox SANDBOX = Sandbox.start();
  private static final Client CLIENT = new Client(SANDBOX);

  @AfterAll
  static void isUnharmed() throws Exception {
    assertThat(CLIENT.get("/api/v1/namespaces").code()).isEqualTo(200);
    SANDBOX.close();
  }

  private static void answers(
      String method, String path, String type, String body, int code, String message)
      throws Exception {
    var answer =
        CLIENT.raw(
            method,
            path,
            Map.of("Authorization", "Bearer " + SANDBOX.token(), "Content-Type", type),
            body);
    JsonNode status = Json.MAPPER.readTree(answer.body());
    assertThat(status.path("message").asText()).isEqualTo(message);
    assertThat(answer.statusCode()).isEqualTo(code);
    assertThat(status.path("kind").asText()).isEqualTo("Status");
  }

  private static void refused(String body, String message) throws Exception {
    answers("POST", MAPS, "application/json", body, 400, message);
  }

  @Test
  void malformedJson() throws Exception {
    refused(
        "{\"metadata\":{\"name\":\"a\"",
        UNRECOGNIZED
            + "couldn't get version/kind; json parse error: unexpected end of JSON input"
            + " ({\"metadata\":{\"name\":\"a\")");
    refused(
        "",
        UNRECOGNIZED
            + "couldn't get version/kind; json parse error: unexpected end of JSON input"
            + " (<empty>)");
    refused(
        "[1]",
        UNRECOGNIZED
            + "couldn't get version/kind; json parse error: json: cannot unmarshal array into Go"
            + " value of type struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind"
            + " string \"json:\\\"kind,omitempty\\\"\" } (5b315d)");
  }

  @Test
  void yamlWhereJsonIsDeclared() throws Exception {
    refused(
        "metadata: {name: a}",
        UNRECOGNIZED
            + "couldn't get version/kind; json parse error: invalid character 'm' looking for"
            + " beginning of value (6d657461646174613a207b6e616d653a20617d)");
  }

  @Test
  void bodiesOfAnotherSort() throws Exception {
    answers(
        "POST",
        MAPS,
        "application/xml",
        "<a/>",
        415,
        "the body of the request was in an unknown format - accepted media types include:"
            + " application/json, application/yaml, application/vnd.kubernetes.protobuf");
    answers(
        "PATCH",
        MAPS + "/kube-root-ca.crt",
        "application/json",
        "{}",
        415,
        "415: Unsupported Media Type");
    answers(
        "PATCH",
        "/api/v1/namespaces/default",
        "application/merge-patch+json",
        "{\"a",
        400,
        "error decoding patch: unexpected end of JSON input");
  }

  @Test
  void anotherGroupOrKindInTheBody() throws Exception {
    refused(
        "{\"apiVersion\":\"apps/v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\"}}",
        "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: no kind \"ConfigMap\" is"
            + " registered for version \"apps/v1\" in scheme"
            + " \"pkg/api/legacyscheme/scheme.go:30\"");
    refused(
        "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"a\"}}",
        "Secret in version \"v1\" cannot be handled as a ConfigMap: converting (v1.Secret) to"
            + " (core.ConfigMap): unknown conversion");
  }

  @Test
  void unknownFieldsAndWrongTypes() throws Exception {
    String body = "{\"metadata\":{\"name\":\"%s\"},\"datta\":{}}";
    answers(
        "POST",
        MAPS + "?fieldValidation=Strict",
        "application/json",
        body.formatted("s"),
        400,
        "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error:"
            + " unknown field \"datta\"");
    var warned = CLIENT.post(MAPS + "?fieldValidation=Warn", body.formatted("w"));
    assertThat(warned.code()).isEqualTo(201);
    assertThat(warned.http().headers().firstValue("Warning"))
        .contains("299 - \"unknown field \\\"datta\\\"\"");
    var ignored = CLIENT.post(MAPS + "?fieldValidation=Ignore", body.formatted("i"));
    assertThat(ignored.code()).isEqualTo(201);
    assertThat(ignored.http().headers().firstValue("Warning")).isEmpty();
    refused(
        "{\"metadata\":{\"name\":\"a\"},\"data\":{\"x\":1}}",
        "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: json: cannot unmarshal"
            + " number into Go struct field ConfigMap.data of type string");
  }

  @Test
  void bodiesOverTheLimit() throws Exception {
    String body = "{\"metadata\":{\"name\":\"big\"},\"data\":{\"x\":\"%s\"}}";
    answers(
        "POST",
        MAPS,
        "application/json",
        body.formatted("a".repeat(3_200_000)),
        413,
        "Request entity too large: limit is 3145728");
    answers(
        "POST",
        MAPS,
        "application/json",
        body.formatted("a".repeat(1_200_000)),
        422,
        "ConfigMap \"big\" is invalid: []: Too long: may not be more than 1048576 bytes");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "?resourceVersion=abc&watch=1 | 500 | resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing \"abc\": invalid syntax",
        "?limit=abc | 400 | strconv.ParseInt: parsing \"abc\": invalid syntax",
        "?labelSelector=a%20in%20b | 400 | unable to parse requirement: found 'b' expected: '('",
        "/a%2Fb | 404 | the server could not find the requested resource",
      })
  void pathsAndParameters(String path, int code, String message) throws Exception {
    answers("GET", MAPS + path, "application/json", "", code, message);
  }

  @Test
  void pathsThatAreNotClean() throws Exception {
    for (String path : new String[] {"/api/v1//namespaces", "/api/v1/namespaces/../pods"}) {
      answers(
          "GET",
          path,
          "application/json",
          "",
          404,
          "the server could not find the requested resource");
    }
    var decoded = CLIENT.get("/api/v1/namespaces/default%2Fconfigmaps");
    assertThat(decoded.at("/kind")).isEqualTo("ConfigMapList"); // as a real one reads it
  }

  @Test
  void versionsOfTheFuture() throws Exception {
    var list = CLIENT.get(MAPS + "?resourceVersion=999999999");
    assertThat(list.code()).isEqualTo(504);
    assertThat(list.at("/message"))
        .startsWith("Timeout: Too large resource version: 999999999, current: ");
    try (Stream<String> watch =
        CLIENT.watch(MAPS + "?watch=1&resourceVersion=999999999&timeoutSeconds=1")) {
      assertThat(watch).isEmpty();
    }
  }

  @Test
  void requestsThatAreNoHttp() throws Exception {
    String[] url = SANDBOX.url().substring("https://".length()).split(":");
    try (Socket socket = new Socket(url[0], Integer.parseInt(url[1]))) {
      socket.getOutputStream().write("nonsense\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      socket.shutdownOutput();
      try (InputStream in = socket.getInputStream()) {
        in.readAllBytes();
      }
    } catch (java.io.IOException e) {
      // refused or reset: either will do
    }
    assertThat(CLIENT.get("/version").code()).isEqualTo(200);
  }

  @Test
  void aPortThatIsTaken() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      int port = taken.getLocalPort();
      assertThatThrownBy(() -> Sandbox.start(SandboxOptions.DEFAULT.port(port)))
          .isInstanceOf(Failure.Invalid.class)
          .hasMessageStartingWith("Port " + port + " of 127.0.0.1 is taken");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "pods.json | {\"items\": [{\"metadata\": {}}]} | has an item without metadata.name",
        "pods.json | {\"items\": 3} | is not a list: it has no items",
        "pods.json | {\"items\": [ | is not valid JSON",
        "discovery.json | nonsense | is not valid JSON",
      })
  void aDirectoryWithBrokenFiles(String name, String content, String message, @TempDir Path folder)
      throws Exception {
    Files.writeString(folder.resolve(name), content);
    assertThatThrownBy(() -> Sandbox.start(SandboxOptions.DEFAULT.load(folder)))
        .isInstanceOf(Failure.class)
        .hasMessageContaining(folder.resolve(name).toString())
        .hasMessageContaining(message);
  }
}
