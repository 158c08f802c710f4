package dev.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.cluster.Cluster.ExecRequest;
import dev.holdfast.cluster.Cluster.LogOptions;
import dev.holdfast.cluster.Cluster.WriteOptions;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import dev.holdfast.sandbox.Sandbox;
import dev.holdfast.sandbox.SandboxOptions;
import dev.holdfast.sandbox.http.Faults;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Commands and logs in the pods of a sandbox's node. */
@org.jspecify.annotations.NullUnmarked
@Timeout(300)
class ExecTest {

  private static final String POD =
      """
      {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},
       "spec":{"containers":[{"name":"c","image":"localhost/host",
         "command":["sh","-c","echo started; exec sleep infinity"]}]}}
      """;

  @TempDir static Path folder;
  private static Sandbox sandbox;
  private static Cluster cluster;
  private final Operation op = Operation.start().within(Duration.ofMinutes(3));

  @BeforeAll
  static void start() {
    sandbox =
        Sandbox.start(SandboxOptions.DEFAULT.kubeconfig(folder.resolve("kubeconfig")).nodes(1));
    cluster = Clusters.connect(ClusterOptions.of(folder.resolve("kubeconfig"), null));
    Operation op = Operation.start().within(Duration.ofMinutes(3));
    Discovery discovery = cluster.discover(op);
    ResourceType pods = discovery.find(new GroupResource("", "pods")).orElseThrow();
    var _ =
        cluster.create(
            op, pods, "default", POD.getBytes(StandardCharsets.UTF_8), WriteOptions.NONE);
    await()
        .atMost(Duration.ofMinutes(2))
        .until(() ->
            new String(
                    cluster.get(op, pods, "default", "p").orElseThrow().json(),
                    StandardCharsets.UTF_8)
                .contains("\"phase\":\"Running\""));
  }

  @AfterAll
  static void stop() {
    cluster.close();
    sandbox.close();
  }

  private static ExecRequest request(boolean stdin, String script) {
    return new ExecRequest("default", "p", "c", List.of("sh", "-c", script), stdin);
  }

  @Test
  void carriesStreamsAndTheExitStatus() throws IOException {
    try (Execution run = cluster.exec(op, request(true, "cat; echo wrong >&2; exit 7"))) {
      assertThat(run.endsInput()).isTrue();
      try (OutputStream in = run.input()) {
        in.write("some text".getBytes(StandardCharsets.UTF_8));
      }
      assertThat(new String(run.output().readAllBytes(), StandardCharsets.UTF_8))
          .isEqualTo("some text");
      assertThat(run.exit()).isEqualTo(7);
      assertThat(run.errors()).isEqualTo("wrong\n");
    }
  }

  @Test
  void carriesBothDirectionsAtOnceWithoutLoss() throws IOException {
    byte[] sent = new byte[20_000_000];
    new Random(11).nextBytes(sent);
    try (Execution run = cluster.exec(op, request(true, "cat"))) {
      var writer =
          op.fork(() -> {
            try (OutputStream in = run.input()) {
              in.write(sent);
            }
            return true;
          });
      assertThat(Arrays.equals(run.output().readAllBytes(), sent)).isTrue();
      assertThat(run.exit()).isZero();
      assertThat(writer.join()).isTrue();
    }
  }

  /** What a command writes waits for its reader, not in memory. */
  @Test
  void waitsForASlowReader() throws IOException {
    try (Execution run = cluster.exec(op, request(false, "head -c 200000000 /dev/zero"))) {
      InputStream out = run.output();
      assertThat(out.readNBytes(10)).hasSize(10);
      op.pause(Duration.ofMillis(300));
      assertThat(out.skip(199_999_990)).isEqualTo(199_999_990);
      assertThat(out.read()).isEqualTo(-1);
      assertThat(run.exit()).isZero();
    }
  }

  @Test
  void neverTakesABrokenStreamForAShortOne() {
    sandbox.faults().next(Faults.Kind.HALF_ANSWER, 1, request -> request.path().endsWith("/exec"));
    try (Execution run = cluster.exec(op, request(false, "head -c 1000000 /dev/zero"))) {
      assertThatThrownBy(() -> run.output().readAllBytes())
          .isInstanceOf(IOException.class)
          .hasMessageContaining("before the command's end was reported");
      assertThatThrownBy(run::exit).isInstanceOf(Failure.Unreachable.class);
    }
  }

  @Test
  void endsWithItsOperation() {
    Operation short_ = Operation.start().within(Duration.ofMillis(700));
    try (Execution run = cluster.exec(short_, request(false, "sleep 60"))) {
      assertThatThrownBy(run::exit).isInstanceOf(Failure.Cancelled.class);
    }
    Operation cancelled = Operation.start();
    try (Execution run = cluster.exec(cancelled, request(false, "sleep 60"))) {
      cancelled.cancel("enough");
      assertThatThrownBy(run::exit).isInstanceOf(Failure.Cancelled.class);
    }
  }

  @Test
  void saysWhyACommandCannotRun() {
    assertThatThrownBy(
            () -> cluster.exec(op, new ExecRequest("default", "q", "", List.of("true"), false)))
        .isInstanceOf(Failure.Absent.class)
        .hasMessageContaining("no such pod");
    assertThatThrownBy(() ->
            cluster
                .as("ada", List.of())
                .exec(op, new ExecRequest("default", "p", "", List.of("true"), false)))
        .isInstanceOf(Failure.Denied.class);
    ExecRequest unknown = new ExecRequest("default", "p", "c", List.of("no-such-one"), false);
    try (Execution run = cluster.exec(op, unknown)) {
      assertThatThrownBy(run::exit)
          .isInstanceOf(Failure.Rejected.class)
          .hasMessageContaining("executable file not found");
    }
  }

  @Test
  void readsLogs() throws IOException {
    try (InputStream log = cluster.logs(op, "default", "p", new LogOptions("c", false, 0))) {
      assertThat(new String(log.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("started\n");
    }
  }
}
