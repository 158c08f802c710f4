package dev.holdfast.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import dev.holdfast.sandbox.Sandbox;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Kubeconfigs that work, and what is said of those that do not. */
@Timeout(300)
class KubeconfigTest {

  private static final ResourceType SECRETS =
      new ResourceType(
          "", "v1", "Secret", "secrets", "secret", List.of(), true, List.of("list"), true);

  @TempDir Path folder;
  private final Operation op = Operation.start();

  private static final String GOOD =
      """
      apiVersion: v1
      kind: Config
      clusters:
      - {name: c, cluster: {server: "https://127.0.0.1:1"}}
      users:
      - {name: u, user: {token: very-secret}}
      contexts:
      - {name: one, context: {cluster: c, user: u}}
      - {name: two, context: {cluster: c, user: u}}
      - {name: no-cluster, context: {cluster: gone, user: u}}
      - {name: no-user, context: {cluster: c, user: gone}}
      current-context: one
      """;

  private Path write(String text) throws IOException {
    return Files.writeString(folder.resolve("kubeconfig"), text);
  }

  private Kubeconfig load(String text, @Nullable String context) throws IOException {
    return Kubeconfig.load(ClusterOptions.of(write(text), context));
  }

  private void refused(
      String text, @Nullable String context, Class<? extends Failure> type, String... says) {
    assertThatThrownBy(() -> load(text, context))
        .asInstanceOf(InstanceOfAssertFactories.type(Failure.class))
        .satisfies(failure -> {
          assertThat(failure).isInstanceOf(type);
          assertThat(failure.describe()).contains(says).doesNotContain("very-secret");
          assertThat(failure.next()).isNotBlank();
          assertThat(String.valueOf(failure.getCause())).doesNotContain("very-secret");
        });
  }

  @Test
  void choosesTheContext() throws IOException {
    assertThat(load(GOOD, null).describe()).isEqualTo("context one (https://127.0.0.1:1)");
    assertThat(load(GOOD, "two").describe()).startsWith("context two");
    assertThat(load(GOOD, null).credentials().authorization()).isEqualTo("Bearer very-secret");
  }

  @Test
  @Tag("EBS-42")
  void whatIsMissingIsNamed() throws IOException {
    assertThatThrownBy(() -> Kubeconfig.load(ClusterOptions.of(folder.resolve("nowhere"), null)))
        .isInstanceOf(Failure.Absent.class)
        .hasMessageContaining("nowhere");
    refused(GOOD, "three", Failure.Absent.class, "no context 'three'", "one, two");
    refused(GOOD, "no-cluster", Failure.Invalid.class, "no cluster 'gone'", "no-cluster");
    refused(GOOD, "no-user", Failure.Invalid.class, "no user 'gone'", "no-user");
    refused(
        GOOD.replace("current-context: one", ""),
        null,
        Failure.Invalid.class,
        "no current context",
        "--context");
    refused(
        GOOD.replace("https://127.0.0.1:1", "ftp://somewhere"),
        null,
        Failure.Invalid.class,
        "server");
  }

  @Test
  void whatCannotBeReadIsSaidWithoutQuotingIt() {
    refused("", null, Failure.Invalid.class, "kubeconfig");
    refused("kind: Config", null, Failure.Invalid.class, "no clusters");
    refused("token: very-secret\n  x: : {", null, Failure.Invalid.class, "cannot be read");
    refused("{\"users\": \"very-secret\"}", null, Failure.Invalid.class, "cannot be read");
    refused("\u0000\u0001very-secret", null, Failure.Invalid.class, "cannot be read");
  }

  @Test
  void theEnvironmentNamesFilesWhoseFirstWins() throws IOException {
    Path first =
        Files.writeString(
            folder.resolve("first"),
            GOOD.replace(":1\"", ":2\"").replace("name: two,", "name: first-only,"));
    Path second = write(GOOD.replace("current-context: one", "current-context: two"));
    String both = folder.resolve("absent") + ":" + first + ":" + second;
    Kubeconfig merged = Kubeconfig.load(ClusterOptions.of(null, null), Map.of("KUBECONFIG", both));
    assertThat(merged.describe()).isEqualTo("context one (https://127.0.0.1:2)");
    assertThat(
            Kubeconfig.load(ClusterOptions.of(null, "two"), Map.of("KUBECONFIG", both)).describe())
        .startsWith("context two");
    assertThatThrownBy(() ->
            Kubeconfig.load(
                ClusterOptions.of(null, null), Map.of("HOME", folder.resolve("no").toString())))
        .isInstanceOf(Failure.Absent.class)
        .hasMessageContaining("There is no kubeconfig");
    Files.createDirectories(folder.resolve("home/.kube"));
    Files.writeString(folder.resolve("home/.kube/config"), GOOD);
    Map<String, String> home = Map.of("HOME", folder.resolve("home").toString());
    assertThat(Kubeconfig.load(ClusterOptions.of(null, null), home).describe())
        .startsWith("context one");
  }

  @Test
  void aTokenFileIsReadAndReadAgain() throws IOException {
    Files.writeString(folder.resolve("token"), "first\n");
    Credentials credentials =
        load(GOOD.replace("token: very-secret", "tokenFile: token"), null).credentials();
    assertThat(credentials.authorization()).isEqualTo("Bearer first");
    assertThat(credentials.renew("Bearer first")).isFalse();
    Files.writeString(folder.resolve("token"), "second");
    assertThat(credentials.renew("Bearer first")).isTrue();
    assertThat(credentials.authorization()).isEqualTo("Bearer second");
    assertThat(credentials.renew("Bearer first")).as("somebody else renewed it").isTrue();
  }

  @Test
  void impersonationOfTheKubeconfigIsTaken() throws IOException {
    Credentials credentials =
        load(GOOD.replace("token: very-secret", "token: t, as: jane, as-groups: [dev, ops]"), null)
            .credentials();
    assertThat(credentials.impersonatedUser()).isEqualTo("jane");
    assertThat(credentials.impersonatedGroups()).containsExactly("dev", "ops");
  }

  private String plugin(String script) throws IOException {
    Path file = folder.resolve("plugin");
    Files.writeString(file, "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    return GOOD.replace(
        "token: very-secret",
        "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, args: [\"a b\"],"
            + " env: [{name: WHO, value: me}], interactiveMode: Never}");
  }

  @Test
  void aPluginGivesTheTokenAndIsAskedAgainWhenItExpires() throws IOException {
    try (ScriptedServer server = new ScriptedServer()) {
      String kubeconfig =
          plugin(
                  "echo noise >&2; echo x >> $(dirname $0)/runs; n=$(wc -l < $(dirname $0)/runs);"
                      + " echo \"{\\\"kind\\\":\\\"ExecCredential\\\",\\\"status\\\":"
                      + "{\\\"token\\\":\\\"$WHO-$1-$n\\\"}}\"")
              .replace("https://127.0.0.1:1", server.url());
      server
          .then(401, "{\"kind\":\"Status\",\"message\":\"Unauthorized\"}")
          .then(200, "{\"metadata\":{\"name\":\"s\"}}");
      try (Cluster cluster = Clusters.connect(ClusterOptions.of(write(kubeconfig), null))) {
        assertThat(cluster.get(op, SECRETS, "n", "s")).isPresent();
      }
      assertThat(server.requests().getFirst()).endsWith("Bearer me-a b-1");
      assertThat(server.requests().getLast()).endsWith("Bearer me-a b-2");
    }
  }

  @Test
  void aPluginThatFailsIsNamedWithWhatItSaid() throws IOException {
    String failing = plugin("echo 'your session has ended' >&2; exit 3");
    refused(failing, null, Failure.Denied.class, "plugin", "exit code 3", "session has ended");
    refused(plugin("echo hello"), null, Failure.Denied.class, "no JSON");
    refused(plugin("echo '{}'"), null, Failure.Denied.class, "no ExecCredential");
    refused(
        plugin("echo '{\"kind\":\"ExecCredential\",\"status\":{}}'"),
        null,
        Failure.Denied.class,
        "neither a token nor a certificate");
    refused(
        failing.replace("./plugin", "no-such-program-anywhere"),
        null,
        Failure.Denied.class,
        "no-such-program-anywhere",
        "cannot be started");
  }

  @Test
  @Tag("EBS-42")
  void anExpiredTokenIsSaid() throws IOException {
    try (Sandbox sandbox = Sandbox.start();
        Cluster cluster =
            Clusters.connect(
                ClusterOptions.of(
                    write(sandbox.kubeconfig().replace(sandbox.token(), "expired-token")), null))) {
      assertThatThrownBy(() -> cluster.get(op, SECRETS, "n", "s"))
          .asInstanceOf(InstanceOfAssertFactories.type(Failure.Denied.class))
          .satisfies(failure ->
              assertThat(failure.describe())
                  .contains("does not accept the credentials", "log in again", "context sandbox")
                  .doesNotContain("expired-token"));
    }
  }

  @Test
  void aCertificateOfAnUnknownAuthorityIsNotTrusted() throws IOException {
    try (Sandbox sandbox = Sandbox.start()) {
      String without =
          sandbox.kubeconfig().replaceAll("certificate-authority-data: .*", "extensions: []");
      try (Cluster cluster = Clusters.connect(ClusterOptions.of(write(without), null))) {
        assertThatThrownBy(() -> cluster.get(op, SECRETS, "n", "s"))
            .asInstanceOf(InstanceOfAssertFactories.type(Failure.Denied.class))
            .satisfies(failure ->
                assertThat(failure.describe()).contains("not trusted", "certificate-authority"));
      }
      String skipping =
          sandbox
              .kubeconfig()
              .replaceAll("certificate-authority-data: .*", "insecure-skip-tls-verify: true");
      try (Cluster cluster = Clusters.connect(ClusterOptions.of(write(skipping), null))) {
        assertThat(cluster.get(op, SECRETS, "default", "s")).isEmpty();
      }
    }
  }

  @Test
  void whatNobodyAnswersIsGivenUpSoon() throws IOException {
    try (Socket nobody = new Socket()) { // has a port, and nobody listens
      nobody.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      unreachable("https://127.0.0.1:" + nobody.getLocalPort(), "no connection");
    }
    unreachable("https://no-such-host.invalid:6443", "no host of this name");
    try (ServerSocket plain = new ServerSocket(0, 9, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> answerPlainly(plain));
      unreachable("https://127.0.0.1:" + plain.getLocalPort(), "no TLS connection");
    }
  }

  private static void answerPlainly(ServerSocket server) {
    try {
      while (true) {
        try (var socket = server.accept()) {
          socket.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(UTF_8));
        }
      }
    } catch (IOException e) {
      // closed by the test
    }
  }

  private void unreachable(String url, String says) throws IOException {
    String text = GOOD.replace("https://127.0.0.1:1", url);
    long start = System.nanoTime();
    try (Cluster cluster =
        Clusters.connect(ClusterOptions.of(write(text), null).withTimeout(Duration.ofMinutes(2)))) {
      assertThatThrownBy(() -> cluster.may(op, "get", GroupResource.parse("pods"), ""))
          .asInstanceOf(InstanceOfAssertFactories.type(Failure.Unreachable.class))
          .satisfies(failure -> assertThat(failure.describe()).contains(says, "check", url));
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMinutes(1));
  }

  @Test
  void proxiesComeFromTheEnvironment() {
    Map<String, String> environment =
        Map.of("HTTPS_PROXY", "proxy:3128", "no_proxy", "internal, .corp.example,10.0.0.1");
    assertThat(ProxyEnvironment.proxyFor(URI.create("https://api.example:6443"), environment))
        .isEqualTo(URI.create("http://proxy:3128"));
    for (String host :
        List.of("internal", "a.internal", "x.corp.example", "10.0.0.1", "127.0.0.1")) {
      assertThat(ProxyEnvironment.proxyFor(URI.create("https://" + host + ":6443"), environment))
          .as(host)
          .isNull();
    }
    assertThat(ProxyEnvironment.proxyFor(URI.create("http://api.example"), environment)).isNull();
  }
}
