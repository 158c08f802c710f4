package dev.holdfast.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** CSI snapshots of the simulated nodes, as the stock kubectl sees them. */
@Timeout(300)
class SnapshotsTest {

  private static final String APPLICATION =
      """
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: data}
      spec: {storageClassName: csi, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
      ---
      apiVersion: v1
      kind: Pod
      metadata: {name: db}
      spec:
        terminationGracePeriodSeconds: 0
        containers:
        - name: db
          image: localhost/host
          command: [sh, -c, "cd /data; mkdir d; echo rows > d/table; ln d/table d/same; ln -s d l; mkfifo p; chmod 750 d; touch -d 2020-01-02T03:04:05Z d; exec sleep infinity"]
          volumeMounts: [{name: data, mountPath: /data}]
          readinessProbe: {exec: {command: [test, -p, /data/p]}}
        volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
      """;

  private static final String SNAPSHOT =
      """
      apiVersion: snapshot.storage.k8s.io/v1
      kind: VolumeSnapshot
      metadata: {name: %s}
      spec: {volumeSnapshotClassName: %s, source: {%s}}
      """;

  /** A pod that uses a claim made of a snapshot. */
  private static final String COPY =
      """
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: copy}
      spec:
        storageClassName: %s
        accessModes: [ReadWriteOnce]
        resources: {requests: {storage: %s}}
        dataSource: {apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: %s}
      ---
      apiVersion: v1
      kind: Pod
      metadata: {name: copy}
      spec:
        terminationGracePeriodSeconds: 0
        containers:
        - name: copy
          image: localhost/host
          command: [sleep, infinity]
          volumeMounts: [{name: data, mountPath: /data}]
        volumes: [{name: data, persistentVolumeClaim: {claimName: copy}}]
      """;

  private static final String CENSUS =
      "cd /data && find . -printf '%p %y %m %n %l\\n' | sort && cat d/same && stat -c %Y d d/same";

  @TempDir Path folder;
  private Sandbox sandbox;

  @BeforeEach
  void open() throws Exception {
    assumeTrue(installed(), "kubectl is not installed");
    sandbox =
        Sandbox.start(SandboxOptions.DEFAULT.kubeconfig(folder.resolve("kubeconfig")).nodes(2));
  }

  private static boolean installed() throws InterruptedException {
    try {
      return new ProcessBuilder("kubectl", "version", "--client").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  @AfterEach
  void close() {
    if (sandbox != null) {
      sandbox.close();
    }
  }

  /** What kubectl says; it must succeed. */
  private String kubectl(String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of("kubectl"));
    command.addAll(List.of("--kubeconfig", folder.resolve("kubeconfig").toString()));
    command.addAll(List.of(words));
    Path out = Files.createTempFile(folder, "out", "");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile()).start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(command + "").isTrue();
    String text = Files.readString(out);
    assertThat(process.exitValue()).as(command + "\n" + text).isZero();
    return text;
  }

  private void apply(String yaml) throws Exception {
    Path file = Files.createTempFile(folder, "apply", ".yaml");
    Files.write(file, yaml.getBytes(StandardCharsets.UTF_8));
    var _ = kubectl("apply", "-f", file.toString());
  }

  private void expect(String expected, String... words) {
    await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(() -> assertThat(kubectl(words)).isEqualTo(expected));
  }

  private void ready(String snapshot) {
    expect("true", "get", "volumesnapshot", snapshot, "-o", "jsonpath={.status.readyToUse}");
  }

  private void application(String storageClass) throws Exception {
    apply(APPLICATION.replace("storageClassName: csi", "storageClassName: " + storageClass));
    var _ = kubectl("wait", "--for=condition=Ready", "pod/db", "--timeout=50s");
  }

  @Test
  @Tag("EBS-39")
  void aSnapshotHoldsWhatTheVolumeHeldAndClaimsAreMadeOfIt() throws Exception {
    application("csi");
    String before = kubectl("exec", "db", "--", "sh", "-c", CENSUS);
    apply(SNAPSHOT.formatted("first", "csi", "persistentVolumeClaimName: data"));
    ready("first");
    expect("1Gi", "get", "vs", "first", "-o", "jsonpath={.status.restoreSize}");
    var _ = kubectl("exec", "db", "--", "sh", "-c", "echo later > /data/d/table; rm /data/p");
    apply(COPY.formatted("csi", "1Gi", "first"));
    var _ = kubectl("wait", "--for=condition=Ready", "pod/copy", "--timeout=50s");
    assertThat(kubectl("exec", "copy", "--", "sh", "-c", CENSUS)).isEqualTo(before);
    String content =
        kubectl("get", "vs", "first", "-o", "jsonpath={.status.boundVolumeSnapshotContentName}");
    assertThat(kubectl("get", "vsc", content, "--no-headers"))
        .containsPattern("true +1073741824 +Delete +csi.sandbox.holdfast.dev +csi +first +default");
    var _ = kubectl("delete", "vs", "first");
    expect("", "get", "vsc", "-o", "name");
  }

  @Test
  void aRetainedContentIsAdoptedAgainByItsHandle() throws Exception {
    application("csi");
    apply(SNAPSHOT.formatted("first", "csi", "persistentVolumeClaimName: data"));
    ready("first");
    String content =
        kubectl("get", "vs", "first", "-o", "jsonpath={.status.boundVolumeSnapshotContentName}");
    String handle = kubectl("get", "vsc", content, "-o", "jsonpath={.status.snapshotHandle}");
    String retain = "{\"spec\":{\"deletionPolicy\":\"Retain\"}}";
    var _ = kubectl("patch", "vsc", content, "--type=merge", "-p", retain);
    var _ = kubectl("delete", "vs", "first");
    var _ = kubectl("delete", "vsc", content);
    apply(
        """
        apiVersion: snapshot.storage.k8s.io/v1
        kind: VolumeSnapshotContent
        metadata: {name: again}
        spec:
          deletionPolicy: Delete
          driver: csi.sandbox.holdfast.dev
          source: {snapshotHandle: %s}
          volumeSnapshotRef: {name: again, namespace: default}
        """
            .formatted(handle));
    apply(SNAPSHOT.formatted("again", "csi", "volumeSnapshotContentName: again"));
    ready("again");
    apply(COPY.formatted("csi", "2Gi", "again"));
    var _ = kubectl("wait", "--for=condition=Ready", "pod/copy", "--timeout=50s");
    var _ = kubectl("delete", "vs", "again");
    expect("", "get", "vsc", "-o", "name");
    apply(
        """
        apiVersion: snapshot.storage.k8s.io/v1
        kind: VolumeSnapshotContent
        metadata: {name: gone}
        spec:
          deletionPolicy: Delete
          driver: csi.sandbox.holdfast.dev
          source: {snapshotHandle: %s}
          volumeSnapshotRef: {name: gone, namespace: default}
        """
            .formatted(handle));
    apply(SNAPSHOT.formatted("gone", "csi", "volumeSnapshotContentName: gone"));
    await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(() ->
            assertThat(kubectl("get", "vs", "gone", "-o", "jsonpath={.status.error.message}"))
                .contains("does not exist"));
    var _ = kubectl("delete", "vs", "gone");
  }

  @Test
  void whatGoesWrongIsInTheStatus() throws Exception {
    application("csi");
    apply(
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
        """);
    for (List<String> each :
        List.of(
            List.of("broken", "broken", "data", "the pool is full"),
            List.of("classless", "none", "data", "\"none\" not found"),
            List.of("claimless", "csi", "none", "cannot get claim"))) {
      apply(
          SNAPSHOT.formatted(
              each.get(0), each.get(1), "persistentVolumeClaimName: " + each.get(2)));
      await()
          .atMost(Duration.ofMinutes(2))
          .untilAsserted(() ->
              assertThat(
                      kubectl("get", "vs", each.get(0), "-o", "jsonpath={.status.error.message}"))
                  .contains(each.get(3)));
    }
    apply(SNAPSHOT.formatted("endless", "endless", "persistentVolumeClaimName: data"));
    await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(() ->
            assertThat(
                    kubectl(
                        "get",
                        "vs",
                        "endless",
                        "-o",
                        "jsonpath={.status.creationTime} {.status.readyToUse}"))
                .matches("20.*Z false"));
    var _ = kubectl("delete", "vs", "--all");
    expect("", "get", "vsc", "-o", "name");
  }

  /** The shapes of a driver whose volumes are tied to a node. */
  @Test
  @Tag("EBS-19")
  void aLocalVolumeAndItsSnapshotStayOnTheirNode() throws Exception {
    apply(
        """
        apiVersion: storage.k8s.io/v1
        kind: StorageClass
        metadata: {name: zfs}
        provisioner: zfs.csi.openebs.io
        allowVolumeExpansion: true
        volumeBindingMode: WaitForFirstConsumer
        parameters: {poolname: zfspv-pool, fstype: zfs}
        ---
        apiVersion: snapshot.storage.k8s.io/v1
        kind: VolumeSnapshotClass
        metadata:
          name: zfs
          annotations: {snapshot.storage.kubernetes.io/is-default-class: "true"}
        driver: zfs.csi.openebs.io
        deletionPolicy: Delete
        """);
    application("zfs");
    String volume = kubectl("get", "pvc", "data", "-o", "jsonpath={.spec.volumeName}");
    String node = kubectl("get", "pod", "db", "-o", "jsonpath={.spec.nodeName}");
    assertThat(kubectl("get", "pv", volume, "-o", "jsonpath={.spec.nodeAffinity}"))
        .contains("\"key\":\"openebs.io/nodename\"", "\"values\":[\"" + node + "\"]");
    assertThat(kubectl("get", "pv", volume, "-o", "jsonpath={.spec.csi.volumeAttributes}"))
        .contains("\"openebs.io/poolname\":\"zfspv-pool\"");
    apply(SNAPSHOT.formatted("first", "zfs", "persistentVolumeClaimName: data"));
    ready("first");
    apply(
        COPY.formatted("zfs", "1Gi", "first")
            .replace(
                "containers:",
                "nodeName: ''\n  nodeSelector: {kubernetes.io/hostname: "
                    + node
                    + "}\n  containers:"));
    var _ = kubectl("wait", "--for=condition=Ready", "pod/copy", "--timeout=50s");
  }
}
