package dev.holdfast.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Fixtures;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A data directory survives whatever ends its process. */
class PersistenceTest {

  @TempDir Path folder;

  private SandboxOptions options() {
    return SandboxOptions.DEFAULT.data(folder.resolve("data"));
  }

  @Test
  void everythingIsThereAgainAndNumbersGoOn() throws Exception {
    String uid;
    String version;
    String token;
    String url;
    try (Sandbox first = Sandbox.start(options())) {
      Client client = new Client(first);
      client.post("/api/v1/namespaces", "{\"metadata\":{\"name\":\"shop\"}}");
      var created =
          client.post(
              "/api/v1/namespaces/shop/configmaps",
              "{\"metadata\":{\"name\":\"a\",\"labels\":{\"l\":\"1\"}},\"data\":{\"x\":\"ä\"}}");
      client.post("/api/v1/namespaces/shop/configmaps", "{\"metadata\":{\"name\":\"gone\"}}");
      client.delete("/api/v1/namespaces/shop/configmaps/gone");
      uid = created.at("/metadata/uid");
      version = client.get("/api/v1/configmaps").at("/metadata/resourceVersion");
      token = first.token();
      url = first.url();
    }
    try (Sandbox second = Sandbox.start(options())) {
      Client client = new Client(second);
      assertThat(second.token()).isEqualTo(token);
      assertThat(second.url()).isEqualTo(url);
      var again = client.get("/api/v1/namespaces/shop/configmaps/a");
      assertThat(again.at("/metadata/uid")).isEqualTo(uid);
      assertThat(again.at("/data/x")).isEqualTo("ä");
      assertThat(client.get("/api/v1/namespaces/shop/configmaps/gone").code()).isEqualTo(404);
      assertThat(client.get("/api/v1/configmaps?labelSelector=l=1").body().at("/items")).hasSize(1);
      var next =
          client.post("/api/v1/namespaces/shop/configmaps", "{\"metadata\":{\"name\":\"b\"}}");
      assertThat(Long.parseLong(next.at("/metadata/resourceVersion")))
          .isGreaterThan(Long.parseLong(version));
      try (Stream<String> watch =
          client.watch("/api/v1/configmaps?watch=1&timeoutSeconds=3&resourceVersion=2")) {
        assertThat(watch.findFirst().orElse("")).contains("\"code\":410");
      }
    }
  }

  @Test
  void customResourcesAndTokensOfServiceAccountsStayValid() throws Exception {
    String token;
    String path = "/apis/x.example.org/v1/namespaces/default/boats";
    try (Sandbox first = Sandbox.start(options())) {
      Client client = new Client(first);
      assertThat(
              client
                  .post(
                      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
                      Definitions.boats("{\"type\":\"object\"}"))
                  .code())
          .isEqualTo(201);
      await().until(() -> client.get(path).code() == 200);
      client.post(
          path,
          "{\"apiVersion\":\"x.example.org/v1\",\"kind\":\"Boat\",\"metadata\":{\"name\":\"b\"}}");
      await()
          .until(
              () -> client.get("/api/v1/namespaces/default/serviceaccounts/default").code() == 200);
      token =
          client
              .post("/api/v1/namespaces/default/serviceaccounts/default/token", "{}")
              .at("/status/token");
    }
    try (Sandbox second = Sandbox.start(options())) {
      Client client = new Client(second);
      assertThat(client.get(path).body().at("/items")).hasSize(1);
      var who = client.raw("GET", "/version", Map.of("Authorization", "Bearer " + token), null);
      assertThat(who.statusCode()).isEqualTo(200);
    }
  }

  @Test
  void aNamespaceThatWasEndingGoesOnEnding() throws Exception {
    try (Sandbox first = Sandbox.start(options())) {
      Client client = new Client(first);
      client.post("/api/v1/namespaces", "{\"metadata\":{\"name\":\"shop\"}}");
      client.post(
          "/api/v1/namespaces/shop/configmaps",
          "{\"metadata\":{\"name\":\"held\",\"finalizers\":[\"x.y/z\"]}}");
      client.delete("/api/v1/namespaces/shop");
    }
    try (Sandbox second = Sandbox.start(options())) {
      Client client = new Client(second);
      assertThat(client.get("/api/v1/namespaces/shop").at("/status/phase"))
          .isEqualTo("Terminating");
      await()
          .until(() ->
              !client
                  .get("/api/v1/namespaces/shop/configmaps/held")
                  .at("/metadata/deletionTimestamp")
                  .isEmpty());
      client.merge(
          "/api/v1/namespaces/shop/configmaps/held", "{\"metadata\":{\"finalizers\":null}}");
      await().until(() -> client.get("/api/v1/namespaces/shop").code() == 404);
    }
  }

  @Test
  void aRecordedClusterIsLoadedOnceAndServedAgain() throws Exception {
    Path recording = Fixtures.path("velero-cases/cluster");
    Sandbox.start(options().load(recording)).close();
    try (Sandbox second = Sandbox.start(options())) {
      assertThat(new Client(second).get("/apis/port.example.org/v1/berths").body().at("/items"))
          .isNotEmpty();
    }
    assertThatThrownBy(() -> Sandbox.start(options().load(recording)))
        .isInstanceOf(Failure.Invalid.class)
        .hasMessageContaining("holds a cluster already");
  }

  @Test
  void aSecondOneOnTheSameDirectoryIsRefused() throws Exception {
    try (Sandbox first = Sandbox.start(options())) {
      assertThatThrownBy(() -> Sandbox.start(options()))
          .isInstanceOf(Failure.Locked.class)
          .hasMessageContaining("Another sandbox uses");
      assertThat(new Client(first).get("/api/v1/namespaces").code()).isEqualTo(200);
    }
    try (Serving other = Serving.start(options())) {
      assertThat(other.client().get("/api/v1/namespaces").code()).isEqualTo(200);
      assertThatThrownBy(() -> Sandbox.start(options())).isInstanceOf(Failure.Locked.class);
    }
  }

  @Test
  void somebodyElsesDirectoryIsLeftAlone() throws Exception {
    Path data = Files.createDirectory(folder.resolve("data"));
    Files.writeString(data.resolve("letter.txt"), "dear all");
    assertThatThrownBy(() -> Sandbox.start(options()))
        .isInstanceOf(Failure.Invalid.class)
        .hasMessageContaining("not a sandbox's");
    try (Stream<Path> files = Files.list(data)) {
      assertThat(files).containsExactly(data.resolve("letter.txt"));
    }
  }

  @Test
  void aTornTailIsCutOffAndDamageInTheMiddleIsRefused() throws Exception {
    try (Sandbox first = Sandbox.start(options())) {
      Client client = new Client(first);
      for (String name : List.of("a", "b", "c")) {
        client.post(
            "/api/v1/namespaces/default/secrets", "{\"metadata\":{\"name\":\"" + name + "\"}}");
      }
    }
    Path log = log();
    byte[] whole = Files.readAllBytes(log);
    for (int cut : List.of(1, 5, 9, 100)) {
      Files.write(log, java.util.Arrays.copyOf(whole, whole.length - cut));
      try (Sandbox second = Sandbox.start(options())) {
        Client client = new Client(second);
        assertThat(client.get("/api/v1/namespaces/default/secrets/b").code()).isEqualTo(200);
        assertThat(
                client
                    .post("/api/v1/namespaces/default/secrets", "{\"metadata\":{\"name\":\"d\"}}")
                    .code())
            .isEqualTo(201);
      }
      try (Sandbox third = Sandbox.start(options())) {
        assertThat(new Client(third).get("/api/v1/namespaces/default/secrets/d").code())
            .isEqualTo(200);
      }
    }
    Files.write(log, whole);
    try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "rw")) {
      file.seek(whole.length / 2);
      int was = file.read();
      file.seek(whole.length / 2);
      file.write(was ^ 0x55);
    }
    assertThatThrownBy(() -> Sandbox.start(options()))
        .isInstanceOf(Failure.Corrupt.class)
        .hasMessageContaining(log.toString());
  }

  private Path log() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("data"))) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("log-"))
          .max(Path::compareTo)
          .orElseThrow();
    }
  }

  /** A process is killed again and again while eight clients write: no answer was a lie. */
  @Test
  void whatWasAnsweredSurvivesKills() throws Exception {
    Map<String, String> answered = new ConcurrentHashMap<>();
    AtomicInteger next = new AtomicInteger();
    long newest = 0;
    for (int round = 0; round < 4; round++) {
      try (Serving server = Serving.start(options())) {
        newest = check(server.client(), answered, newest);
        List<Thread> writers =
            Stream.generate(() -> Thread.ofVirtual().unstarted(() -> write(server, answered, next)))
                .limit(8)
                .toList();
        int before = answered.size();
        writers.forEach(Thread::start);
        int enough = before + 50 + ThreadLocalRandom.current().nextInt(200);
        await().until(() -> answered.size() >= enough);
        server.kill();
        for (Thread writer : writers) {
          writer.join();
        }
      }
    }
    try (Serving server = Serving.start(options())) {
      check(server.client(), answered, newest);
    }
    assertThat(answered.size()).isGreaterThan(200);
  }

  private static void write(Serving server, Map<String, String> answered, AtomicInteger next) {
    try {
      while (true) {
        String name = "s" + next.incrementAndGet();
        var answer =
            server
                .client()
                .post(
                    "/api/v1/namespaces/default/secrets",
                    "{\"metadata\":{\"name\":\"" + name + "\"},\"stringData\":{\"k\":\"v\"}}");
        if (answer.code() == 201) {
          answered.put(
              name, answer.at("/metadata/uid") + " " + answer.at("/metadata/resourceVersion"));
        }
      }
    } catch (IOException | InterruptedException e) {
      // killed, as it should be
    }
  }

  private static long check(Client client, Map<String, String> answered, long newest)
      throws Exception {
    var list = client.get("/api/v1/namespaces/default/secrets");
    Map<String, String> found = new TreeMap<>();
    for (var item : list.body().at("/items")) {
      found.put(
          item.at("/metadata/name").asText(),
          item.at("/metadata/uid").asText() + " " + item.at("/metadata/resourceVersion").asText());
    }
    assertThat(found).containsAllEntriesOf(answered);
    long version = Long.parseLong(list.at("/metadata/resourceVersion"));
    assertThat(version).isGreaterThanOrEqualTo(newest);
    return version;
  }

  /** A sandbox in a process of its own. */
  private record Serving(Process process, Client client) implements AutoCloseable {
    static Serving start(SandboxOptions options) throws IOException {
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:+UseSerialGC",
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Serve.class.getName(),
                  "--data",
                  String.valueOf(options.data()))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      BufferedReader out =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
      String url = out.readLine();
      StringBuilder authority = new StringBuilder();
      for (String line = out.readLine(); line != null && !line.isEmpty(); line = out.readLine()) {
        authority.append(line).append('\n');
      }
      String[] words = url.split(" ");
      return new Serving(process, new Client(words[0], words[1], authority.toString()));
    }

    void kill() {
      process.destroyForcibly(); // SIGKILL
    }

    @Override
    public void close() {
      kill();
      process.onExit().join();
    }
  }
}
