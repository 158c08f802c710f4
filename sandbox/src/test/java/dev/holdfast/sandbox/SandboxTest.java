package dev.holdfast.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Fixtures;
import dev.holdfast.sandbox.http.Faults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SandboxTest {

  private final Sandbox sandbox = Sandbox.start();
  private final Client client = new Client(sandbox);

  @AfterEach
  void close() {
    sandbox.close();
  }

  private static String configMap(String name, String value) {
    return "{\"metadata\":{\"name\":\"%s\",\"labels\":{\"l\":\"%s\"}},\"data\":{\"x\":\"%s\"}}"
        .formatted(name, value, value);
  }

  private void namespace(String name) throws Exception {
    assertThat(
            client.post("/api/v1/namespaces", "{\"metadata\":{\"name\":\"" + name + "\"}}").code())
        .isEqualTo(201);
  }

  @Test
  void objectsComeBackAsTheyWereStored() throws Exception {
    namespace("shop");
    var created = client.post("/api/v1/namespaces/shop/configmaps", configMap("a", "1"));
    assertThat(created.code()).isEqualTo(201);
    var got = client.get("/api/v1/namespaces/shop/configmaps/a");
    assertThat(got.body()).isEqualTo(created.body());
    assertThat(got.at("/kind")).isEqualTo("ConfigMap");
    assertThat(got.at("/apiVersion")).isEqualTo("v1");
    assertThat(got.at("/metadata/uid")).isNotEmpty();
    assertThat(client.post("/api/v1/namespaces/shop/configmaps", configMap("a", "2")).at("/reason"))
        .isEqualTo("AlreadyExists");
    assertThat(
            client
                .post("/api/v1/namespaces/nowhere/configmaps", configMap("a", "2"))
                .at("/message"))
        .isEqualTo("namespaces \"nowhere\" not found");
  }

  @Test
  void pagesOfAListShowOneStateWhileWritersRun() throws Exception {
    namespace("shop");
    for (String name : List.of("a", "b", "c", "d")) {
      client.post("/api/v1/namespaces/shop/configmaps", configMap(name, name));
    }
    String path = "/api/v1/namespaces/shop/configmaps?limit=2";
    var first = client.get(path + "&fieldSelector=metadata.name!=kube-root-ca.crt");
    client.post("/api/v1/namespaces/shop/configmaps", configMap("bb", "bb"));
    client.delete("/api/v1/namespaces/shop/configmaps/c");
    var second =
        client.get(
            path
                + "&fieldSelector=metadata.name!=kube-root-ca.crt&continue="
                + first.at("/metadata/continue"));
    assertThat(first.body().at("/items").findValuesAsText("x")).containsExactly("a", "b");
    assertThat(second.body().at("/items").findValuesAsText("x")).containsExactly("c", "d");
    assertThat(second.at("/metadata/resourceVersion"))
        .isEqualTo(first.at("/metadata/resourceVersion"));
  }

  @Test
  void selectorsChoose() throws Exception {
    namespace("shop");
    for (String name : List.of("a", "b", "c")) {
      client.post("/api/v1/namespaces/shop/configmaps", configMap(name, name));
    }
    var chosen = client.get("/api/v1/configmaps?labelSelector=l%20in%20(a,c)");
    assertThat(chosen.body().at("/items").findValuesAsText("x")).containsExactly("a", "c");
  }

  @Test
  void updatesConflictAndPatchesApply() throws Exception {
    namespace("shop");
    var created = client.post("/api/v1/namespaces/shop/configmaps", configMap("a", "1"));
    var patched =
        client.merge("/api/v1/namespaces/shop/configmaps/a", "{\"data\":{\"x\":null,\"y\":\"2\"}}");
    assertThat(patched.body().at("/data").toString()).isEqualTo("{\"y\":\"2\"}");
    var stale = client.put("/api/v1/namespaces/shop/configmaps/a", created.body().toString());
    assertThat(stale.code()).isEqualTo(409);
    assertThat(stale.at("/reason")).isEqualTo("Conflict");
    var json =
        client.send(
            "PATCH",
            "/api/v1/namespaces/shop/configmaps/a",
            "application/json-patch+json",
            "[{\"op\":\"add\",\"path\":\"/data/z\",\"value\":\"3\"}]");
    assertThat(json.at("/data/z")).isEqualTo("3");
  }

  @Test
  void watchesSeeEveryChangeInOrder() throws Exception {
    namespace("shop");
    var start = client.get("/api/v1/namespaces/shop/secrets").at("/metadata/resourceVersion");
    client.post("/api/v1/namespaces/shop/secrets", "{\"metadata\":{\"name\":\"a\"}}");
    client.merge("/api/v1/namespaces/shop/secrets/a", "{\"data\":{\"k\":\"dg==\"}}");
    client.delete("/api/v1/namespaces/shop/secrets/a");
    try (Stream<String> lines =
        client.watch(
            "/api/v1/namespaces/shop/secrets?watch=1&timeoutSeconds=5&resourceVersion=" + start)) {
      List<String> events = lines.limit(3).map(line -> line.substring(9, 12)).toList();
      assertThat(events).containsExactly("ADD", "MOD", "DEL");
    }
  }

  @Test
  void aDeletedNamespaceTakesItsContentAlong() throws Exception {
    namespace("shop");
    client.post(
        "/api/v1/namespaces/shop/configmaps",
        "{\"metadata\":{\"name\":\"held\",\"finalizers\":[\"x.y/z\"]}}");
    assertThat(client.delete("/api/v1/namespaces/shop").at("/status/phase"))
        .isEqualTo("Terminating");
    assertThat(
            client.post("/api/v1/namespaces/shop/configmaps", configMap("new", "1")).at("/reason"))
        .isEqualTo("Forbidden");
    await()
        .until(
            () -> client.get("/api/v1/namespaces/shop/configmaps").body().at("/items").size() == 1);
    await()
        .until(() ->
            client
                .get("/api/v1/namespaces/shop")
                .at("/status/conditions/4/reason")
                .equals("SomeFinalizersRemain"));
    var conditions = client.get("/api/v1/namespaces/shop").body().at("/status/conditions");
    assertThat(conditions.findValuesAsText("type"))
        .containsExactly(
            "NamespaceDeletionDiscoveryFailure",
            "NamespaceDeletionGroupVersionParsingFailure",
            "NamespaceDeletionContentFailure",
            "NamespaceContentRemaining",
            "NamespaceFinalizersRemaining");
    assertThat(conditions.at("/3/message").asText())
        .isEqualTo("Some resources are remaining: configmaps. has 1 resource instances");
    assertThat(conditions.at("/4/message").asText())
        .isEqualTo(
            "Some content in the namespace has finalizers remaining: x.y/z in 1 resource"
                + " instances");
    client.merge("/api/v1/namespaces/shop/configmaps/held", "{\"metadata\":{\"finalizers\":null}}");
    await().until(() -> client.get("/api/v1/namespaces/shop").code() == 404);
  }

  @Test
  void theServerIsAService() throws Exception {
    var service = client.get("/api/v1/namespaces/default/services/kubernetes");
    assertThat(service.at("/spec/clusterIP")).isEqualTo("10.43.0.1");
    assertThat(sandbox.url()).endsWith(":" + service.at("/spec/ports/0/targetPort"));
    client.delete("/api/v1/namespaces/default/services/kubernetes");
    var taken =
        client.post(
            "/api/v1/namespaces/default/services",
            "{\"metadata\":{\"name\":\"mine\"},\"spec\":{\"clusterIP\":\"10.43.0.1\",\"ports\":[{\"port\":1}]}}");
    assertThat(taken.code()).isEqualTo(201);
  }

  @Test
  void aRecordedClusterIsServedAsItStands() throws Exception {
    try (Sandbox recorded =
        Sandbox.start(SandboxOptions.DEFAULT.load(Fixtures.path("velero-cases/cluster")))) {
      Client other = new Client(recorded);
      var list = other.get("/apis/port.example.org/v1/berths");
      assertThat(list.code()).isEqualTo(200);
      assertThat(list.body().at("/items").size()).isPositive();
      assertThat(other.get("/api/v1/namespaces/harbour").at("/metadata/uid")).isNotEmpty();
      assertThat(other.get("/apis").body().findValuesAsText("name")).contains("velero.io");
    }
  }

  @Test
  void faultsHitWhomTheyAreMeantFor() throws Exception {
    sandbox.faults().next(Faults.Kind.TOO_MANY_REQUESTS, 1, r -> r.path().endsWith("/secrets"));
    assertThat(client.get("/api/v1/configmaps").code()).isEqualTo(200);
    var throttled = client.get("/api/v1/secrets");
    assertThat(throttled.code()).isEqualTo(429);
    assertThat(throttled.http().headers().firstValue("Retry-After")).contains("1");
    assertThat(client.get("/api/v1/secrets").code()).isEqualTo(200);
    sandbox.faults().next(Faults.Kind.HALF_ANSWER, 1, r -> true);
    Assertions.assertThatThrownBy(() -> client.get("/api/v1/namespaces"))
        .isInstanceOf(IOException.class);
    sandbox.faults().next(Faults.Kind.DROP_AFTER, 1, r -> r.method().equals("POST"));
    Assertions.assertThatThrownBy(
            () -> client.post("/api/v1/namespaces", "{\"metadata\":{\"name\":\"lost\"}}"))
        .isInstanceOf(IOException.class);
    assertThat(client.get("/api/v1/namespaces/lost").code()).isEqualTo(200);
  }

  @Test
  void silenceEndsWhenItIsCleared() throws Exception {
    sandbox.faults().next(Faults.Kind.SILENCE, 1, r -> r.method().equals("POST"));
    Thread asking =
        Thread.startVirtualThread(() ->
            Assertions.assertThatThrownBy(
                    () -> client.post("/api/v1/namespaces", "{\"metadata\":{\"name\":\"n\"}}"))
                .isInstanceOf(IOException.class));
    await().until(() -> client.get("/api/v1/namespaces/n").code() == 200);
    assertThat(asking.isAlive()).isTrue();
    sandbox.faults().clear();
    asking.join();
  }

  @Test
  void listsShowEarlierStatesOnRequest() throws Exception {
    String path = "/api/v1/namespaces/default/secrets";
    client.post(path, "{\"metadata\":{\"name\":\"a\"}}");
    String then = client.get(path).at("/metadata/resourceVersion");
    client.post(path, "{\"metadata\":{\"name\":\"b\"}}");
    client.merge(path + "/a", "{\"data\":{\"k\":\"dg==\"}}");
    client.delete(path + "/a");
    var exact = client.get(path + "?resourceVersionMatch=Exact&resourceVersion=" + then);
    assertThat(exact.body().at("/items").findValuesAsText("name")).containsExactly("a");
    assertThat(exact.body().at("/items/0").has("data")).isFalse();
    assertThat(exact.at("/metadata/resourceVersion")).isEqualTo(then);
    var newer = client.get(path + "?resourceVersionMatch=NotOlderThan&resourceVersion=" + then);
    assertThat(newer.body().at("/items").findValuesAsText("name")).containsExactly("b");
    sandbox.faults().staleLists(1);
    assertThat(client.get(path + "?resourceVersion=0").body().at("/items")).hasSize(2);
    assertThat(client.get(path).body().at("/items")).hasSize(1);
    sandbox.faults().clear();
    assertThat(client.get(path + "?resourceVersion=0").body().at("/items")).hasSize(1);
  }

  @Test
  void aForeignKubeconfigIsLeftAlone(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("config");
    SandboxOptions options = SandboxOptions.DEFAULT.kubeconfig(file);
    Sandbox.start(options).close();
    Sandbox.start(options).close();
    Files.writeString(file, "apiVersion: v1");
    Assertions.assertThatThrownBy(() -> Sandbox.start(options))
        .isInstanceOf(Failure.Invalid.class)
        .hasMessageContaining("was not written by a sandbox");
    assertThat(file).hasContent("apiVersion: v1");
  }
}
