package dev.holdfast.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.backup.BackupOptions;
import dev.holdfast.engine.backup.BackupOutcome;
import dev.holdfast.engine.backup.BackupRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The Role that docs/volumes.md gives is enough to back a namespace up with its volumes. */
@org.jspecify.annotations.NullUnmarked
@Timeout(120)
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
      apiVersion: rbac.authorization.k8s.io/v1
      kind: RoleBinding
      metadata: {name: holdfast, namespace: shop}
      roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: holdfast}
      subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: kelp}]
      ---
      """;

  @TempDir Path folder;

  @Test
  @Tag("EMF-10")
  void theDocumentedRoleIsEnough() throws IOException {
    Matcher role = BLOCK.matcher(Files.readString(ROOT.resolve("docs/volumes.md")));
    assertThat(role.find()).isTrue();
    try (Town town = new Town(folder, 1)) {
      town.apply(APPLICATION + role.group(1));
      town.ready("shop", "db");
      town.exec("shop", "db", "echo rows > /data/table");
      Cluster user = town.cluster().as("kelp", List.of("system:authenticated"));
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
      try (var in = town.store().get(Town.op(), new BackupKeys("one").volumeInfo())) {
        assertThat(VolumeInfo.read(in.readAllBytes(), "volumes"))
            .singleElement()
            .matches(info -> "succeeded".equals(info.result()));
      }
    }
  }
}
