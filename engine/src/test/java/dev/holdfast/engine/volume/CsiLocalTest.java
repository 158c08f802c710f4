package dev.holdfast.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.backup.BackupOutcome;
import dev.holdfast.engine.backup.Backups;
import dev.holdfast.engine.backup.StoredSnapshots;
import dev.holdfast.engine.restore.Planner;
import dev.holdfast.engine.restore.RestoreInputs;
import dev.holdfast.engine.restore.RestoreOptions;
import dev.holdfast.engine.restore.RestoreOutcome;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.velero.ObjectMeta;
import dev.holdfast.model.velero.Restore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** CSI snapshots that stay in the storage. */
@org.jspecify.annotations.NullUnmarked
@Timeout(300)
class CsiLocalTest {

  @TempDir Path folder;
  private CsiTown csi;
  private Town town;

  @BeforeEach
  void open() {
    csi = new CsiTown(folder);
    town = csi.town;
    csi.start(CsiTown.APPLICATION);
    var _ = town.exec("shop", "db-0", "echo rows > /data/table");
  }

  @AfterEach
  void close() {
    csi.close();
  }

  private String record(String key) throws IOException {
    try (var in = new GZIPInputStream(town.store().get(Town.op(), key))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private String handle(String backup) {
    return csi.volumes(backup).getFirst().csiSnapshotInfo().snapshotHandle();
  }

  private String table(String namespace) {
    town.ready(namespace, "db-0");
    return town.exec(namespace, "db-0", "cat /data/table");
  }

  @Test
  @Tag("EBS-35")
  @Tag("EBS-36")
  @Tag("EBS-39")
  void comesBackFromTheStorageHereAndInAnotherNamespace() throws Exception {
    BackupOutcome outcome = csi.backup("first", CsiTown.LOCAL);
    assertThat(outcome.results().errors().all()).isEmpty();
    assertThat(outcome.results().warnings().all()).isEmpty();
    assertThat(Files.exists(town.repository("shop"))).as("nothing is uploaded").isFalse();
    csi.assertNothingLeft();
    recorded(outcome);
    String plan = plan("first");
    assertThat(plan)
        .contains(
            "content of volume claim shop/data-db-0 comes from CSI snapshot " + handle("first"));

    var _ = town.exec("shop", "db-0", "echo later > /data/table");
    RestoreOutcome copied =
        town.restore(Town.op(), "copied", "first", ",'namespaceMapping':{'shop':'copy'}");
    assertThat(copied.results().errors().all()).isEmpty();
    assertThat(table("copy")).isEqualTo("rows\n");
    assertThat(table("shop")).isEqualTo("later\n");
    town.delete("namespaces", "", "shop");
    RestoreOutcome back = town.restore(Town.op(), "back", "first", "");
    assertThat(back.results().errors().all()).isEmpty();
    assertThat(table("shop")).isEqualTo("rows\n");
    JsonNode claim = town.get("persistentvolumeclaims", "shop", "data-db-0").orElseThrow();
    assertThat(claim.at("/spec/dataSource/kind").asText()).isEqualTo("VolumeSnapshot");
    assertThat(claim.toString()).doesNotContain("velero.io/volume-snapshot-name", "must-include");
    assertThat(csi.list("volumesnapshotcontents.snapshot.storage.k8s.io", ""))
        .hasSize(2)
        .allMatch(each -> each.at("/spec/deletionPolicy").asText().equals("Retain"))
        .allMatch(each -> each.at("/spec/source/snapshotHandle").asText().equals(handle("first")));
    town.delete("namespaces", "", "copy");
    assertThat(town.restore(Town.op(), "again", "first", ",'restorePVs':false").results())
        .matches(results -> results.errors().all().isEmpty());
  }

  /** As Velero 1.14 to 1.18 look for them. */
  private void recorded(BackupOutcome outcome) throws IOException {
    BackupKeys keys = new BackupKeys("first");
    VolumeInfo info = csi.volumes("first").getFirst();
    assertThat(info.backupMethod()).isEqualTo("CSISnapshot");
    assertThat(info.snapshotDataMoved()).isFalse();
    assertThat(info.preserveLocalSnapshot()).isTrue();
    assertThat(info.csiSnapshotInfo().driver()).isEqualTo("csi.sandbox.holdfast.dev");
    assertThat(info.csiSnapshotInfo().size()).isEqualTo(1 << 30);
    assertThat(outcome.document().status().csiVolumeSnapshotsAttempted()).isEqualTo(1);
    assertThat(outcome.document().status().csiVolumeSnapshotsCompleted()).isEqualTo(1);
    JsonNode snapshot = Json.MAPPER.readTree(record(keys.csiVolumeSnapshots())).path(0);
    JsonNode content = Json.MAPPER.readTree(record(keys.csiVolumeSnapshotContents())).path(0);
    assertThat(record(keys.csiVolumeSnapshotClasses())).contains("\"name\":\"csi\"");
    assertThat(content.at("/metadata/name").asText()).isEqualTo(info.csiSnapshotInfo().vscName());
    assertThat(content.at("/status/snapshotHandle").asText()).isEqualTo(handle("first"));
    assertThat(content.at("/spec/deletionPolicy").asText()).isEqualTo("Retain");
    assertThat(snapshot.at("/metadata/annotations").toString())
        .contains("\"velero.io/csi-volumesnapshot-handle\":\"" + handle("first") + "\"")
        .contains("\"velero.io/csi-vsc-deletion-policy\":\"Delete\"")
        .contains("\"velero.io/csi-volumesnapshot-restore-size\":\"1Gi\"");
    assertThat(snapshot.at("/metadata/labels/app").asText()).isEqualTo("db");
    String list = record(keys.resourceList());
    assertThat(list)
        .contains("snapshot.storage.k8s.io/v1/VolumeSnapshot\"")
        .contains("snapshot.storage.k8s.io/v1/VolumeSnapshotContent\"")
        .contains("snapshot.storage.k8s.io/v1/VolumeSnapshotClass\"");
  }

  private String plan(String backup) throws IOException {
    var document =
        new Restore(
            null,
            null,
            ObjectMeta.named("velero", "planned"),
            Json.read(
                ("{\"backupName\":\"" + backup + "\"}").getBytes(StandardCharsets.UTF_8),
                Restore.Spec.class,
                "spec"),
            null);
    RestoreOptions options = RestoreOptions.of(document, "test").scratch(folder);
    StringBuilder text = new StringBuilder();
    new Planner(town.cluster(), town.store(), options, false, Progress.SILENT, null)
        .plan(Town.op())
        .print(text, _ -> true);
    return text.toString();
  }

  @Test
  void withoutItsSnapshotARestoreSaysSo() throws Exception {
    assertThat(csi.backup("first", CsiTown.LOCAL).results().errors().all()).isEmpty();
    String handle = handle("first");
    town.apply(
        """
        apiVersion: snapshot.storage.k8s.io/v1
        kind: VolumeSnapshotContent
        metadata: {name: thief}
        spec:
          deletionPolicy: Delete
          driver: csi.sandbox.holdfast.dev
          source: {snapshotHandle: %s}
          volumeSnapshotRef: {name: thief, namespace: default}
        """
            .formatted(handle));
    town.delete("volumesnapshotcontents.snapshot.storage.k8s.io", "", "thief");
    town.delete("namespaces", "", "shop");
    RestoreOutcome outcome = town.restore(Town.op(), "back", "first", "");
    assertThat(outcome.results().errors().all())
        .singleElement()
        .asString()
        .contains("shop/data-db-0 was not restored", handle, "does not exist");
  }

  private static final String NAMESPACE_ONLY =
      """
      apiVersion: v1
      kind: Namespace
      metadata: {name: shop}
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: Role
      metadata: {name: keeper, namespace: shop}
      rules:
      - {apiGroups: ["", apps, rbac.authorization.k8s.io], resources: ["*"], verbs: [get, list, create, patch, update]}
      - {apiGroups: [snapshot.storage.k8s.io], resources: [volumesnapshots], verbs: [get, list, create]}
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: RoleBinding
      metadata: {name: keeper, namespace: shop}
      roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: keeper}
      subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: kelp}]
      """;

  /** A content is the cluster's: who may not make one is told, and gets no empty volume. */
  @Test
  void aNamespacesUserIsToldWhichRightIsMissing() {
    assertThat(csi.backup("first", CsiTown.LOCAL).results().errors().all()).isEmpty();
    town.delete("namespaces", "", "shop");
    town.apply(NAMESPACE_ONLY);
    Cluster user = town.cluster().as("kelp", List.of("system:authenticated"));
    RestoreOutcome outcome = town.restore(user, Town.op(), "back", "first", "", RestoreInputs.NONE);
    assertThat(outcome.results().errors().all())
        .anyMatch(each ->
            each.contains("shop/data-db-0 was not restored")
                && each.contains("volumesnapshotcontents.snapshot.storage.k8s.io"));
    assertThat(
            town.get("persistentvolumeclaims", "shop", "data-db-0")
                .map(claim -> claim.at("/status/phase").asText())
                .orElse("none"))
        .isNotEqualTo("Bound");
    assertThat(town.restore(Town.op(), "later", "first", "").results().errors().all())
        .anyMatch(each -> each.contains("shop/data-db-0") && each.contains("was there before"));
    town.delete("namespaces", "", "shop");
    RestoreOutcome again = town.restore(Town.op(), "again", "first", "");
    assertThat(again.results().errors().all()).isEmpty();
    assertThat(table("shop")).isEqualTo("rows\n");
  }

  @Test
  @Tag("EBS-35")
  void deletedBackupsTakeTheirSnapshotsAlongUnlessOfAnotherCluster() throws Exception {
    assertThat(csi.backup("first", CsiTown.LOCAL).results().errors().all()).isEmpty();
    assertThat(csi.backup("second", CsiTown.LOCAL).results().errors().all()).isEmpty();
    String first = handle("first");
    String second = handle("second");
    try (CsiTown other = new CsiTown(Files.createDirectory(folder.resolve("other")))) {
      var elsewhere = new StoredSnapshots(town.store(), other.town.cluster(), null, folder);
      Backups wrong = new Backups(town.store(), elsewhere);
      assertThatThrownBy(() -> wrong.delete(Town.op(), "first"))
          .isInstanceOf(Failure.Invalid.class)
          .hasMessageContaining("in the storage of another cluster");
    }
    var snapshots = new StoredSnapshots(town.store(), town.cluster(), null, folder);
    new Backups(town.store(), snapshots).delete(Town.op(), "first");
    new Backups(town.store()).delete(Town.op(), "second");
    assertThat(stored(first)).isFalse();
    assertThat(stored(second)).as("deleted without a cluster: the snapshot stays").isTrue();
    csi.assertNothingLeft();
  }

  /** Whether the driver has something of this handle. */
  private boolean stored(String handle) {
    town.apply(
        """
        apiVersion: snapshot.storage.k8s.io/v1
        kind: VolumeSnapshotContent
        metadata: {name: probe}
        spec:
          deletionPolicy: Retain
          driver: csi.sandbox.holdfast.dev
          source: {snapshotHandle: %s}
          volumeSnapshotRef: {name: probe, namespace: default}
        """
            .formatted(handle));
    String type = "volumesnapshotcontents.snapshot.storage.k8s.io";
    await()
        .atMost(Duration.ofMinutes(2))
        .until(() -> town.get(type, "", "probe").orElseThrow().path("status").has("readyToUse"));
    boolean ready = town.get(type, "", "probe").orElseThrow().at("/status/readyToUse").asBoolean();
    town.delete(type, "", "probe");
    return ready;
  }
}
