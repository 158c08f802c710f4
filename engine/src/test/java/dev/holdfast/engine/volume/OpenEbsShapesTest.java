package dev.holdfast.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.engine.backup.BackupOutcome;
import dev.holdfast.engine.restore.RestoreInputs;
import dev.holdfast.engine.restore.RestoreOutcome;
import dev.holdfast.engine.restore.action.ImageMapping;
import dev.holdfast.engine.restore.action.StorageClassMapping;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Volumes of OpenEBS's drivers, by what Kubernetes sees of them: storage classes as their projects
 * document them, and volumes in the shapes that they give them. What replicas do below that is the
 * driver's affair.
 */
@org.jspecify.annotations.NullUnmarked
@Timeout(300)
class OpenEbsShapesTest {

  private static final String CLASSES =
      """
      apiVersion: storage.k8s.io/v1
      kind: StorageClass
      metadata: {name: cstor-csi-disk}
      provisioner: cstor.csi.openebs.io
      allowVolumeExpansion: true
      parameters: {cas-type: cstor, cstorPoolCluster: cstor-disk-pool, replicaCount: "3"}
      ---
      apiVersion: storage.k8s.io/v1
      kind: StorageClass
      metadata: {name: cstor-single}
      provisioner: cstor.csi.openebs.io
      parameters: {cas-type: cstor, cstorPoolCluster: cstor-disk-pool, replicaCount: "1"}
      ---
      apiVersion: storage.k8s.io/v1
      kind: StorageClass
      metadata: {name: openebs-jiva-csi-sc}
      provisioner: jiva.csi.openebs.io
      allowVolumeExpansion: true
      parameters: {cas-type: jiva, policy: openebs-jiva-default-policy}
      ---
      apiVersion: storage.k8s.io/v1
      kind: StorageClass
      metadata: {name: openebs-zfspv}
      provisioner: zfs.csi.openebs.io
      allowVolumeExpansion: true
      volumeBindingMode: WaitForFirstConsumer
      parameters: {recordsize: 128k, compression: "off", dedup: "off", fstype: zfs, poolname: zfspv-pool}
      ---
      apiVersion: storage.k8s.io/v1
      kind: StorageClass
      metadata: {name: openebs-lvmpv}
      provisioner: local.csi.openebs.io
      allowVolumeExpansion: true
      volumeBindingMode: WaitForFirstConsumer
      parameters: {storage: lvm, volgroup: lvmvg}
      ---
      apiVersion: snapshot.storage.k8s.io/v1
      kind: VolumeSnapshotClass
      metadata:
        name: csi-cstor-snapshotclass
        annotations: {snapshot.storage.kubernetes.io/is-default-class: "true"}
      driver: cstor.csi.openebs.io
      deletionPolicy: Delete
      ---
      apiVersion: snapshot.storage.k8s.io/v1
      kind: VolumeSnapshotClass
      metadata:
        name: zfspv-snapclass
        annotations: {snapshot.storage.kubernetes.io/is-default-class: "true"}
      driver: zfs.csi.openebs.io
      deletionPolicy: Delete
      ---
      apiVersion: snapshot.storage.k8s.io/v1
      kind: VolumeSnapshotClass
      metadata: {name: openebs-lvm-vsc}
      driver: local.csi.openebs.io
      deletionPolicy: Delete
      """;

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
              volumeMounts:
              - {name: cstor, mountPath: /data/cstor}
              - {name: jiva, mountPath: /data/jiva}
              - {name: zfs, mountPath: /data/zfs}
              - {name: lvm, mountPath: /data/lvm}
        volumeClaimTemplates:
        - metadata: {name: cstor}
          spec: {storageClassName: cstor-csi-disk, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        - metadata: {name: jiva}
          spec: {storageClassName: openebs-jiva-csi-sc, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        - metadata: {name: zfs}
          spec: {storageClassName: openebs-zfspv, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        - metadata: {name: lvm}
          spec: {storageClassName: openebs-lvmpv, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
      """;

  private static final String CENSUS = "for v in cstor jiva zfs lvm; do cat /data/$v/table; done";
  private static final String ALL = "cstor\njiva\nzfs\nlvm\n";

  @TempDir Path folder;
  private CsiTown csi;
  private Town town;

  @BeforeEach
  void open() {
    csi = new CsiTown(folder);
    town = csi.town;
    town.apply(CLASSES);
    csi.start(APPLICATION);
    var _ =
        town.exec("shop", "db-0", "for v in cstor jiva zfs lvm; do echo $v > /data/$v/table; done");
  }

  @AfterEach
  void close() {
    csi.close();
  }

  /** The PersistentVolume of a claim. */
  private JsonNode volume(String namespace, String claim) {
    JsonNode object = town.get("persistentvolumeclaims", namespace, claim).orElseThrow();
    return town.get("persistentvolumes", "", object.at("/spec/volumeName").asText()).orElseThrow();
  }

  private BackupOutcome backup(String name, String spec) {
    UnaryOperator<dev.holdfast.engine.backup.VolumeOptions> how = o -> o.filesOtherwise(true);
    BackupOutcome outcome = csi.backup(Town.op(), name, spec, how);
    assertThat(outcome.results().errors().all()).isEmpty();
    assertThat(outcome.results().warnings().all()).isEmpty();
    return outcome;
  }

  @Test
  @Tag("EBS-17")
  @Tag("EBS-18")
  @Tag("EBS-19")
  @Tag("EBS-26")
  @Tag("EBS-28")
  @Tag("EBS-33")
  void goOutAndComeBackWithAnotherNumberOfReplicas() {
    assertThat(volume("shop", "zfs-db-0").at("/spec/nodeAffinity").toString())
        .contains("openebs.io/nodename");
    var _ = backup("first", CsiTown.MOVE);
    String log = csi.log("first");
    assertThat(log)
        .containsPattern("volume cstor .*saved by CSI snapshot and exec: 1 files")
        .containsPattern("volume zfs .*saved by CSI snapshot and exec: 1 files")
        .containsPattern("volume lvm .*saved by CSI snapshot and exec: 1 files")
        .containsPattern("volume jiva .*saved by exec: 1 files");
    await().atMost(Duration.ofMinutes(2)).untilAsserted(() -> csi.assertNothingLeft());
    town.delete("namespaces", "", "shop");
    var classes = new StorageClassMapping(Map.of("cstor-csi-disk", "cstor-single"));
    RestoreOutcome outcome =
        town.restore(
            Town.op(), "back", "first", "", RestoreInputs.NONE.mapped(classes, ImageMapping.NONE));
    assertThat(outcome.results().errors().all()).isEmpty();
    town.ready("shop", "db-0");
    assertThat(town.exec("shop", "db-0", CENSUS)).isEqualTo(ALL);
    assertThat(volume("shop", "cstor-db-0").at("/spec/storageClassName").asText())
        .isEqualTo("cstor-single");
    assertThat(volume("shop", "jiva-db-0").at("/spec/csi/volumeAttributes").toString())
        .contains("\"openebs.io/cas-type\":\"jiva\"");
  }

  @Test
  @Tag("EBS-35")
  @Tag("EBS-36")
  @Tag("EBS-37")
  void stayWhereTheyAreAndComeToAnotherNamespace() {
    var _ = backup("first", CsiTown.LOCAL);
    Map<String, String> methods = new TreeMap<>();
    for (VolumeInfo each : csi.volumes("first")) {
      methods.put(each.pvcName(), each.backupMethod());
    }
    assertThat(methods)
        .hasToString(
            "{cstor-db-0=CSISnapshot, jiva-db-0=PodVolumeBackup, lvm-db-0=CSISnapshot,"
                + " zfs-db-0=CSISnapshot}");
    csi.assertNothingLeft();
    String node = town.get("pods", "shop", "db-0").orElseThrow().at("/spec/nodeName").asText();
    var _ = town.exec("shop", "db-0", "rm /data/*/table");
    RestoreOutcome outcome =
        town.restore(Town.op(), "copied", "first", ",'namespaceMapping':{'shop':'copy'}");
    assertThat(outcome.results().errors().all()).isEmpty();
    town.ready("copy", "db-0");
    assertThat(town.exec("copy", "db-0", CENSUS)).isEqualTo(ALL);
    assertThat(volume("copy", "zfs-db-0").at("/spec/nodeAffinity").toString())
        .as("a clone is where its snapshot is")
        .contains("\"" + node + "\"");
  }
}
