package dev.holdfast.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.backup.BackupOutcome;
import dev.holdfast.engine.backup.BackupRun;
import dev.holdfast.engine.backup.Backups;
import dev.holdfast.engine.backup.VolumeOptions;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** A {@link Town} with an application whose volume is of a CSI driver. */
final class CsiTown implements AutoCloseable {

  /** Its namespace is {@code shop}, its pod {@code db-0}, its claim {@code data-db-0}. */
  static final String APPLICATION =
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
          metadata: {labels: {app: db}, annotations: {}}
          spec:
            terminationGracePeriodSeconds: 0
            containers:
            - name: db
              image: localhost/host
              command: [sh, -c, "exec sleep infinity"]
              volumeMounts: [{name: data, mountPath: /data}]
        volumeClaimTemplates:
        - metadata: {name: data}
          spec: {storageClassName: csi, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
      """;

  static final String MOVE = "'snapshotMoveData':true";
  static final String LOCAL = "'snapshotVolumes':true";

  final Town town;

  CsiTown(Path folder) {
    town = new Town(folder, 2);
  }

  /** Starts an application and waits for its first pod. */
  void start(String application) {
    town.apply(application);
    town.ready("shop", "db-0");
  }

  BackupOutcome backup(String name, String spec) {
    return backup(Town.op(), name, spec, how -> how);
  }

  /** Backs {@code shop} up; what cannot be snapshotted is an error, as with a document. */
  BackupOutcome backup(Operation op, String name, String spec, UnaryOperator<VolumeOptions> how) {
    return backup(town.cluster(), op, name, spec, how);
  }

  BackupOutcome backup(
      Cluster cluster, Operation op, String name, String spec, UnaryOperator<VolumeOptions> how) {
    String all = "{'includedNamespaces':['shop']," + spec + "}";
    try (VolumeRepositories repositories = town.repositories()) {
      var options =
          town.options(name, all, repositories)
              .volumes(how.apply(VolumeOptions.into(repositories)));
      return new BackupRun(cluster, town.store(), options, Progress.SILENT).run(op);
    }
  }

  List<VolumeInfo> volumes(String backup) {
    try (var in = town.store().get(Town.op(), new BackupKeys(backup).volumeInfo())) {
      return VolumeInfo.read(in.readAllBytes(), "volumes");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String log(String backup) {
    return new Backups(town.store()).logs(Town.op(), backup, null);
  }

  List<ObjectNode> list(String type, String namespace) {
    List<ObjectNode> all = new ArrayList<>();
    town.cluster()
        .list(
            Town.op(),
            town.type(type),
            namespace,
            Cluster.ListOptions.ALL,
            item -> all.add(Json.object(item.json(), item.name())));
    return all;
  }

  /** Nothing that backups make for snapshots is left, in the cluster or noted in the location. */
  void assertNothingLeft() {
    assertThat(list("volumesnapshots.snapshot.storage.k8s.io", "")).isEmpty();
    assertThat(list("volumesnapshotcontents.snapshot.storage.k8s.io", "")).isEmpty();
    assertThat(list("persistentvolumeclaims", "shop"))
        .noneMatch(each -> each.toString().contains("holdfast.dev/run"));
    assertThat(list("pods", "shop"))
        .noneMatch(each -> each.toString().contains("holdfast.dev/run"));
    List<String> notes = new ArrayList<>();
    town.store().listAll(Town.op(), "plugins/holdfast/temporary/", meta -> notes.add(meta.key()));
    assertThat(notes).isEmpty();
  }

  @Override
  public void close() {
    town.close();
  }
}
