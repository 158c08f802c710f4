package dev.holdfast.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Simulated nodes, as the stock kubectl, 1.31 or newer, sees them: it execs over a WebSocket. */
class NodesTest {

  private static final String APPLICATION =
      """
      apiVersion: v1
      kind: Namespace
      metadata: {name: shop}
      ---
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: db, namespace: shop}
      spec:
        serviceName: db
        replicas: 2
        selector: {matchLabels: {app: db}}
        template:
          metadata: {labels: {app: db}}
          spec:
            terminationGracePeriodSeconds: 5
            affinity:
              podAntiAffinity:
                requiredDuringSchedulingIgnoredDuringExecution:
                - topologyKey: kubernetes.io/hostname
                  labelSelector: {matchLabels: {app: db}}
            containers:
            - name: db
              image: localhost/host
              command: [sh, -c, "echo hello from $HOSTNAME; echo up > /data/started; trap 'exit 0' TERM; while :; do sleep 0.1; done"]
              volumeMounts: [{name: data, mountPath: /data}]
              readinessProbe: {exec: {command: [cat, /data/started]}}
        volumeClaimTemplates:
        - metadata: {name: data}
          spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
      ---
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web, namespace: shop}
      spec:
        replicas: 2
        selector: {matchLabels: {app: web}}
        template:
          metadata: {labels: {app: web}}
          spec: {containers: [{name: c, image: "nginx:1"}]}
      ---
      apiVersion: batch/v1
      kind: Job
      metadata: {name: once, namespace: shop}
      spec:
        template:
          spec:
            restartPolicy: Never
            containers: [{name: c, image: localhost/host, command: [echo, "the job ran"]}]
      ---
      apiVersion: apps/v1
      kind: DaemonSet
      metadata: {name: agent, namespace: shop}
      spec:
        selector: {matchLabels: {app: agent}}
        template:
          metadata: {labels: {app: agent}}
          spec: {containers: [{name: c, image: "agent:1"}]}
      """;

  @TempDir private Path folder;
  private Sandbox sandbox;

  private record Outcome(int code, String out, String err) {}

  @BeforeEach
  void start() throws Exception {
    sandbox =
        Sandbox.start(SandboxOptions.DEFAULT.kubeconfig(folder.resolve("kubeconfig")).nodes(2));
    assumeTrue(webSockets(), "There is no kubectl of at least 1.31 on the path: skipped");
    Files.writeString(folder.resolve("app.yaml"), APPLICATION);
    kubectl("apply", "-f", folder.resolve("app.yaml").toString());
    kubectl("-n", "shop", "rollout", "status", "sts/db", "--timeout=60s");
  }

  @AfterEach
  void stop() {
    sandbox.close();
  }

  private boolean webSockets() throws InterruptedException {
    try {
      String version = run(new byte[0], "version", "--client").out();
      String minor = version.replaceAll("(?s).*Client Version: v1\\.(\\d+).*", "$1");
      return minor.matches("\\d+") && Integer.parseInt(minor) >= 31;
    } catch (IOException e) {
      return false;
    }
  }

  private Outcome run(byte[] stdin, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("kubectl"));
    command.addAll(List.of(arguments));
    Path out = Files.createTempFile(folder, "out", "");
    Path err = Files.createTempFile(folder, "err", "");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().put("KUBECONFIG", folder.resolve("kubeconfig").toString());
    builder.environment().put("HOME", folder.toString());
    Process process = builder.start();
    try (var in = process.getOutputStream()) {
      in.write(stdin);
    }
    assertThat(process.waitFor(90, TimeUnit.SECONDS)).as(command.toString()).isTrue();
    return new Outcome(
        process.exitValue(),
        Files.readString(out, StandardCharsets.ISO_8859_1),
        Files.readString(err));
  }

  private String kubectl(String... arguments) throws IOException, InterruptedException {
    Outcome outcome = run(new byte[0], arguments);
    assertThat(outcome.code()).as(List.of(arguments) + "\n" + outcome.err()).isZero();
    return outcome.out();
  }

  @Test
  void runsWorkloads() throws Exception {
    kubectl("-n", "shop", "rollout", "status", "deployment/web", "--timeout=60s");
    kubectl("-n", "shop", "wait", "--for=condition=complete", "job/once", "--timeout=60s");
    kubectl("-n", "shop", "rollout", "status", "daemonset/agent", "--timeout=60s");
    assertThat(kubectl("-n", "shop", "logs", "job/once")).isEqualTo("the job ran\n");
    assertThat(nodesOf("app=db")).containsExactlyInAnyOrder("node-1", "node-2");
    assertThat(nodesOf("app=agent")).containsExactlyInAnyOrder("node-1", "node-2");
    kubectl("-n", "shop", "scale", "sts/db", "deployment/web", "--replicas=1");
    await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(() -> {
          assertThat(nodesOf("app=db")).hasSize(1);
          assertThat(nodesOf("app=web")).hasSize(1);
        });
    kubectl("delete", "namespace", "shop", "--timeout=60s");
    await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(() -> assertThat(kubectl("get", "pv", "-o", "name")).isEmpty());
  }

  /** Its directory cannot be removed while it writes: the pod must not wait for that. */
  @Test
  void aPodThatWritesToItsEndGoes() throws Exception {
    Path file = folder.resolve("writer.yaml");
    Files.writeString(
        file,
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: writer, namespace: shop}
        spec:
          terminationGracePeriodSeconds: 0
          containers:
          - name: c
            image: localhost/host
            command:
            - sh
            - -c
            - |
              for n in 1 2 3 4; do
                setsid sh -c 'i=0; while :; do i=$((i+1)); : > /scratch/$0-$i; done' $n &
              done
              sleep infinity
            volumeMounts: [{name: scratch, mountPath: /scratch}]
          volumes: [{name: scratch, emptyDir: {}}]
        """);
    for (int i = 0; i < 3; i++) {
      kubectl("apply", "-f", file.toString());
      kubectl("-n", "shop", "wait", "--for=condition=Ready", "pod/writer", "--timeout=60s");
      kubectl("-n", "shop", "delete", "pod", "writer", "--timeout=30s");
    }
  }

  private List<String> nodesOf(String selector) throws IOException, InterruptedException {
    String path = "jsonpath={range .items[*]}{.spec.nodeName} {end}";
    String nodes = kubectl("-n", "shop", "get", "pods", "-l", selector, "-o", path);
    return nodes.isBlank() ? List.of() : List.of(nodes.strip().split(" "));
  }

  @Test
  void executesCommands() throws Exception {
    String script = "cat; echo err >&2; hostname > /data/name; exit 3";
    Outcome outcome =
        run(
            "from stdin".getBytes(StandardCharsets.UTF_8),
            "-n",
            "shop",
            "exec",
            "-i",
            "db-1",
            "--",
            "sh",
            "-c",
            script);
    assertThat(outcome.out()).isEqualTo("from stdin");
    assertThat(outcome.err()).contains("err\n", "command terminated with exit code 3");
    assertThat(outcome.code()).isEqualTo(3);
    Outcome killed = run(new byte[0], "-n", "shop", "exec", "db-1", "--", "sh", "-c", "kill -9 $$");
    assertThat(killed.code()).isEqualTo(137);
    Outcome absent = run(new byte[0], "-n", "shop", "exec", "db-1", "--", "no-such-program");
    assertThat(absent.err()).contains("executable file not found");
    assertThat(kubectl("-n", "shop", "logs", "db-1")).isEqualTo("hello from db-1\n");
  }

  @Test
  void copiesFilesAndKeepsVolumes() throws Exception {
    byte[] large = new byte[3_000_000];
    new Random(7).nextBytes(large);
    Files.write(folder.resolve("large"), large);
    kubectl("-n", "shop", "cp", folder.resolve("large").toString(), "db-0:/data/large");
    kubectl("-n", "shop", "delete", "pod", "db-0", "--timeout=60s");
    kubectl("-n", "shop", "rollout", "status", "sts/db", "--timeout=60s");
    kubectl("-n", "shop", "cp", "db-0:/data/large", folder.resolve("back").toString());
    assertThat(Files.readAllBytes(folder.resolve("back"))).isEqualTo(large);
    assertThat(Files.exists(Path.of("/data"))).isFalse();
  }
}
