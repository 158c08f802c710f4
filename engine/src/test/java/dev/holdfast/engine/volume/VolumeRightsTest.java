package dev.holdfast.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.backup.BackupOptions;
import dev.holdfast.engine.backup.BackupOutcome;
import dev.holdfast.engine.backup.BackupRun;
import dev.holdfast.engine.restore.RestoreInputs;
import dev.holdfast.engine.restore.RestoreOutcome;
import dev.holdfast.engine.restore.action.ImageMapping;
import dev.holdfast.engine.restore.action.StorageClassMapping;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The Roles that docs/volumes.md gives are enough to back a namespace up and to restore it. */
@org.jspecify.annotations.NullUnmarked
@Timeout(300)
class VolumeRightsTest {

  private static final Path ROOT = Path.of(System.getProperty("holdfast.root", ".."));
  private static final Pattern BLOCK =
      Pattern.compile("```yaml\n(apiVersion: rbac.*?)```", Pattern.DOTALL);

  private static final String APPLICATION =
      """
      apiVersion: v1
      kind: Namespace
      metadata: {name: shop}
      ---
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: data, namespace: shop}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
      ---
      apiVersion: v1
      kind: Pod
      metadata: {name: db, namespace: shop}
      spec:
        terminationGracePeriodSeconds: 0
        containers:
        - name: db
          image: localhost/host
          command: [sleep, infinity]
          volumeMounts: [{name: data, mountPath: /data}]
        volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
      ---
      """;

  private static final String NAMESPACE =
      """
      apiVersion: v1
      kind: Namespace
      metadata: {name: shop}
      ---
      """;

  private static final String BINDING =
      """
      apiVersion: rbac.authorization.k8s.io/v1
      kind: RoleBinding
      metadata: {name: %1$s, namespace: shop}
      roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: %1$s}
      subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: kelp}]
      ---
      """;

  @TempDir Path folder;

  private static List<String> roles() throws IOException {
    return BLOCK
        .matcher(Files.readString(ROOT.resolve("docs/volumes.md")))
        .results()
        .map(found -> found.group(1))
        .toList();
  }

  private void backUp(Town town, Cluster user) {
    try (VolumeRepositories repositories = town.repositories()) {
      BackupOptions options =
          town.options(
              "one",
              "{'includedNamespaces':['shop'],'defaultVolumesToFsBackup':true}",
              repositories);
      BackupOutcome outcome =
          new BackupRun(user, town.store(), options, Progress.SILENT).run(Town.op());
      assertThat(outcome.results().errors().all()).isEmpty();
    }
  }

  @Test
  @Tag("EMF-10")
  void theDocumentedRoleIsEnough() throws IOException {
    try (Town town = new Town(folder, 1)) {
      town.apply(APPLICATION + BINDING.formatted("holdfast") + roles().getFirst());
      town.ready("shop", "db");
      town.exec("shop", "db", "echo rows > /data/table");
      backUp(town, town.cluster().as("kelp", List.of("system:authenticated")));
      try (var in = town.store().get(Town.op(), new BackupKeys("one").volumeInfo())) {
        assertThat(VolumeInfo.read(in.readAllBytes(), "volumes"))
            .singleElement()
            .matches(info -> "succeeded".equals(info.result()));
      }
    }
  }

  @Test
  @Tag("EMF-10")
  void theDocumentedRoleIsEnoughToRestoreIntoANamespaceThatIsThere() throws IOException {
    try (Town town = new Town(folder, 1)) {
      Cluster user = town.cluster().as("kelp", List.of("system:authenticated"));
      town.apply(APPLICATION + BINDING.formatted("holdfast") + roles().getFirst());
      town.ready("shop", "db");
      town.exec("shop", "db", "echo rows > /data/table");
      backUp(town, user);
      town.delete("namespaces", "", "shop");
      town.apply(NAMESPACE + BINDING.formatted("holdfast-restore") + roles().getLast());
      RestoreInputs inputs =
          RestoreInputs.NONE.mapped(
              new StorageClassMapping(Map.of("standard", "immediate")), ImageMapping.NONE);
      RestoreOutcome outcome = town.restore(user, Town.op(), "back", "one", "", inputs);
      assertThat(outcome.results().errors().all()).isEmpty();
      town.ready("shop", "db");
      assertThat(town.exec("shop", "db", "cat /data/table")).isEqualTo("rows\n");
      assertThat(town.get("persistentvolumeclaims", "shop", "data").orElseThrow().toString())
          .contains("\"storageClassName\":\"immediate\"");
    }
  }
}
