package dev.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.cluster.Cluster.ListOptions;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import dev.holdfast.sandbox.Sandbox;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** When connections are opened, used again and given up. */
@Timeout(300)
class ConnectionsTest {

  private static Sandbox sandbox;

  @TempDir Path folder;
  private final Operation op = Operation.start();

  @BeforeAll
  static void start() {
    sandbox = Sandbox.start();
  }

  @AfterAll
  static void stop() {
    sandbox.close();
  }

  private static int port() {
    return URI.create(sandbox.url()).getPort();
  }

  private Cluster connect(String kubeconfig) throws IOException {
    Path file = Files.writeString(folder.resolve("kubeconfig"), kubeconfig);
    return Clusters.connect(ClusterOptions.of(file, null).withTimeout(Duration.ofSeconds(30)));
  }

  private Cluster through(Relay relay) throws IOException {
    return connect(sandbox.kubeconfig().replace(":" + port(), ":" + relay.port()));
  }

  private ResourceType namespaces(Cluster cluster) {
    return cluster.discover(op).find(GroupResource.parse("namespaces")).orElseThrow();
  }

  @Test
  void requestsInARowTakeOneConnection() throws IOException {
    try (Relay relay = Relay.to(port());
        Cluster cluster = through(relay)) {
      ResourceType type = namespaces(cluster);
      int before = relay.accepted();
      for (int i = 0; i < 5; i++) {
        assertThat(cluster.get(op, type, "", "default")).isPresent();
        cluster.list(op, type, "", ListOptions.ALL, item -> {});
      }
      assertThat(relay.accepted()).isEqualTo(before);
    }
  }

  @Test
  void anAnswerThatIsNotReadToItsEndCostsItsConnection() throws IOException {
    try (Relay relay = Relay.to(port());
        Cluster cluster = through(relay)) {
      ResourceType type = namespaces(cluster);
      long before = relay.open();
      assertThatThrownBy(() ->
              cluster.list(
                  op,
                  type,
                  "",
                  ListOptions.ALL,
                  item -> {
                    throw new IllegalStateException("enough");
                  }))
          .hasMessage("enough");
      await().untilAsserted(() -> assertThat(relay.open()).isEqualTo(before - 1));
      assertThat(cluster.get(op, type, "", "default")).isPresent();
    }
  }

  @Test
  void aConnectionThatTheServerClosedIsReplaced() throws IOException {
    try (Relay relay = Relay.to(port());
        Cluster cluster = through(relay)) {
      ResourceType type = namespaces(cluster);
      int before = relay.accepted();
      relay.cut();
      assertThat(cluster.get(op, type, "", "default")).isPresent();
      assertThat(relay.accepted()).isEqualTo(before + 1);
    }
  }

  @Test
  void aProxyIsAskedToConnectToTheServer() throws IOException {
    try (Relay proxy = Relay.proxy(200);
        Cluster cluster = connect(behind(proxy))) {
      List<String> names = new ArrayList<>();
      cluster.list(op, namespaces(cluster), "", ListOptions.ALL, item -> names.add(item.name()));
      assertThat(names).contains("default");
      assertThat(proxy.targets()).containsOnly("127.0.0.1:" + port());
    }
  }

  @Test
  void aProxyThatRefusesIsNamed() throws IOException {
    try (Relay proxy = Relay.proxy(407);
        Cluster cluster = connect(behind(proxy))) {
      assertThatThrownBy(() -> cluster.discover(op))
          .isInstanceOf(Failure.Unreachable.class)
          .hasMessageContaining("the proxy http://127.0.0.1:" + proxy.port())
          .hasMessageContaining("HTTP 407");
    }
  }

  @Test
  void aServerMayHaveACertificateForAnotherName() throws IOException {
    String kubeconfig = sandbox.kubeconfig();
    String named =
        kubeconfig.replace("    server: ", "    tls-server-name: localhost\n    server: ");
    try (Cluster cluster = connect(named)) {
      assertThat(cluster.get(op, namespaces(cluster), "", "default")).isPresent();
    }
    try (Cluster cluster = connect(named.replace("localhost", "elsewhere.example"))) {
      assertThatThrownBy(() -> cluster.discover(op))
          .isInstanceOf(Failure.Denied.class)
          .hasMessageContaining("it is not for this host name");
    }
  }

  @Test
  void aProxyOfAnotherKindIsRefused() {
    assertThatThrownBy(() ->
            connect(
                sandbox
                    .kubeconfig()
                    .replace(
                        "    server: ", "    proxy-url: socks5://127.0.0.1:1080\n    server: ")))
        .isInstanceOf(Failure.Unsupported.class)
        .hasMessageContaining("socks5://127.0.0.1:1080");
  }

  private static String behind(Relay proxy) {
    return sandbox
        .kubeconfig()
        .replace(
            "server: " + sandbox.url(),
            "server: " + sandbox.url() + "\n    proxy-url: http://127.0.0.1:" + proxy.port());
  }
}
