package dev.holdfast.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.PatchType;
import dev.holdfast.cluster.Cluster.WriteOptions;
import dev.holdfast.engine.restore.RestoreInputs;
import dev.holdfast.engine.restore.RestoreOutcome;
import dev.holdfast.engine.restore.action.ImageMapping;
import dev.holdfast.engine.restore.action.NodeMapping;
import dev.holdfast.engine.restore.action.StorageClassMapping;
import dev.holdfast.model.Failure;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A StatefulSet with a volume goes and comes back, filled before it starts. */
@org.jspecify.annotations.NullUnmarked
@Timeout(300)
class VolumeRestoreTest {

  /** It notes what it finds when it starts. */
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
            securityContext: {fsGroup: 4711}
            containers:
            - name: db
              image: localhost/host
              securityContext: {runAsUser: 1234, runAsGroup: 1234}
              command: [sh, -c, "echo found $(ls /data | sort | tr '\\\\n' ' '); exec sleep infinity"]
              volumeMounts: [{name: data, mountPath: /data}]
        volumeClaimTemplates:
        - metadata: {name: data}
          spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
      """;

  /** Everything that a file can be. */
  private static final String FILL =
      "cd /data; mkdir -p dir/deep empty; echo rows > dir/table; ln -s table dir/link; chmod 2750"
          + " dir; chmod 640 dir/table; touch -d '2020-01-02 03:04:05.678901234 UTC' dir/table;"
          + " head -c 5000000 /dev/urandom > large; printf x > \"odd name 'quoted' $(printf"
          + " '\\303\\244')\"; n=$(printf 'n%.0s' $(seq 1 150)); mkdir dir/$n; echo long >"
          + " dir/$n/$n; mkfifo pipe; : > nothing; chmod 700 empty";

  private static final String CENSUS =
      "cd /data; find . ! -name . -printf '%p %y %m %U %G %T@ %l\\n' | grep -v '^./[^ ]* d' | sort;"
          + " find . -type d -printf '%p %m %U\\n' | sort; find . -type f -exec sha256sum {} + |"
          + " sort";

  @TempDir Path folder;
  private Town town;

  @BeforeEach
  void open() {
    town = new Town(folder, 2);
    town.apply(APPLICATION);
    town.ready("shop", "db-0");
    town.exec("shop", "db-0", FILL);
  }

  @AfterEach
  void close() {
    town.close();
  }

  private String log(String namespace) throws java.io.IOException {
    var options = new dev.holdfast.cluster.Cluster.LogOptions("", false, 0);
    try (var log = town.cluster().logs(Town.op(), namespace, "db-0", options)) {
      return new String(log.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    }
  }

  @Test
  @Tag("EBS-15")
  @Tag("EBS-20")
  @Tag("EBS-34")
  @Tag("EMF-4")
  void comesBackAsItWas() throws Exception {
    String before = town.exec("shop", "db-0", CENSUS);
    assertThat(town.backup(Town.op(), "first", "shop", "").results().errors().all()).isEmpty();
    town.delete("namespaces", "", "shop");
    RestoreOutcome outcome = town.restore(Town.op(), "back", "first", "");
    assertThat(outcome.results().errors().all()).isEmpty();
    town.ready("shop", "db-0");
    assertThat(town.exec("shop", "db-0", CENSUS)).isEqualTo(before);
    assertThat(log("shop")).startsWith("found dir empty large nothing odd name");
    assertThat(town.cluster().get(Town.op(), town.type("pods"), "shop", "holdfast-fill")).isEmpty();
  }

  @Test
  @Tag("EBS-7")
  void comesToAnotherNamespaceBesideTheFirst() throws Exception {
    String before = town.exec("shop", "db-0", CENSUS);
    assertThat(town.backup(Town.op(), "first", "shop", "").phase()).isEqualTo("Completed");
    RestoreOutcome outcome =
        town.restore(Town.op(), "copy", "first", ",'namespaceMapping':{'shop':'copy'}");
    assertThat(outcome.results().errors().all()).isEmpty();
    town.ready("copy", "db-0");
    town.exec("shop", "db-0", "rm /data/large");
    assertThat(town.exec("copy", "db-0", CENSUS)).isEqualTo(before);
  }

  /** Whoever may: only root gives files away. */
  @Test
  @Tag("EBS-15")
  void theVolumesOwnDirectoryKeepsOwnerModeAndTime() {
    town.apply(
        """
        apiVersion: v1
        kind: Namespace
        metadata: {name: own}
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: data, namespace: own}
        spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: db, namespace: own}
        spec:
          terminationGracePeriodSeconds: 0
          containers:
          - name: db
            image: localhost/host
            command: [sleep, infinity]
            volumeMounts: [{name: data, mountPath: /data}, {name: tmp, mountPath: /scratch}]
          volumes:
          - {name: data, persistentVolumeClaim: {claimName: data}}
          - {name: tmp, emptyDir: {}}
        """);
    town.ready("own", "db");
    town.exec(
        "own",
        "db",
        "for d in /data /scratch; do echo x > $d/x; [ $(id -u) != 0 ] || chown 4321:4322 $d;"
            + " chmod 2751 $d; touch -d '2020-01-02 03:04:05.678901234 UTC' $d; done");
    String look = "stat -c '%a %u %g %y' /data; stat -c '%a %u %g' /scratch";
    String before = town.exec("own", "db", look);
    assertThat(before).contains("2751").contains("05.678901234");
    assertThat(town.backup(Town.op(), "first", "own", "").phase()).isEqualTo("Completed");
    town.delete("namespaces", "", "own");
    RestoreOutcome outcome = town.restore(Town.op(), "back", "first", "");
    assertThat(outcome.results().errors().all()).isEmpty();
    town.ready("own", "db");
    assertThat(town.exec("own", "db", look)).isEqualTo(before);
  }

  @Test
  void aClaimThatIsThereKeepsItsContentAndThatIsSaid() {
    assertThat(town.backup(Town.op(), "first", "shop", "").phase()).isEqualTo("Completed");
    town.exec("shop", "db-0", "echo newer > /data/dir/table");
    RestoreOutcome outcome = town.restore(Town.op(), "again", "first", "");
    assertThat(outcome.results().errors().all())
        .anyMatch(e -> e.contains("data-db-0") && e.contains("left as it is"));
    assertThat(town.exec("shop", "db-0", "cat /data/dir/table")).isEqualTo("newer\n");
  }

  private String nodeOf(String namespace) {
    return town.get("pods", namespace, "db-0").orElseThrow().at("/spec/nodeName").asText();
  }

  @Test
  @Tag("EBS-5")
  @Tag("EBS-21")
  @Tag("EBS-22")
  @Tag("EBS-23")
  void comesToTheNodeThatItsOwnIsMappedTo() {
    String before = town.exec("shop", "db-0", CENSUS);
    String old = nodeOf("shop");
    String other = old.equals("node-1") ? "node-2" : "node-1";
    assertThat(town.backup(Town.op(), "first", "shop", "").phase()).isEqualTo("Completed");
    RestoreOutcome outcome =
        town.restore(
            Town.op(),
            "moved",
            "first",
            ",'namespaceMapping':{'shop':'copy'}",
            RestoreInputs.NONE.nodes(new NodeMapping(Map.of(old, other))));
    assertThat(outcome.results().errors().all()).isEmpty();
    town.ready("copy", "db-0");
    assertThat(nodeOf("copy")).isEqualTo(other);
    assertThat(town.exec("copy", "db-0", CENSUS)).isEqualTo(before);
    var claim = town.get("persistentvolumeclaims", "copy", "data-db-0").orElseThrow();
    var volume =
        town.get("persistentvolumes", "", claim.at("/spec/volumeName").asText()).orElseThrow();
    assertThat(volume.at("/spec/nodeAffinity").toString()).contains(other).doesNotContain(old);
  }

  @Test
  @Tag("EBS-22")
  void aNodeThatCannotTakeItIsRefusedBeforeAnythingIsWritten() {
    assertThat(town.backup(Town.op(), "first", "shop", "").phase()).isEqualTo("Completed");
    for (String node : List.of("nowhere", "node-2")) {
      if (node.equals("node-2")) {
        cordon(node);
      }
      assertThatThrownBy(() ->
              town.restore(
                  Town.op(),
                  "moved",
                  "first",
                  ",'namespaceMapping':{'shop':'copy'}",
                  RestoreInputs.NONE.nodes(new NodeMapping(Map.of("*", node)))))
          .isInstanceOf(Failure.Invalid.class)
          .hasMessageContaining("Node '" + node + "'");
      assertThat(town.get("namespaces", "", "copy")).isEmpty();
    }
  }

  private void cordon(String node) {
    var _ =
        town.cluster()
            .patch(
                Town.op(),
                town.type("nodes"),
                "",
                node,
                PatchType.MERGE,
                "{\"spec\":{\"unschedulable\":true}}".getBytes(StandardCharsets.UTF_8),
                WriteOptions.NONE);
  }

  @Test
  @Tag("EBS-20")
  void anotherClassALargerSizeAndOtherAccessModes() {
    String before = town.exec("shop", "db-0", CENSUS);
    assertThat(town.backup(Town.op(), "first", "shop", "").phase()).isEqualTo("Completed");
    String modifiers =
        """
        version: v1
        resourceModifierRules:
        - conditions: {groupResource: persistentvolumeclaims}
          mergePatches:
          - patchData: |
              {"spec": {"resources": {"requests": {"storage": "3Gi"}}, "accessModes": ["ReadWriteMany"]}}
        """;
    RestoreOutcome outcome =
        town.restore(
            Town.op(),
            "moved",
            "first",
            ",'namespaceMapping':{'shop':'copy'}",
            RestoreInputs.NONE
                .modifiers(modifiers)
                .mapped(
                    new StorageClassMapping(Map.of("standard", "immediate")), ImageMapping.NONE));
    assertThat(outcome.results().errors().all()).isEmpty();
    town.ready("copy", "db-0");
    var claim = town.get("persistentvolumeclaims", "copy", "data-db-0").orElseThrow();
    assertThat(claim.at("/spec/storageClassName").asText()).isEqualTo("immediate");
    assertThat(claim.at("/spec/resources/requests/storage").asText()).isEqualTo("3Gi");
    assertThat(claim.at("/spec/accessModes").toString()).isEqualTo("[\"ReadWriteMany\"]");
    assertThat(town.exec("copy", "db-0", CENSUS)).isEqualTo(before);
  }

  private static final String SCRATCH =
      """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web, namespace: shop}
      spec:
        selector: {matchLabels: {app: web}}
        template:
          metadata: {labels: {app: web}}
          spec:
            terminationGracePeriodSeconds: 0
            containers:
            - name: web
              image: localhost/host
              command: [sh, -c, "echo found $(ls -A /scratch | tr '\\\\n' ' '); exec sleep infinity"]
              volumeMounts: [{name: scratch, mountPath: /scratch}]
            volumes: [{name: scratch, emptyDir: {}}]
      """;

  private String web(String namespace) {
    List<String> names = new ArrayList<>();
    var labelled = new Cluster.ListOptions("app=web", null, 0);
    town.cluster()
        .list(Town.op(), town.type("pods"), namespace, labelled, item -> names.add(item.name()));
    return names.isEmpty() ? "" : names.getFirst();
  }

  @Test
  @Tag("EBS-25")
  @Tag("EBS-34")
  void aVolumeThatLivesInItsPodIsFilledBeforeItsContainersStart() throws Exception {
    town.apply(SCRATCH);
    await().atMost(Duration.ofMinutes(2)).until(() -> !web("shop").isEmpty());
    town.ready("shop", web("shop"));
    town.exec("shop", web("shop"), "echo sessions > /scratch/sessions; mkdir /scratch/sub");
    assertThat(town.backup(Town.op(), "first", "shop", "").results().errors().all()).isEmpty();
    RestoreOutcome outcome =
        town.restore(Town.op(), "copy", "first", ",'namespaceMapping':{'shop':'copy'}");
    assertThat(outcome.results().errors().all()).isEmpty();
    String pod = web("copy");
    town.ready("copy", pod);
    assertThat(town.get("pods", "copy", pod).orElseThrow().at("/spec/initContainers/0/name"))
        .hasToString("\"restore-wait\"");
    assertThat(town.exec("copy", pod, "cat /scratch/sessions; ls -A /scratch"))
        .isEqualTo("sessions\nsessions\nsub\n");
    var options = new Cluster.LogOptions("", false, 0);
    try (var log = town.cluster().logs(Town.op(), "copy", pod, options)) {
      assertThat(new String(log.readAllBytes(), StandardCharsets.UTF_8))
          .startsWith("found sessions sub");
    }
  }

  private static final String APART =
      """
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: pair, namespace: shop}
      spec:
        serviceName: pair
        replicas: 2
        selector: {matchLabels: {app: pair}}
        template:
          metadata: {labels: {app: pair}}
          spec:
            terminationGracePeriodSeconds: 0
            affinity:
              podAntiAffinity:
                requiredDuringSchedulingIgnoredDuringExecution:
                - topologyKey: kubernetes.io/hostname
                  labelSelector: {matchLabels: {app: pair}}
            containers:
            - name: pair
              image: localhost/host
              command: [sleep, infinity]
              volumeMounts: [{name: data, mountPath: /data}, {name: log, mountPath: /log}]
        volumeClaimTemplates:
        - metadata: {name: data}
          spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        - metadata: {name: log}
          spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
      """;

  /** Two volumes of a pod come to one node, and those of pods that avoid each other to two. */
  @Test
  @Tag("EBS-22")
  void podsThatAvoidEachOtherStillDo() {
    town.apply(APART);
    for (String pod : List.of("pair-0", "pair-1")) {
      town.ready("shop", pod);
      town.exec("shop", pod, "echo " + pod + " > /data/name; echo log > /log/name");
    }
    assertThat(town.backup(Town.op(), "first", "shop", "").results().errors().all()).isEmpty();
    var outcome = town.restore(Town.op(), "copy", "first", ",'namespaceMapping':{'shop':'copy'}");
    assertThat(outcome.results().errors().all()).isEmpty();
    for (String pod : List.of("pair-0", "pair-1")) {
      town.ready("copy", pod);
      assertThat(town.exec("copy", pod, "cat /data/name /log/name")).isEqualTo(pod + "\nlog\n");
    }
  }
}
