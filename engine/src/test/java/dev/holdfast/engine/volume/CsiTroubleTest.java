package dev.holdfast.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.backup.BackupOutcome;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.store.ObjectStore;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** CSI snapshots that go wrong, and what must hold all the same. */
@org.jspecify.annotations.NullUnmarked
@Timeout(300)
class CsiTroubleTest {

  private static final String SNAPSHOTS = "volumesnapshots.snapshot.storage.k8s.io";
  private static final String CONTENTS = "volumesnapshotcontents.snapshot.storage.k8s.io";

  private static final String CLASSES =
      """
      apiVersion: snapshot.storage.k8s.io/v1
      kind: VolumeSnapshotClass
      metadata: {name: broken}
      driver: csi.sandbox.holdfast.dev
      deletionPolicy: Delete
      parameters: {fail: the pool is full}
      ---
      apiVersion: snapshot.storage.k8s.io/v1
      kind: VolumeSnapshotClass
      metadata: {name: endless}
      driver: csi.sandbox.holdfast.dev
      deletionPolicy: Delete
      parameters: {readySeconds: "-1"}
      ---
      apiVersion: snapshot.storage.k8s.io/v1
      kind: VolumeSnapshotClass
      metadata: {name: endless-retained}
      driver: csi.sandbox.holdfast.dev
      deletionPolicy: Retain
      parameters: {readySeconds: "-1"}
      ---
      apiVersion: snapshot.storage.k8s.io/v1
      kind: VolumeSnapshotClass
      metadata: {name: slow}
      driver: csi.sandbox.holdfast.dev
      deletionPolicy: Retain
      parameters: {readySeconds: "4"}
      ---
      apiVersion: snapshot.storage.k8s.io/v1
      kind: VolumeSnapshotClass
      metadata: {name: foreign}
      driver: zfs.csi.openebs.io
      deletionPolicy: Delete
      """;

  @TempDir Path folder;
  private CsiTown csi;
  private Town town;

  @BeforeEach
  void open() {
    csi = new CsiTown(folder);
    town = csi.town;
  }

  @AfterEach
  void close() {
    csi.close();
  }

  private void start(String application) {
    csi.start(application);
    town.apply(CLASSES);
    var _ = town.exec("shop", "db-0", "echo rows > /data/table");
  }

  /** With the class that a resource policy names. */
  private BackupOutcome backup(Operation op, String name, String type, String spec) {
    ResourcePolicies policies = snapshotClass(type);
    return csi.backup(op, name, spec, how -> how.policies(policies));
  }

  private static ResourcePolicies snapshotClass(String name) {
    return ResourcePolicies.parse(
        """
        version: v1
        volumePolicies:
        - conditions: {csi: {}}
          action: {type: snapshot, parameters: {snapshotClass: %s}}
        """
            .formatted(name));
  }

  private void gone() {
    await().atMost(Duration.ofMinutes(2)).untilAsserted(() -> csi.assertNothingLeft());
  }

  @Test
  @Tag("EBS-10")
  void everySnapshotThatCannotBeTakenIsAnErrorWithItsReason() {
    start(CsiTown.APPLICATION);
    assertThat(backup(Town.op(), "broken", "broken", CsiTown.MOVE).results().errors().all())
        .singleElement()
        .asString()
        .contains("is not in the backup", "was not taken", "the pool is full");
    assertThat(csi.volumes("broken").getFirst().result()).isEqualTo("failed");
    assertThat(backup(Town.op(), "local", "broken", CsiTown.LOCAL).results().errors().all())
        .singleElement()
        .asString()
        .contains("the pool is full");
    assertThat(backup(Town.op(), "none", "nobody", CsiTown.MOVE).results().errors().all())
        .singleElement()
        .asString()
        .contains("there is no VolumeSnapshotClass nobody, which the resource policy names");
    assertThat(backup(Town.op(), "foreign", "foreign", CsiTown.MOVE).results().errors().all())
        .singleElement()
        .asString()
        .contains("is for driver zfs.csi.openebs.io");
    // five classes of the driver by now, none of them the default
    assertThat(csi.backup("several", CsiTown.MOVE).results().errors().all())
        .singleElement()
        .asString()
        .contains("there are several VolumeSnapshotClasses for driver csi.sandbox.holdfast.dev");
    String soon = ",'itemOperationTimeout':'2s'";
    assertThat(
            backup(Town.op(), "endless", "endless", CsiTown.MOVE + soon).results().errors().all())
        .singleElement()
        .asString()
        .contains("did not become ready to use within 2 s");
    gone();
    // where the command line asked for snapshots, files are saved instead
    BackupOutcome files =
        csi.backup(
            Town.op(),
            "files",
            CsiTown.MOVE,
            how -> how.policies(snapshotClass("broken")).filesOtherwise(true));
    assertThat(files.results().errors().all()).isEmpty();
    assertThat(files.results().warnings().all())
        .singleElement()
        .asString()
        .contains("its files are saved instead", "the pool is full");
    assertThat(csi.log("files")).contains("saved by exec: 1 files");
  }

  @Test
  void aSnapshotThatSomebodyDeletesMeanwhileIsMissed() {
    start(CsiTown.APPLICATION);
    Operation op = Town.op();
    var run = op.fork(() -> backup(op, "robbed", "endless-retained", CsiTown.MOVE));
    await()
        .atMost(Duration.ofMinutes(2))
        .until(() ->
            csi.list(SNAPSHOTS, "shop").stream()
                .anyMatch(each -> each.at("/status").has("creationTime")));
    csi.list(SNAPSHOTS, "shop")
        .forEach(each -> town.delete(SNAPSHOTS, "shop", each.at("/metadata/name").asText()));
    assertThat(run.join().results().errors().all())
        .singleElement()
        .asString()
        .contains("was deleted by somebody");
    // its class says Retain, and nobody can say any more that it was the run's
    csi.list(CONTENTS, "")
        .forEach(each -> town.delete(CONTENTS, "", each.at("/metadata/name").asText()));
    gone();
  }

  /** What the post hook writes is not in the backup, though the content is read long after it. */
  @Test
  @Tag("EBS-13")
  @Tag("EBS-27")
  void theApplicationThawsAsSoonAsTheSnapshotHolds() {
    start(
        CsiTown.APPLICATION.replace(
            "annotations: {}",
            "annotations: {pre.hook.backup.velero.io/command: '[\"sh\", \"-c\", \"echo f >"
                + " /data/frozen\"]', post.hook.backup.velero.io/command: '[\"sh\", \"-c\", \"rm"
                + " /data/table; echo t > /data/thawed\"]'}"));
    assertThat(backup(Town.op(), "first", "slow", CsiTown.MOVE).results().errors().all()).isEmpty();
    assertThat(csi.log("first")).contains("2 files, 7 bytes");
    gone();
    town.delete("namespaces", "", "shop");
    var _ = town.restore(Town.op(), "back", "first", "");
    town.ready("shop", "db-0");
    assertThat(town.exec("shop", "db-0", "cat /data/*")).isEqualTo("f\nrows\n");
  }

  @Test
  void aCancelledBackupLeavesNothing() {
    start(CsiTown.APPLICATION);
    Operation op = Operation.start();
    var run = op.fork(() -> backup(op, "stopped", "endless", CsiTown.LOCAL));
    await().atMost(Duration.ofMinutes(2)).until(() -> !csi.list(SNAPSHOTS, "shop").isEmpty());
    op.cancel("Ctrl-C");
    assertThatThrownBy(run::join).hasCauseInstanceOf(Failure.Cancelled.class);
    gone();
  }

  /** Whatever a run made is marked with it, so that the next one finds it after a kill. */
  @Test
  void whatAKilledRunLeftIsRemovedByTheNext() throws Exception {
    start(CsiTown.APPLICATION);
    for (String manifest :
        List.of(
            """
            apiVersion: snapshot.storage.k8s.io/v1
            kind: VolumeSnapshot
            metadata: {name: left, namespace: shop, labels: {holdfast.dev/run: dead-run}}
            spec: {volumeSnapshotClassName: slow, source: {persistentVolumeClaimName: data-db-0}}
            """,
            """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: left, namespace: shop, labels: {holdfast.dev/run: dead-run}}
            spec:
              storageClassName: csi
              accessModes: [ReadWriteOnce]
              resources: {requests: {storage: 1Gi}}
              dataSource: {apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: left}
            """,
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: left, namespace: shop, labels: {holdfast.dev/run: dead-run}}
            spec:
              terminationGracePeriodSeconds: 0
              containers: [{name: c, image: localhost/host, command: [sleep, infinity]}]
              volumes: [{name: data, persistentVolumeClaim: {claimName: left}}]
            """)) {
      town.apply(manifest);
    }
    Process dead = new ProcessBuilder("true").start();
    dead.waitFor();
    ObjectNode note = Json.MAPPER.createObjectNode();
    note.put("cluster", town.cluster().id(Town.op())).put("backup", "killed");
    note.put("host", InetAddress.getLocalHost().getHostName()).put("pid", dead.pid());
    note.put("processStart", "2001-01-01T00:00:00Z").put("uid", "dead-run");
    note.putArray("namespaces").add("shop").add("a-namespace-that-is-gone");
    town.store()
        .put(
            Town.op(),
            "plugins/holdfast/temporary/dead-run.json",
            Json.bytes(note),
            ObjectStore.PutOptions.NONE);
    assertThat(csi.backup("next", "'snapshotVolumes':false").results().errors().all()).isEmpty();
    assertThat(csi.log("next")).contains("removed 3 objects that backup killed had left");
    gone();
  }

  /** No PersistentVolume, no class, no content may be read. */
  @Test
  void aNamespacesUserMovesAndDoesNotKeep() {
    start(
        CsiTown.APPLICATION
            + """
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: keeper, namespace: shop}
            rules:
            - {apiGroups: ["", apps], resources: ["*"], verbs: [get, list]}
            - {apiGroups: [""], resources: [pods/exec], verbs: [get, create]}
            - {apiGroups: [""], resources: [pods, persistentvolumeclaims], verbs: [create, delete]}
            - {apiGroups: [snapshot.storage.k8s.io], resources: [volumesnapshots], verbs: [get, create, delete]}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: keeper, namespace: shop}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: keeper}
            subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: kelp}]
            """);
    defaultClass();
    Cluster user = town.cluster().as("kelp", List.of("system:authenticated"));
    BackupOutcome moved = csi.backup(user, Town.op(), "moved", CsiTown.MOVE, how -> how);
    assertThat(moved.results().errors().all()).isEmpty();
    assertThat(csi.log("moved")).contains("saved by CSI snapshot and exec: 1 files");
    BackupOutcome kept = csi.backup(user, Town.op(), "kept", CsiTown.LOCAL, how -> how);
    assertThat(kept.results().errors().all())
        .singleElement()
        .asString()
        .contains("needs the right to get volumesnapshotcontents.snapshot.storage.k8s.io");
    gone();
  }

  private void defaultClass() {
    ObjectNode patch = Json.MAPPER.createObjectNode();
    patch
        .putObject("metadata")
        .putObject("annotations")
        .put("snapshot.storage.kubernetes.io/is-default-class", "true");
    JsonNode _ =
        Json.object(
            town.cluster()
                .patch(
                    Town.op(),
                    town.type("volumesnapshotclasses.snapshot.storage.k8s.io"),
                    "",
                    "csi",
                    Cluster.PatchType.MERGE,
                    Json.bytes(patch),
                    Cluster.WriteOptions.NONE)
                .json(),
            "csi");
  }
}
