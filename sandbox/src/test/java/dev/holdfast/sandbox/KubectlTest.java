package dev.holdfast.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.model.Json;
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

/** The stock kubectl, 1.27 or newer, works with the sandbox. */
class KubectlTest {

  private static final String DEPLOYMENT =
      """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web, namespace: shop}
      spec:
        replicas: 2
        selector: {matchLabels: {app: web}}
        template:
          metadata: {labels: {app: web}}
          spec: {containers: [{name: c, image: "nginx:1"}]}
      """;

  @TempDir private Path folder;
  private Sandbox sandbox;

  @BeforeEach
  void start() throws Exception {
    assumeTrue(minor() >= 27, "There is no kubectl of at least 1.27 on the path: skipped");
    sandbox = Sandbox.start(SandboxOptions.DEFAULT.kubeconfig(folder.resolve("kubeconfig")));
    Files.writeString(folder.resolve("web.yaml"), DEPLOYMENT);
    assertThat(kubectl(0, "create", "namespace", "shop")).contains("namespace/shop created");
  }

  @AfterEach
  void stop() {
    if (sandbox != null) {
      sandbox.close();
    }
  }

  private int minor() throws InterruptedException {
    try {
      String version = run(List.of("kubectl", "version", "--client", "-o", "json"), 0);
      return Json.MAPPER
          .readTree(version)
          .at("/clientVersion/minor")
          .asText("0")
          .replaceAll("\\D.*", "")
          .transform(Integer::parseInt);
    } catch (IOException e) {
      return 0;
    }
  }

  private String run(List<String> command, int expected) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("KUBECONFIG", folder.resolve("kubeconfig").toString());
    builder.environment().put("HOME", folder.toString());
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(command + "\n" + output).isEqualTo(expected);
    return output;
  }

  private String kubectl(int expected, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("kubectl"));
    command.addAll(List.of(arguments));
    return run(command, expected);
  }

  @Test
  void appliesChangesAndDeletes() throws Exception {
    String file = folder.resolve("web.yaml").toString();
    assertThat(kubectl(0, "apply", "-f", file)).contains("deployment.apps/web created");
    assertThat(kubectl(0, "apply", "-f", file)).contains("unchanged");
    assertThat(kubectl(0, "-n", "shop", "get", "deployment", "web"))
        .contains("READY   UP-TO-DATE   AVAILABLE", "0/2");
    kubectl(0, "-n", "shop", "scale", "deployment", "web", "--replicas=3");
    assertThat(kubectl(1, "diff", "-f", file)).contains("-  replicas: 3", "+  replicas: 2");
    assertThat(kubectl(0, "apply", "-f", file)).contains("configured");
    assertThat(kubectl(0, "apply", "--server-side", "-f", file)).contains("serverside-applied");
    kubectl(0, "-n", "shop", "scale", "deployment", "web", "--replicas=4");
    assertThat(kubectl(1, "apply", "--server-side", "-f", file))
        .contains("conflict with \"kubectl\" with subresource \"scale\"", ".spec.replicas");
    kubectl(0, "apply", "--server-side", "--force-conflicts", "-f", file);
    kubectl(0, "-n", "shop", "label", "deployment", "web", "a=b");
    kubectl(0, "-n", "shop", "annotate", "deployment", "web", "x=y");
    kubectl(
        0,
        "-n",
        "shop",
        "patch",
        "deployment",
        "web",
        "-p",
        "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"nginx:2\"}]}}}}");
    assertThat(kubectl(0, "-n", "shop", "describe", "deployment", "web"))
        .contains("nginx:2", "a=b", "25% max unavailable");
    assertThat(kubectl(0, "-n", "shop", "delete", "deployment", "web")).contains("deleted");
    assertThat(kubectl(0, "delete", "namespace", "shop")).contains("deleted");
  }

  @Test
  void asksForRightsTypesAndTokens() throws Exception {
    assertThat(kubectl(0, "auth", "can-i", "list", "pods")).contains("yes");
    assertThat(kubectl(1, "auth", "can-i", "list", "pods", "--as=ada")).contains("no");
    assertThat(kubectl(0, "api-resources")).contains("deployments", "customresourcedefinitions");
    assertThat(kubectl(0, "-n", "shop", "create", "token", "default")).contains(".");
    assertThat(kubectl(0, "explain", "deployment.spec.strategy"))
        .contains("rollingUpdate", "Recreate, RollingUpdate");
    kubectl(0, "-n", "shop", "wait", "--for=jsonpath={.metadata.name}=default", "sa/default");
    assertThat(kubectl(1, "apply", "-f", bad())).contains("unknown field \"spec.replica\"");
  }

  private String bad() throws IOException {
    Path file = folder.resolve("bad.yaml");
    Files.writeString(file, DEPLOYMENT.replace("replicas:", "replica:"));
    return file.toString();
  }
}
