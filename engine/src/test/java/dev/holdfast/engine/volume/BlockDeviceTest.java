package dev.holdfast.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.Documents;
import dev.holdfast.archive.Manifest;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.engine.backup.BackupOutcome;
import dev.holdfast.engine.backup.VolumeOptions;
import dev.holdfast.engine.restore.ExistingVolumes;
import dev.holdfast.engine.restore.RestoreInputs;
import dev.holdfast.engine.restore.RestoreOutcome;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.walk.TreeLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Claims with volumeMode Block: out as one file, and back to a device that equals the saved one.
 */
@Timeout(300)
@Tag("EBS-16")
@org.jspecify.annotations.NullUnmarked
class BlockDeviceTest {

  private static final String APPLICATION =
      """
      apiVersion: v1
      kind: Namespace
      metadata: {name: shop}
      ---
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: db, namespace: shop}
      spec:
        serviceName: db
        selector: {matchLabels: {app: db}}
        template:
          metadata: {labels: {app: db}}
          spec:
            terminationGracePeriodSeconds: 0
            containers:
            - name: db
              image: localhost/host
              command: [sh, -c, "exec sleep infinity"]
              volumeDevices: [{name: raw, devicePath: /dev/xvda}]
        volumeClaimTemplates:
        - metadata: {name: raw}
          spec: {storageClassName: standard, volumeMode: Block, accessModes: [ReadWriteOnce], resources: {requests: {storage: 12Mi}}}
      """;

  /** Content between zeros, some of it a second time, and a last byte. */
  private static final String WRITE =
      """
      head -c 3000000 /dev/urandom > /tmp/random
      dd if=/tmp/random of=/dev/xvda bs=1000000 seek=1 conv=notrunc 2>&1
      dd if=/tmp/random of=/dev/xvda bs=1000000 seek=8 conv=notrunc 2>&1
      printf end | dd of=/dev/xvda bs=1 seek=12582909 conv=notrunc 2>&1
      """;

  private static final String SUM = "stat -c %s /dev/xvda; sha256sum < /dev/xvda";

  private static final String FULL =
      "tr '\\0' x < /dev/zero | head -c 12582912 | dd of=/dev/xvda conv=notrunc 2>&1";

  @TempDir private Path folder;
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

  private String start(String application) {
    csi.start(application);
    var _ = town.exec("shop", "db-0", WRITE);
    String sum = town.exec("shop", "db-0", SUM);
    assertThat(sum).startsWith("12582912\n");
    return sum;
  }

  private BackupOutcome backup(String name, UnaryOperator<VolumeOptions> how) {
    return csi.backup(Town.op(), name, "'defaultVolumesToFsBackup':true", how);
  }

  /** Restores the first backup into another namespace. */
  private RestoreOutcome into(String namespace, RestoreInputs inputs, MoverOptions mover) {
    String more = ",'namespaceMapping':{'shop':'" + namespace + "'}";
    return town.restore(Town.op(), namespace, "first", more, inputs, mover);
  }

  private void comesBack(String namespace, String sum, MoverOptions mover) {
    assertThat(into(namespace, RestoreInputs.NONE, mover).results().errors().all()).isEmpty();
    town.ready(namespace, "db-0");
    assertThat(town.exec(namespace, "db-0", SUM)).isEqualTo(sum);
  }

  /** Over old data that is nowhere zero. */
  private void comesBackInPlace(String sum, MoverOptions mover) {
    var _ = town.exec("shop", "db-0", FULL);
    assertThat(town.exec("shop", "db-0", SUM)).isNotEqualTo(sum);
    var overwrite = RestoreInputs.NONE.existing(ExistingVolumes.OVERWRITE);
    assertThat(
            town.restore(Town.op(), "over", "first", "", overwrite, mover).results().errors().all())
        .isEmpty();
    town.ready("shop", "db-0");
    assertThat(town.exec("shop", "db-0", SUM)).isEqualTo(sum);
  }

  @Test
  void aDeviceOfARunningContainerGoesByExec() throws IOException {
    String sum = start(APPLICATION);
    BackupOutcome outcome = backup("first", how -> how);
    assertThat(outcome.results().errors().all()).isEmpty();
    assertThat(csi.log("first")).contains("saved by exec: 1 files, 12582912 bytes");
    onlyOurManifestHasIt();
    comesBack("there", sum, MoverOptions.NONE);
    comesBackInPlace(sum, MoverOptions.NONE);
    String modifiers =
        """
        version: v1
        resourceModifierRules:
        - conditions: {groupResource: persistentvolumeclaims}
          mergePatches:
          - patchData: '{"spec": {"volumeMode": "Filesystem"}}'
        """;
    RestoreInputs files = RestoreInputs.NONE.modifiers(modifiers);
    assertThat(into("files", files, MoverOptions.NONE).results().errors().all().toString())
        .contains("raw-db-0", "what was saved is a block device, and the claim is a file system");
  }

  /** Velero would wait for ever for a volume that it does not find where it looks. */
  private void onlyOurManifestHasIt() throws IOException {
    assertThat(csi.volumes("first"))
        .singleElement()
        .satisfies(volume -> {
          assertThat(volume.pvcName()).isEqualTo("raw-db-0");
          assertThat(volume.skippedReason()).contains("block device", "manifest");
        });
    BackupKeys keys = new BackupKeys("first");
    try (var records = town.store().get(Town.op(), keys.podVolumeBackups());
        var manifest = town.store().get(Town.op(), keys.manifest());
        VolumeRepositories repositories = town.repositories()) {
      assertThat(Documents.readAll(records.readAllBytes(), "records")).isEmpty();
      Manifest.Volume saved =
          Manifest.read(manifest.readAllBytes(), "manifest").volumes().getFirst();
      assertThat(saved.pod()).isEqualTo("db-0");
      assertThat(saved.pvc()).isEqualTo("raw-db-0");
      List<Node> nodes = new ArrayList<>();
      new TreeLoader(repositories.open(Town.op(), "shop"))
          .read(Town.op(), Id.parse(saved.tree()), nodes::add);
      assertThat(nodes)
          .singleElement()
          .satisfies(node -> {
            assertThat(node.name()).hasToString("raw-db-0");
            assertThat(node.type()).isEqualTo(NodeType.FILE);
            assertThat(node.size()).isEqualTo(12582912);
          });
    }
  }

  /** Also where no pod uses it any more. */
  @Test
  @Tag("EBS-30")
  void aMoverPodReadsAndWritesIt() {
    String sum = start(APPLICATION);
    try (MoverImage image = new MoverImage()) {
      MoverOptions mover = image.options();
      assertThat(backup("first", how -> how.mover(mover)).results().errors().all()).isEmpty();
      assertThat(csi.log("first")).contains("saved by mover pod: 1 files, 12582912 bytes");
      comesBackInPlace(sum, mover);
      town.delete("statefulsets.apps", "shop", "db");
      await().atMost(Duration.ofMinutes(2)).until(() -> town.get("pods", "shop", "db-0").isEmpty());
      assertThat(backup("podless", how -> how.mover(mover)).results().errors().all()).isEmpty();
      assertThat(csi.log("podless")).containsPattern("12582912 bytes, \\d{1,4} new");
      comesBack("there", sum, mover);
      String more = ",'namespaceMapping':{'shop':'again'}";
      assertThat(
              town.restore(Town.op(), "again", "podless", more, RestoreInputs.NONE, mover)
                  .results()
                  .errors()
                  .all())
          .isEmpty();
    }
    town.apply(
        APPLICATION
            .substring(APPLICATION.indexOf("---"))
            .replace("namespace: shop", "namespace: again"));
    town.ready("again", "db-0");
    assertThat(town.exec("again", "db-0", SUM)).isEqualTo(sum);
  }

  @Test
  void aCsiSnapshotOfItIsReadAsADevice() {
    String sum = start(APPLICATION.replace("storageClassName: standard", "storageClassName: csi"));
    BackupOutcome outcome = csi.backup("first", CsiTown.MOVE);
    assertThat(outcome.results().errors().all()).isEmpty();
    assertThat(csi.log("first")).contains("saved by CSI snapshot and exec: 1 files");
    comesBack("there", sum, MoverOptions.NONE);
  }

  @Test
  void aDeviceThatTheContainerMayNotReadIsAnError() throws IOException {
    csi.start(
        APPLICATION.replace(
            "      containers:\n",
            "      securityContext: {runAsUser: 1234}\n      containers:\n"));
    String name = csi.list("persistentvolumes", "").getFirst().at("/spec/local/path").asText();
    Files.setPosixFilePermissions(Path.of(name), PosixFilePermissions.fromString("rw-------"));
    assertThat(backup("first", how -> how).results().errors().all().toString())
        .contains("raw-db-0", "cat ended with exit status 1", "Permission denied");
    assertThat(csi.volumes("first"))
        .singleElement()
        .extracting(VolumeInfo::skippedReason)
        .asString()
        .contains("Permission denied");
  }
}
