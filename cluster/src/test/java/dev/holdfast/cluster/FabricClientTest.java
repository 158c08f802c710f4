package dev.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.sandbox.Sandbox;
import dev.holdfast.sandbox.SandboxOptions;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElector;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a client that nobody here wrote does most against the sandbox. */
@org.jspecify.annotations.NullUnmarked
class FabricClientTest {

  @TempDir private Path folder;
  private Sandbox sandbox;
  private KubernetesClient client;

  @BeforeEach
  void start() {
    sandbox = Sandbox.start(options());
    client = connect();
    client
        .resource(new NamespaceBuilder().withNewMetadata().withName("shop").endMetadata().build())
        .create();
  }

  @AfterEach
  void stop() {
    client.close();
    sandbox.close();
  }

  private SandboxOptions options() {
    return SandboxOptions.DEFAULT.data(folder);
  }

  private KubernetesClient connect() {
    Config config = Config.fromKubeconfig(sandbox.kubeconfig());
    return new KubernetesClientBuilder()
        .withConfig(
            new ConfigBuilder(config)
                .withRequestRetryBackoffLimit(0)
                .withWatchReconnectInterval(50)
                .build())
        .build();
  }

  private static ConfigMap map(String name, String value) {
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace("shop")
        .addToLabels("app", "till")
        .endMetadata()
        .addToData("key", value)
        .build();
  }

  /** Notes what an informer tells. */
  private static final class Notes implements ResourceEventHandler<ConfigMap> {
    final List<String> lines = new CopyOnWriteArrayList<>();

    @Override
    public void onAdd(ConfigMap map) {
      lines.add("+" + map.getMetadata().getName() + map.getData());
    }

    @Override
    public void onUpdate(ConfigMap before, ConfigMap after) {
      if (!before
          .getMetadata()
          .getResourceVersion()
          .equals(after.getMetadata().getResourceVersion())) {
        lines.add(before.getData() + ">" + after.getData());
      }
    }

    @Override
    public void onDelete(ConfigMap map, boolean finalStateUnknown) {
      lines.add("-" + map.getMetadata().getName());
    }
  }

  @Test
  void informersFollowAcrossARestartOfTheServer() {
    client.resource(map("a", "1")).create();
    Notes notes = new Notes();
    try (SharedIndexInformer<ConfigMap> informer =
        client.configMaps().inNamespace("shop").withLabel("app", "till").inform(notes)) {
      await().until(informer::hasSynced);
      assertThat(notes.lines).containsExactly("+a{key=1}");
      client.resource(map("b", "1")).create();
      client.resource(map("b", "2")).update();
      await().untilAsserted(() -> assertThat(notes.lines).contains("{key=1}>{key=2}"));

      sandbox.close();
      sandbox = Sandbox.start(options());
      client.configMaps().inNamespace("shop").withName("a").delete();
      client.resource(map("c", "3")).create();
      await()
          .atMost(Duration.ofMinutes(2))
          .untilAsserted(() ->
              assertThat(notes.lines)
                  .containsExactly("+a{key=1}", "+b{key=1}", "{key=1}>{key=2}", "-a", "+c{key=3}"));
      assertThat(informer.getStore().list())
          .extracting(map -> map.getMetadata().getName())
          .containsExactlyInAnyOrder("b", "c");
    }
  }

  @Test
  void serverSideApplyKeepsManagersApart() {
    Deployment wanted =
        new DeploymentBuilder()
            .withNewMetadata()
            .withName("web")
            .withNamespace("shop")
            .endMetadata()
            .withNewSpec()
            .withReplicas(2)
            .withNewSelector()
            .addToMatchLabels("app", "web")
            .endSelector()
            .withNewTemplate()
            .withNewMetadata()
            .addToLabels("app", "web")
            .endMetadata()
            .withNewSpec()
            .addNewContainer()
            .withName("web")
            .withImage("web:1")
            .endContainer()
            .endSpec()
            .endTemplate()
            .endSpec()
            .build();
    Deployment applied = client.resource(wanted).fieldManager("ada").serverSideApply();
    assertThat(applied.getSpec().getStrategy().getType()).isEqualTo("RollingUpdate");
    assertThat(applied.getMetadata().getManagedFields())
        .singleElement()
        .satisfies(entry -> {
          assertThat(entry.getManager()).isEqualTo("ada");
          assertThat(entry.getOperation()).isEqualTo("Apply");
        });

    String other =
        """
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":5,
         "template":{"spec":{"containers":[{"name":"helper","image":"helper:1"}]}}}}
        """;
    PatchContext.Builder bob =
        new PatchContext.Builder()
            .withPatchType(PatchType.SERVER_SIDE_APPLY)
            .withFieldManager("bob");
    var resource = client.apps().deployments().inNamespace("shop").withName("web");
    assertThatThrownBy(() -> resource.patch(bob.build(), other))
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining("conflict with \"ada\"")
        .hasMessageContaining(".spec.replicas");
    Deployment forced = resource.patch(bob.withForce(true).build(), other);
    assertThat(forced.getSpec().getReplicas()).isEqualTo(5);
    assertThat(forced.getSpec().getTemplate().getSpec().getContainers())
        .extracting(container -> container.getName())
        .containsExactly("web", "helper");
    wanted.getSpec().setReplicas(null);
    assertThat(
            client.resource(wanted).fieldManager("ada").serverSideApply().getSpec().getReplicas())
        .isEqualTo(5);
  }

  @Test
  void leadersChangeWhenOneLetsGo() {
    List<String> leaders = new CopyOnWriteArrayList<>();
    try (KubernetesClient second = connect()) {
      CompletableFuture<?> one = elector(client, "one", leaders).start();
      await().untilAsserted(() -> assertThat(leaders).containsExactly("one"));
      CompletableFuture<?> two = elector(second, "two", leaders).start();
      await()
          .during(Duration.ofMillis(300))
          .untilAsserted(() -> assertThat(leaders).containsExactly("one"));
      one.cancel(true);
      await()
          .atMost(Duration.ofMinutes(2))
          .untilAsserted(() -> assertThat(leaders).containsExactly("one", "two"));
      var lease = client.leases().inNamespace("shop").withName("lead").get();
      assertThat(lease.getSpec().getHolderIdentity()).isEqualTo("two");
      assertThat(lease.getSpec().getLeaseTransitions()).isPositive();
      two.cancel(true);
    }
  }

  private static LeaderElector elector(KubernetesClient client, String name, List<String> leaders) {
    return client
        .leaderElector()
        .withConfig(
            new LeaderElectionConfigBuilder()
                .withName(name)
                .withLeaseDuration(Duration.ofMinutes(2)) // it is let go, and does not run out
                .withRenewDeadline(Duration.ofMinutes(1))
                .withRetryPeriod(Duration.ofMillis(100))
                .withReleaseOnCancel(true)
                .withLock(new LeaseLock("shop", "lead", name))
                .withLeaderCallbacks(
                    new LeaderCallbacks(() -> leaders.add(name), () -> {}, leader -> {}))
                .build())
        .build();
  }

  @Test
  void objectsOfEveryKindGoInAndComeBack() {
    client
        .load(
            new java.io.ByteArrayInputStream(
                """
                apiVersion: v1
                kind: List
                items:
                - {apiVersion: v1, kind: ServiceAccount, metadata: {name: till, namespace: shop}}
                - {apiVersion: v1, kind: Secret, metadata: {name: till, namespace: shop}, stringData: {a: b}}
                """
                    .getBytes(java.nio.charset.StandardCharsets.UTF_8)))
        .create();
    assertThat(client.secrets().inNamespace("shop").withName("till").get().getData())
        .isEqualTo(Map.of("a", "Yg=="));
    client.configMaps().inNamespace("shop").resource(map("a", "1")).createOr(r -> r.update());
    ConfigMap edited =
        client
            .configMaps()
            .inNamespace("shop")
            .withName("a")
            .edit(map -> new ConfigMapBuilder(map).addToData("more", "x").build());
    assertThat(edited.getData()).containsOnlyKeys("key", "more");
    assertThat(client.namespaces().withName("shop").delete()).isNotEmpty();
    client
        .namespaces()
        .withName("shop")
        .waitUntilCondition(ns -> ns == null, 120, java.util.concurrent.TimeUnit.SECONDS);
  }
}
