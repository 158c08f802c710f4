package dev.holdfast.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The stock helm renders and applies a chart of ours, where it is on the path. */
class HelmTest {

  @TempDir private Path folder;
  private Sandbox sandbox;
  private Client client;

  @BeforeEach
  void start() throws Exception {
    assumeTrue(present(), "There is no helm on the path: skipped");
    sandbox = Sandbox.start(SandboxOptions.DEFAULT.kubeconfig(folder.resolve("kubeconfig")));
    client = new Client(sandbox);
  }

  @AfterEach
  void stop() {
    if (sandbox != null) {
      sandbox.close();
    }
  }

  private boolean present() throws InterruptedException {
    try {
      return run(List.of("helm", "version", "--short")).startsWith("v");
    } catch (IOException e) {
      return false;
    }
  }

  private String run(List<String> command) throws IOException, InterruptedException {
    Path output = folder.resolve("output");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().put("KUBECONFIG", folder.resolve("kubeconfig").toString());
    builder.environment().put("HOME", folder.toString());
    Process process = builder.start();
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    String text = Files.readString(output, StandardCharsets.UTF_8);
    assertThat(process.exitValue()).as(String.join(" ", command) + "\n" + text).isZero();
    return text;
  }

  private String helm(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("helm", "--namespace", "port"));
    command.addAll(List.of(arguments));
    return run(command);
  }

  private String get(String path, String pointer) throws Exception {
    return client.get(path.replace("{ns}", "/namespaces/port")).at(pointer);
  }

  @Test
  void aChartIsInstalledUpgradedRolledBackAndRemoved() throws Exception {
    Path chart = Path.of(String.valueOf(HelmTest.class.getResource("/chart").getPath()));
    assertThat(helm("template", "pier", chart.toString(), "-a", "networking.k8s.io/v1/Ingress"))
        .contains("kind: Ingress");
    assertThat(helm("install", "pier", chart.toString(), "--create-namespace"))
        .contains("STATUS: deployed");
    assertThat(get("/apis/apps/v1{ns}/deployments/pier", "/spec/replicas")).isEqualTo("2");
    assertThat(get("/apis/harbour.example.org/v1{ns}/boats/pier", "/spec/length")).isEqualTo("3");
    assertThat(get("/api/v1{ns}/configmaps/pier-before", "/data/revision")).isEqualTo("1");
    assertThat(get("/api/v1{ns}/configmaps/pier", "/data/kube")).startsWith("v1.36");
    String address = get("/api/v1{ns}/services/pier", "/spec/clusterIP");

    assertThat(
            helm("upgrade", "pier", chart.toString(), "--set", "replicas=3", "--set", "colour=red"))
        .contains("REVISION: 2");
    assertThat(get("/apis/apps/v1{ns}/deployments/pier", "/spec/replicas")).isEqualTo("3");
    assertThat(get("/api/v1{ns}/configmaps/pier", "/data/colour")).isEqualTo("red");
    assertThat(get("/api/v1{ns}/services/pier", "/spec/clusterIP")).isEqualTo(address);

    assertThat(helm("rollback", "pier", "1")).contains("Rollback was a success");
    assertThat(get("/apis/apps/v1{ns}/deployments/pier", "/spec/replicas")).isEqualTo("2");
    assertThat(helm("history", "pier")).contains("superseded", "Rollback to 1");
    assertThat(helm("list", "--short")).contains("pier");

    assertThat(helm("uninstall", "pier")).contains("uninstalled");
    assertThat(client.get("/apis/apps/v1/namespaces/port/deployments/pier").code()).isEqualTo(404);
    assertThat(client.get("/apis/harbour.example.org/v1/boats").code()).isEqualTo(200);
  }
}
