package dev.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.cluster.Cluster.DeleteOptions;
import dev.holdfast.cluster.Cluster.Item;
import dev.holdfast.cluster.Cluster.ListOptions;
import dev.holdfast.cluster.Cluster.PatchType;
import dev.holdfast.cluster.Cluster.WriteOptions;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a server in trouble, or a network, does to one request. */
@Timeout(300)
class TroubleTest {

  private static final ResourceType SECRETS =
      new ResourceType(
          "", "v1", "Secret", "secrets", "secret", List.of(), true, List.of("list"), true);

  @TempDir Path folder;
  private final Operation op = Operation.start();
  private final ScriptedServer server = new ScriptedServer();
  private Cluster cluster;

  @BeforeEach
  void connect() throws IOException {
    cluster = connect(Duration.ofSeconds(30));
  }

  private Cluster connect(Duration timeout) throws IOException {
    return Clusters.connect(
        ClusterOptions.of(server.kubeconfig(folder), null).withTimeout(timeout));
  }

  @AfterEach
  void close() {
    cluster.close();
    server.close();
  }

  private static String secret(String name, String extra) {
    return "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\""
        + name
        + "\",\"namespace\":\"n\",\"labels\":{\"run\":\"7\"}"
        + extra
        + "},\"data\":{\"a\":\"YQ==\"}}";
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String status(int code, String reason, String message, String more) {
    return "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{"
        + more
        + "},\"status\":\"Failure\",\"message\":\""
        + message
        + "\",\"reason\":\""
        + reason
        + "\",\"code\":"
        + code
        + "}";
  }

  private static String page(String version, String token, String... names) {
    StringBuilder items = new StringBuilder();
    for (String name : names) {
      items.append(items.isEmpty() ? "" : ",").append(secret(name, ""));
    }
    return "{\"metadata\":{\"resourceVersion\":\""
        + version
        + "\",\"continue\":\""
        + token
        + "\"},\"items\":["
        + items
        + "]}";
  }

  private Item create() {
    return cluster.create(op, SECRETS, "n", bytes(secret("s", "")), WriteOptions.NONE);
  }

  private final List<String> listed = new CopyOnWriteArrayList<>();

  private String list() {
    return cluster.list(op, SECRETS, "n", ListOptions.ALL, item -> listed.add(item.name()));
  }

  private List<String> methods() {
    return server.requests().stream().map(r -> r.substring(0, r.indexOf(' '))).toList();
  }

  @Test
  void theNextPageIsMadeWhileThisOneIsRead() {
    server.then(200, page("7", "more", "a", "b")).then(200, page("7", "", "c"));
    cluster.list(
        op,
        SECRETS,
        "n",
        ListOptions.ALL,
        item -> {
          Awaitility.await().until(() -> methods().size() == 2);
          listed.add(item.name());
        });
    assertThat(listed).containsExactly("a", "b", "c");
  }

  @Test
  void aCreateWhoseAnswerIsLostIsNotRepeatedWhenTheObjectIsThere() {
    server.then(ScriptedServer.drop()).then(200, secret("s", ",\"uid\":\"1\""));
    assertThat(create().name()).isEqualTo("s");
    assertThat(methods()).containsExactly("POST", "GET");
  }

  @Test
  void aCreateThatNeverArrivedIsRepeated() {
    server
        .then(ScriptedServer.drop())
        .then(404, status(404, "NotFound", "no s", ""))
        .then(201, secret("s", ",\"uid\":\"1\""));
    assertThat(create().name()).isEqualTo("s");
    assertThat(methods()).containsExactly("POST", "GET", "POST");
  }

  @Test
  void aCreateThatArrivesLateIsRecognisedByTheConflict() {
    server
        .then(ScriptedServer.drop())
        .then(404, status(404, "NotFound", "no s", ""))
        .then(409, status(409, "AlreadyExists", "s exists", ""))
        .then(200, secret("s", ",\"uid\":\"1\",\"annotations\":{\"added\":\"later\"}"));
    assertThat(create().name()).isEqualTo("s");
  }

  @Test
  void somebodyElsesObjectStaysAConflictAlsoAfterALostAnswer() {
    String other = secret("s", "").replace("\"7\"", "\"8\"");
    server
        .then(ScriptedServer.drop())
        .then(200, other)
        .then(409, status(409, "AlreadyExists", "s exists", ""))
        .then(200, other);
    assertThatThrownBy(this::create)
        .isInstanceOf(Failure.Conflict.class)
        .hasMessageContaining("s exists");
  }

  @Test
  void whatTheServerNamesIsNotCreatedTwice() {
    server.then(ScriptedServer.drop());
    assertThatThrownBy(() ->
            cluster.create(
                op,
                SECRETS,
                "n",
                bytes("{\"metadata\":{\"generateName\":\"s-\"}}"),
                WriteOptions.NONE))
        .isInstanceOf(Failure.Unreachable.class)
        .hasMessageContaining("may have been created");
    assertThat(methods()).containsExactly("POST");
  }

  @Test
  void aJsonPatchIsNotAppliedTwiceAnotherIs() {
    server.then(ScriptedServer.drop());
    byte[] json = bytes("[{\"op\":\"add\",\"path\":\"/data/x\",\"value\":\"\"}]");
    assertThatThrownBy(
            () -> cluster.patch(op, SECRETS, "n", "s", PatchType.JSON, json, WriteOptions.NONE))
        .isInstanceOf(Failure.Unreachable.class)
        .hasMessageContaining("may have been applied");
    server
        .then(ScriptedServer.drop())
        .then(200, secret("s", ""))
        .then(200, secret("s", ",\"generation\":2"));
    byte[] merge = bytes("{\"data\":{\"b\":\"Yg==\"}}");
    Item item = cluster.patch(op, SECRETS, "n", "s", PatchType.MERGE, merge, WriteOptions.NONE);
    assertThat(new String(item.json(), StandardCharsets.UTF_8)).contains("generation");
    assertThat(methods()).containsExactly("PATCH", "PATCH", "GET", "PATCH");
  }

  @Test
  void aDeletionWhoseAnswerIsLostSucceeds() {
    server
        .then(ScriptedServer.drop())
        .then(200, secret("s", ",\"uid\":\"1\""))
        .then(404, status(404, "NotFound", "no s", ""))
        .then(404, status(404, "NotFound", "no s", ""));
    cluster.delete(op, SECRETS, "n", "s", DeleteOptions.NONE);
    assertThat(methods()).containsExactly("DELETE", "GET", "DELETE", "GET");
  }

  @Test
  void anotherObjectOfThatNameIsNotDeleted() {
    server.then(ScriptedServer.drop()).then(200, secret("s", ",\"uid\":\"2\""));
    cluster.delete(op, SECRETS, "n", "s", new DeleteOptions("1", null, null, false));
    assertThat(methods()).containsExactly("DELETE", "GET");
  }

  @Test
  void anUpdateIsRecognisedInsteadOfItsConflict() {
    server
        .then(500, status(500, "InternalError", "the store broke", ""))
        .then(200, secret("s", "").replace("YQ==", "old"))
        .then(409, status(409, "Conflict", "changed meanwhile", ""))
        .then(200, secret("s", ",\"resourceVersion\":\"9\""));
    Item item =
        cluster.update(
            op,
            SECRETS,
            "n",
            "s",
            bytes(secret("s", ",\"resourceVersion\":\"8\"")),
            WriteOptions.NONE);
    assertThat(new String(item.json(), StandardCharsets.UTF_8)).contains("\"9\"");
  }

  @Test
  void waitsAsLongAsTheServerSays() {
    server
        .then(exchange -> {
          exchange.getResponseHeaders().set("Retry-After", "1");
          ScriptedServer.json(429, status(429, "TooManyRequests", "slow down", ""))
              .answer(exchange);
        })
        .then(201, secret("s", ""));
    long start = System.nanoTime();
    assertThat(create().name()).isEqualTo("s");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofSeconds(1));
    assertThat(methods()).containsExactly("POST", "POST");
  }

  @Test
  void aPageThatBreaksOffIsFetchedAgainWithoutRepeatingItems() {
    server
        .then(200, page("5", "t", "a", "b"))
        .then(ScriptedServer.half(page("5", "", "c", "d", "e", "f")))
        .then(200, page("5", "", "c", "d", "e", "f"));
    assertThat(list()).isEqualTo("5");
    assertThat(listed).containsExactly("a", "b", "c", "d", "e", "f");
  }

  @Test
  void aListWhoseStateIsGoneGoesOnFromTheTokenThatTheServerGives() {
    server
        .then(200, page("5", "t", "a", "b"))
        .then(410, status(410, "Expired", "too old", "\"continue\":\"rest\""))
        .then(200, page("9", "", "c", "d"));
    assertThat(list()).isEqualTo("5");
    assertThat(listed).containsExactly("a", "b", "c", "d");
    assertThat(server.requests().get(2)).contains("continue=rest");
  }

  @Test
  void aListWhoseStateIsGoneStartsAgainWhereTheServerGivesNoToken() {
    server
        .then(200, page("5", "t", "a", "b"))
        .then(410, status(410, "Expired", "too old", ""))
        .then(200, page("9", "u", "a", "b", "c"))
        .then(200, page("9", "", "d"));
    assertThat(list()).isEqualTo("9");
    assertThat(listed).containsExactly("a", "b", "c", "d");
  }

  @Test
  void aFailureOfTheSinkIsNotTheServers() {
    server.then(200, page("5", "", "a", "b"));
    assertThatThrownBy(() ->
            cluster.list(
                op,
                SECRETS,
                "n",
                ListOptions.ALL,
                item -> {
                  throw new Failure.Unreachable("the store is away", null, null);
                }))
        .hasMessage("the store is away");
    assertThat(methods()).containsExactly("GET");
  }

  @Test
  @Tag("EBS-42")
  void aServerThatHangsIsNamedAfterTheTimeout() throws IOException {
    server.then(ScriptedServer.hang());
    try (Cluster hasty = connect(Duration.ofMillis(300))) {
      assertThatThrownBy(() -> hasty.get(op, SECRETS, "n", "s"))
          .isInstanceOf(Failure.Unreachable.class)
          .hasMessageContaining("did not answer")
          .hasMessageContaining("context scripted");
    }
    assertThat(methods()).containsExactly("GET");
  }

  @Test
  void anAnswerThatStopsIsAskedForAgain() throws IOException {
    server.then(ScriptedServer.stall(page("5", "", "a"))).then(200, page("5", "", "a", "b"));
    try (Cluster hasty = connect(Duration.ofSeconds(2))) {
      hasty.list(op, SECRETS, "n", ListOptions.ALL, item -> listed.add(item.name()));
    }
    assertThat(listed).containsExactly("a", "b");
  }

  @Test
  void cancellingEndsARequestAtOnce() {
    server.then(ScriptedServer.hang());
    Operation cancelled = Operation.start();
    CompletableFuture<Object> waiting = op.fork(() -> cluster.get(cancelled, SECRETS, "n", "s"));
    Awaitility.await().until(() -> !server.requests().isEmpty());
    cancelled.cancel("Ctrl-C");
    assertThatThrownBy(waiting::join)
        .hasCauseInstanceOf(Failure.Cancelled.class)
        .hasMessageContaining("Ctrl-C");
  }

  @Test
  void cancellingEndsAListInTheMiddle() {
    server.then(ScriptedServer.stall(page("5", "", "a", "b")));
    Operation cancelled = Operation.start();
    CompletableFuture<Object> waiting =
        op.fork(() ->
            cluster.list(
                cancelled, SECRETS, "n", ListOptions.ALL, item -> listed.add(item.name())));
    Awaitility.await().until(() -> listed.size() == 2);
    cancelled.cancel("Ctrl-C");
    assertThatThrownBy(waiting::join).hasCauseInstanceOf(Failure.Cancelled.class);
  }

  @Test
  void theDeadlineCountsAlsoBetweenTries() {
    for (int i = 0; i < 50; i++) {
      server.then(503, "upstream connect error");
    }
    Operation brief = Operation.start().within(Duration.ofMillis(400));
    assertThatThrownBy(() -> cluster.get(brief, SECRETS, "n", "s"))
        .isInstanceOf(Failure.Cancelled.class);
  }

  @Test
  void whatAProxySaysIsShown() {
    server.then(400, "<html>no such route</html>");
    assertThatThrownBy(() -> cluster.get(op, SECRETS, "n", "s"))
        .isInstanceOf(Failure.Rejected.class)
        .hasMessageContaining("HTTP 400")
        .hasMessageContaining("no such route");
  }

  @Test
  void aWatchGoesOnWhereItBrokeOff() {
    String added = "{\"type\":\"ADDED\",\"object\":" + secret("a", ",\"resourceVersion\":\"6\"");
    String mark =
        "}\n{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"8\"}}}\n";
    String deleted = "{\"type\":\"DELETED\",\"object\":" + secret("a", "") + "}\n";
    server.then(200, added + mark).then(ScriptedServer.drop()).then(200, deleted);
    List<String> events = new ArrayList<>();
    cluster.watch(
        op,
        SECRETS,
        "n",
        ListOptions.ALL,
        "5",
        event -> {
          events.add(event.kind() + " " + event.item().name());
          return events.size() < 2;
        });
    assertThat(events).containsExactly("ADDED a", "DELETED a");
    assertThat(server.requests().getFirst()).contains("resourceVersion=5");
    assertThat(server.requests().getLast()).contains("resourceVersion=8");
  }

  @Test
  void aWatchWhoseVersionIsGoneIsAConflict() {
    server.then(
        200, "{\"type\":\"ERROR\",\"object\":" + status(410, "Expired", "too old", "") + "}\n");
    assertThatThrownBy(() -> cluster.watch(op, SECRETS, "n", ListOptions.ALL, "5", event -> true))
        .isInstanceOf(Failure.Conflict.class)
        .hasMessageContaining("too old");
  }

  @Test
  void discoveryGoesBackToTheOlderFormAndNamesWhatIsDown() {
    String versions = "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}";
    String groups =
        "{\"kind\":\"APIGroupList\",\"groups\":[{\"name\":\"metrics.k8s.io\",\"versions\":"
            + "[{\"groupVersion\":\"metrics.k8s.io/v1\",\"version\":\"v1\"}],"
            + "\"preferredVersion\":{\"version\":\"v1\"}}]}";
    String core =
        "{\"resources\":[{\"name\":\"pods\",\"kind\":\"Pod\",\"namespaced\":true,"
            + "\"verbs\":[\"list\"]},{\"name\":\"pods/status\",\"kind\":\"Pod\"}]}";
    for (int i = 0; i < 40; i++) {
      server.then(exchange -> {
        String path = exchange.getRequestURI().getPath();
        switch (path) {
          case "/version" ->
              ScriptedServer.json(200, "{\"gitVersion\":\"v1.21.3\"}").answer(exchange);
          case "/api" -> ScriptedServer.json(200, versions).answer(exchange);
          case "/apis" -> ScriptedServer.json(200, groups).answer(exchange);
          case "/api/v1" -> ScriptedServer.json(200, core).answer(exchange);
          default ->
              ScriptedServer.json(404, status(404, "NotFound", "metrics is down", ""))
                  .answer(exchange);
        }
      });
    }
    var discovery = cluster.discover(op);
    assertThat(discovery.serverVersion()).isEqualTo("v1.21.3");
    assertThat(discovery.types())
        .extracting(ResourceType::resource, ResourceType::preferred)
        .containsExactly(org.assertj.core.groups.Tuple.tuple("pods", true));
    assertThat(discovery.failed()).containsOnlyKeys("metrics.k8s.io/v1");
    assertThat(discovery.find(GroupResource.parse("pods"))).isPresent();
  }
}
