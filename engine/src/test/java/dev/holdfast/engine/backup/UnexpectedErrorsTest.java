package dev.holdfast.engine.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.LocationKeys;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.Progress;
import dev.holdfast.model.Fixtures;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.Seeded;
import dev.holdfast.model.velero.Backup;
import dev.holdfast.model.velero.ObjectMeta;
import dev.holdfast.store.DirectoryStore;
import dev.holdfast.store.fault.FaultyStore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Memory that ends in whatever thread of a backup: it ends, with that, and owes nobody anything.
 */
@Timeout(120)
class UnexpectedErrorsTest {

  @TempDir Path folder;
  private RecordedCluster recorded;
  private DirectoryStore store;

  @BeforeEach
  void start() {
    recorded = new RecordedCluster(Fixtures.path("velero-cases/cluster"));
    store = new DirectoryStore(folder.resolve("location"));
  }

  private static BackupOptions options(String spec) {
    byte[] json = spec.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    var document =
        new Backup(
            null,
            null,
            ObjectMeta.named("velero", "port"),
            Json.read(json, Backup.Spec.class, "spec"),
            null);
    return BackupOptions.of(document, "test");
  }

  /** What a call of the cluster's does instead; null: as it does. */
  @FunctionalInterface
  private interface Instead {
    void call(Object[] arguments);
  }

  private Cluster with(String name, Instead instead) {
    return (Cluster)
        Proxy.newProxyInstance(
            Cluster.class.getClassLoader(),
            new Class<?>[] {Cluster.class},
            (_, method, arguments) -> {
              if (method.getName().equals(name)) {
                instead.call(arguments);
              }
              try {
                return method.invoke(recorded, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** Else a backup would say of what changed meanwhile that nothing did. */
  @Test
  void aWatchThatEndsWithAnErrorEndsTheBackup() {
    CountDownLatch watched = new CountDownLatch(1);
    Cluster cluster =
        with(
            "watch",
            _ -> {
              watched.countDown();
              throw new OutOfMemoryError("injected");
            });
    Progress late =
        new Progress() {
          @Override
          public void phase(String name) {
            if (name.equals("archive")) {
              try {
                watched.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            }
          }
        };
    var run = new BackupRun(cluster, store, options("{'includedNamespaces':['lighthouse']}"), late);
    assertThatThrownBy(() -> run.run(Operation.start())).isInstanceOf(OutOfMemoryError.class);
    assertThat(phase()).isEqualTo("Failed");
  }

  private String phase() {
    Backup.Status status = new StoredBackup(store, "port").document().status();
    return status == null ? "" : String.valueOf(status.phase());
  }

  /** Two pods share a claim, and the first one's post hook cannot even be tried. */
  @Test
  void aPostHookThatEndsWithAnErrorLeavesNoOtherPodFrozenAndIsMadeUpFor() {
    List<String> pods = List.of("gate-785c9dc75-gff4r", "gate-785c9dc75-hgq59");
    for (String pod : pods) {
      ObjectNode object = recorded.object(ItemKey.of("pods", "harbour", pod));
      object
          .withObject("/metadata/annotations")
          .put("post.hook.backup.velero.io/command", "[\"thaw\"]");
      object
          .withArray("/spec/volumes")
          .addObject()
          .put("name", "log")
          .putObject("persistentVolumeClaim")
          .put("claimName", "log-crane-0");
    }
    List<String> thawed = new CopyOnWriteArrayList<>();
    Cluster cluster =
        with(
            "exec",
            arguments -> {
              var request = (Cluster.ExecRequest) arguments[1];
              if (request.command().contains("thaw")) {
                thawed.add(request.pod());
                if (request.pod().equals(pods.getFirst())) {
                  throw new OutOfMemoryError("injected");
                }
              }
            });
    var run =
        new BackupRun(
            cluster, store, options("{'includedNamespaces':['harbour']}"), Progress.SILENT);
    assertThatThrownBy(() -> run.run(Operation.start())).isInstanceOf(OutOfMemoryError.class);
    assertThat(thawed).containsExactlyElementsOf(pods);
    assertThat(store.list(Operation.start(), LocationKeys.OPEN_HOOKS).objects()).hasSize(1);
  }

  /** Once, at any operation: there is a whole backup, or a failed one, or at most a claim. */
  @Test
  void memoryThatEndsAtTheStoreLeavesNoHalfBackup() throws Exception {
    FaultyStore counting = new FaultyStore(store);
    BackupOptions options = options("{'includedNamespaces':['lighthouse']}");
    new BackupRun(recorded, counting, options, Progress.SILENT).run(Operation.start());
    int calls = counting.calls().size();
    Seeded.check(
        10,
        random -> {
          long number = 1L + random.nextInt(calls);
          store = new DirectoryStore(folder.resolve("location-" + random.nextLong()));
          FaultyStore faulty = new FaultyStore(store);
          faulty.on(FaultyStore.nth(number), FaultyStore.outOfMemory());
          var run = new BackupRun(recorded, faulty, options, Progress.SILENT);
          var stored = new StoredBackup(store, "port");
          try {
            run.run(Operation.start());
            stored.checkWhole();
            return;
          } catch (OutOfMemoryError e) {
            assertThat(e).hasMessageContaining("Injected");
          }
          if (!stored.exists()) {
            assertThat(stored.keys()).as("operation %d", number).isSubsetOf("holdfast-claim.json");
          } else if (!phase().equals("Failed")) {
            stored.checkWhole();
          }
        });
  }

  @Test
  void aClaimIsRefreshedAgainAfterMemoryHadEnded() {
    FaultyStore faulty = new FaultyStore(store);
    BackupKeys keys = new BackupKeys("port");
    try (RunClaim claim = RunClaim.take(Operation.start(), faulty, keys, "test")) {
      faulty.on(FaultyStore.writes(), FaultyStore.outOfMemory());
      assertThatCode(claim::refresh).doesNotThrowAnyException();
      faulty.heal();
      claim.refresh();
      claim.requireHeld();
    }
  }
}
