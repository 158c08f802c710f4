package dev.holdfast.engine.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.ClusterOptions;
import dev.holdfast.cluster.Clusters;
import dev.holdfast.engine.Progress;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Fixtures;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import dev.holdfast.model.velero.Backup;
import dev.holdfast.model.velero.ObjectMeta;
import dev.holdfast.sandbox.Sandbox;
import dev.holdfast.sandbox.SandboxOptions;
import dev.holdfast.sandbox.http.Faults;
import dev.holdfast.store.DirectoryStore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A backup over a real port: items that change meanwhile, and an API server in trouble. */
class BackupOnSandboxTest {

  @TempDir Path folder;
  private Sandbox sandbox;
  private Cluster cluster;
  private DirectoryStore store;

  @BeforeEach
  void start() {
    Path kubeconfig = folder.resolve("kubeconfig");
    sandbox =
        Sandbox.start(
            SandboxOptions.DEFAULT
                .load(Fixtures.path("velero-cases/cluster"))
                .kubeconfig(kubeconfig));
    cluster = Clusters.connect(ClusterOptions.of(kubeconfig, null));
    store = new DirectoryStore(folder.resolve("location"));
  }

  @AfterEach
  void stop() {
    cluster.close();
    sandbox.close();
  }

  private BackupOutcome run(String name, String spec, Progress progress) {
    await().until(sandbox::settled); // else what its controllers write is a change meanwhile
    var document =
        new Backup(
            null,
            null,
            ObjectMeta.named("velero", name),
            Json.read(
                spec.replace('\'', '"').getBytes(StandardCharsets.UTF_8),
                Backup.Spec.class,
                "spec"),
            null);
    return new BackupRun(cluster, store, BackupOptions.of(document, "test"), progress)
        .run(Operation.start());
  }

  @Test
  @Tag("KUR-37")
  void anItemThatChangesWhileTheBackupRunsIsAWarningThatNamesIt() {
    Set<String> warnings = ConcurrentHashMap.newKeySet();
    Progress meddling =
        new Progress() {
          @Override
          public void phase(String name) {
            if (name.equals("archive")) {
              annotate("configmaps", "lamp");
              delete("serviceaccounts", "default");
              await()
                  .atMost(Duration.ofMinutes(2))
                  .until(() -> heard("configmaps/") && heard("serviceaccounts/"));
            }
          }

          private boolean heard(String start) {
            return warnings.stream().anyMatch(w -> w.startsWith(start));
          }

          @Override
          public void warning(String message) {
            warnings.add(message);
          }
        };
    BackupOutcome outcome = run("shop", "{'includedNamespaces':['lighthouse']}", meddling);
    assertThat(outcome.phase()).isEqualTo("Completed");
    assertThat(outcome.results().warnings().all())
        .anyMatch(w -> w.contains("/lamp") && w.contains("changed while the backup ran"))
        .anyMatch(w -> w.contains("/default") && w.contains("was deleted while the backup ran"))
        .hasSize(2);
    ItemKey lamp = ItemKey.of("configmaps", "lighthouse", "lamp");
    ObjectNode stored = Json.object(new StoredBackup(store, "shop").item(lamp), "lamp");
    assertThat(stored.at("/metadata/annotations/meddled").isMissingNode()).isTrue();
  }

  /** As a user who may list but not watch, or in a cluster of more types than can be watched. */
  @Test
  @Tag("KUR-37")
  void whatCannotBeWatchedIsListedAgain() {
    Cluster watching = cluster;
    cluster =
        (Cluster)
            Proxy.newProxyInstance(
                Cluster.class.getClassLoader(),
                new Class<?>[] {Cluster.class},
                (_, method, arguments) -> {
                  if (method.getName().equals("watch")) {
                    throw new Failure.Denied("cannot watch", null, null);
                  }
                  try {
                    return method.invoke(watching, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
    Progress meddling =
        new Progress() {
          @Override
          public void phase(String name) {
            if (name.equals("archive")) {
              annotate("configmaps", "lamp");
              delete("configmaps", "openshift-service-ca.crt");
            }
          }
        };
    try {
      BackupOutcome outcome = run("shop", "{'includedNamespaces':['lighthouse']}", meddling);
      assertThat(outcome.results().warnings().all())
          .anyMatch(w -> w.contains("/lamp") && w.contains("changed while the backup ran"))
          .anyMatch(w ->
              w.contains("/openshift-service-ca.crt")
                  && w.contains("was deleted while the backup ran"))
          .hasSize(2);
      assertThat(run("quiet", "{}", Progress.SILENT).results().warnings().all())
          .noneMatch(w -> w.contains("while the backup ran"));
    } finally {
      cluster = watching;
    }
  }

  @Test
  @Tag("SF-1")
  void aQuietClusterGivesNoWarningOfChanges() {
    BackupOutcome outcome = run("all", "{}", Progress.SILENT);
    assertThat(outcome.results().warnings().all())
        .noneMatch(w -> w.contains("while the backup ran"));
    new StoredBackup(store, "all").checkWhole();
  }

  /** A user who may edit one namespace and nothing else in the cluster. */
  @Test
  @Tag("SF-15")
  void anOrdinaryUserBacksUpHisNamespace() {
    cluster.create(
        Operation.start(),
        cluster
            .discover(Operation.start())
            .find(GroupResource.parse("rolebindings.rbac.authorization.k8s.io"))
            .orElseThrow(),
        "lighthouse",
        """
        {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding",
        "metadata":{"name":"keeper"},
        "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"edit"},
        "subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"keeper"}]}\
        """
            .getBytes(StandardCharsets.UTF_8),
        Cluster.WriteOptions.NONE);
    Cluster admin = cluster;
    cluster = admin.as("keeper", List.of("system:authenticated"));
    try {
      BackupOutcome outcome = run("mine", "{'includedNamespaces':['lighthouse']}", Progress.SILENT);
      assertThat(outcome.phase()).as(outcome.results().toString()).isEqualTo("Completed");
      assertThat(items(outcome).stream().map(ItemKey::toString))
          .contains("configmaps/lighthouse/lamp", "serviceaccounts/lighthouse/default")
          .as("he may read the one namespace that he works in")
          .contains("namespaces/lighthouse");
      assertThat(outcome.results().warnings().all())
          .anyMatch(w -> w.contains("/limitranges") || w.contains("/rolebindings"))
          .anyMatch(w -> w.contains("/namespaces"));
    } finally {
      cluster = admin;
    }
  }

  private ResourceType type(String resource) {
    return cluster.discover(Operation.start()).find(new GroupResource("", resource)).orElseThrow();
  }

  private void annotate(String resource, String name) {
    cluster.patch(
        Operation.start(),
        type(resource),
        "lighthouse",
        name,
        Cluster.PatchType.MERGE,
        "{\"metadata\":{\"annotations\":{\"meddled\":\"yes\"}}}".getBytes(StandardCharsets.UTF_8),
        Cluster.WriteOptions.NONE);
  }

  private void delete(String resource, String name) {
    cluster.delete(
        Operation.start(), type(resource), "lighthouse", name, Cluster.DeleteOptions.NONE);
  }

  /** Whatever the API server does to a tenth of the requests, the backup is the same. */
  @ParameterizedTest
  @EnumSource(
      value = Faults.Kind.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"SILENCE", "SLOW_BODY", "TOO_MANY_REQUESTS"})
  void anApiServerInTroubleMakesTheBackupSlowerNotSmaller(Faults.Kind kind) {
    String spec = "{'includedNamespaces':['harbour','harbour-east']}";
    Set<ItemKey> expected = items(run("calm", spec, Progress.SILENT));
    AtomicInteger asked = new AtomicInteger();
    sandbox
        .faults()
        .often(kind, 1, request -> !request.flag("watch") && asked.incrementAndGet() % 10 == 0);
    assertThat(items(run("storm", spec, Progress.SILENT))).isEqualTo(expected);
    assertThat(sandbox.faults().hits()).isPositive();
  }

  @Test
  void anAnswerThatNeverComesIsAskedForAgain() {
    cluster.close();
    cluster =
        Clusters.connect(
            ClusterOptions.of(folder.resolve("kubeconfig"), null)
                .withTimeout(Duration.ofSeconds(1)));
    sandbox
        .faults()
        .next(Faults.Kind.SILENCE, 2, request -> request.path().endsWith("/configmaps"));
    BackupOutcome outcome = run("shop", "{'includedNamespaces':['lighthouse']}", Progress.SILENT);
    assertThat(outcome.phase()).isEqualTo("Completed");
    assertThat(sandbox.faults().hits()).isEqualTo(2);
  }

  @Test
  void aServerThatAsksToWaitIsWaitedFor() {
    sandbox
        .faults()
        .next(Faults.Kind.TOO_MANY_REQUESTS, 3, request -> request.path().endsWith("/configmaps"));
    BackupOutcome outcome = run("shop", "{'includedNamespaces':['lighthouse']}", Progress.SILENT);
    assertThat(outcome.phase()).isEqualTo("Completed");
    assertThat(sandbox.faults().hits()).isEqualTo(3);
  }

  private Set<ItemKey> items(BackupOutcome outcome) {
    String name = String.valueOf(outcome.document().metadata().name());
    return new StoredBackup(store, name).checkWhole().items().keySet();
  }
}
