package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.s3server.S3Server;
import dev.holdfast.sandbox.Sandbox;
import dev.holdfast.sandbox.SandboxOptions;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Velero's own server and command against the sandbox, where {@code velero} and {@code kubectl} are
 * on the path and HOLDFAST_VELERO_PLUGINS names the folder with its AWS plugin.
 */
@org.jspecify.annotations.NullUnmarked
class VeleroServerTest {

  private static final String PLUGINS = System.getenv().getOrDefault("HOLDFAST_VELERO_PLUGINS", "");

  private static final String SHOP =
      """
      apiVersion: v1
      kind: Namespace
      metadata: {name: shop}
      ---
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: menu, namespace: shop}
      data: {tea: "3"}
      ---
      apiVersion: v1
      kind: Secret
      metadata: {name: key, namespace: shop}
      stringData: {k: v}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: web, namespace: shop}
      spec: {type: NodePort, selector: {app: web}, ports: [{port: 80}]}
      ---
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: stock, namespace: shop}
      spec: {accessModes: [ReadWriteOnce], storageClassName: none, resources: {requests: {storage: 1Gi}}}
      ---
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web, namespace: shop}
      spec:
        replicas: 2
        selector: {matchLabels: {app: web}}
        template:
          metadata: {labels: {app: web}}
          spec: {containers: [{name: web, image: "web:1"}]}
      """;

  @TempDir private Path folder;
  private S3Server s3;
  private Sandbox sandbox;
  private Process server;

  @BeforeEach
  void start() throws Exception {
    assumeTrue(found("velero") && found("kubectl"), "There is no velero on the path: skipped");
    assumeTrue(!PLUGINS.isEmpty(), "HOLDFAST_VELERO_PLUGINS is not set: skipped");
    assumeTrue(free(8080), "Port 8080, which Velero's server insists on, is taken: skipped");
    s3 = S3Server.start(S3Server.Options.MEMORY).bucket("velero");
    sandbox = Sandbox.start(SandboxOptions.DEFAULT.kubeconfig(folder.resolve("kubeconfig")));
    install();
    server =
        process(
                List.of(
                    "velero",
                    "server",
                    "--plugin-dir",
                    PLUGINS,
                    "--metrics-address",
                    "127.0.0.1:0",
                    "--profiler-address",
                    "127.0.0.1:0"))
            .redirectOutput(folder.resolve("server.log").toFile())
            .start();
  }

  @AfterEach
  void stop() throws Exception {
    if (server != null) {
      server.destroy();
      server.waitFor();
    }
    if (sandbox != null) {
      sandbox.close();
    }
    if (s3 != null) {
      s3.close();
    }
  }

  private static boolean found(String program) {
    for (String part : System.getenv("PATH").split(":", -1)) {
      if (Files.isExecutable(Path.of(part, program))) {
        return true;
      }
    }
    return false;
  }

  private static boolean free(int port) {
    try (ServerSocket _ = new ServerSocket(port)) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private ProcessBuilder process(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    Map<String, String> environment = builder.environment();
    environment.put("KUBECONFIG", folder.resolve("kubeconfig").toString());
    environment.put("HOME", folder.toString());
    environment.put("VELERO_NAMESPACE", "velero");
    environment.put("VELERO_SCRATCH_DIR", folder.toString());
    return builder;
  }

  private String run(String... command) throws IOException, InterruptedException {
    Path output = Files.createTempFile(folder, "out", "");
    Process process = process(List.of(command)).redirectOutput(output.toFile()).start();
    if (!process.waitFor(120, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    String text = Files.readString(output, StandardCharsets.UTF_8);
    assertThat(process.exitValue()).as(String.join(" ", command) + "\n" + text).isZero();
    return text;
  }

  private String velero(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("velero", "-n", "velero"));
    command.addAll(List.of(arguments));
    return run(command.toArray(String[]::new));
  }

  private void apply(String name, String text) throws Exception {
    Path file = folder.resolve(name);
    Files.writeString(file, text);
    run("kubectl", "apply", "-f", file.toString());
  }

  private void install() throws Exception {
    apply("crds.yaml", run("velero", "install", "--crds-only", "--dry-run", "-o", "yaml"));
    apply(
        "velero.yaml",
        """
        apiVersion: v1
        kind: Namespace
        metadata: {name: velero}
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: cloud-credentials, namespace: velero}
        stringData:
          cloud: |
            [default]
            aws_access_key_id=%s
            aws_secret_access_key=%s
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: velero, namespace: velero}
        spec:
          replicas: 0
          selector: {matchLabels: {deploy: velero}}
          template:
            metadata: {labels: {deploy: velero}}
            spec: {containers: [{name: velero, image: "velero:1"}]}
        """
            .formatted(s3.accessKey(), s3.secretKey()));
    apply(
        "location.yaml",
        """
        apiVersion: velero.io/v1
        kind: BackupStorageLocation
        metadata: {name: default, namespace: velero}
        spec:
          provider: aws
          default: true
          credential: {name: cloud-credentials, key: cloud}
          objectStorage: {bucket: velero}
          config: {region: us-east-1, s3ForcePathStyle: "true", s3Url: "%s", checksumAlgorithm: ""}
        """
            .formatted(s3.endpoint()));
  }

  private String get(String what, String path) throws Exception {
    return run("kubectl", "get", "-n", "shop", what, "-o", "jsonpath={" + path + "}");
  }

  @Test
  void backsUpAndRestores() throws Exception {
    apply("shop.yaml", SHOP);
    await()
        .atMost(Duration.ofMinutes(2))
        .until(() -> velero("backup-location", "get").contains("Available"));
    velero("backup", "create", "one", "--include-namespaces", "shop", "--wait");
    assertThat(velero("backup", "get", "one")).contains("Completed");
    String port = get("service/web", ".spec.ports[0].nodePort");
    run("kubectl", "delete", "namespace", "shop");

    velero("restore", "create", "back", "--from-backup", "one", "--wait");
    assertThat(velero("restore", "get", "back")).contains("Completed");
    assertThat(get("configmap/menu", ".data.tea")).isEqualTo("3");
    assertThat(get("secret/key", ".data.k")).isEqualTo("dg==");
    assertThat(get("deployment/web", ".spec.replicas")).isEqualTo("2");
    assertThat(get("persistentvolumeclaim/stock", ".spec.storageClassName")).isEqualTo("none");
    assertThat(get("service/web", ".spec.ports[0].nodePort")).isNotEqualTo("").isNotNull();
    assertThat(port).isNotEmpty();
    assertThat(velero("restore", "describe", "back", "--details")).contains("Namespace");

    velero("backup", "delete", "one", "--confirm");
    await().atMost(Duration.ofMinutes(2)).until(() -> !velero("backup", "get").contains("one"));
  }
}
