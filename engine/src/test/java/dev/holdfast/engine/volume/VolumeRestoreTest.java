package dev.holdfast.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.engine.restore.RestoreOutcome;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A StatefulSet with a volume goes and comes back, filled before it starts. */
@org.jspecify.annotations.NullUnmarked
@Timeout(240)
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
      "cd /data; mkdir -p dir/deep empty; echo rows > dir/table; ln -s table dir/link;"
          + " chmod 2750 dir; chmod 640 dir/table; touch -d '2020-01-02 03:04:05.678901234 UTC' dir/table;"
          + " head -c 5000000 /dev/urandom > large; printf x > \"odd name 'quoted' $(printf '\\303\\244')\";"
          + " n=$(printf 'n%.0s' $(seq 1 150)); mkdir dir/$n; echo long > dir/$n/$n; mkfifo pipe;"
          + " : > nothing; chmod 700 empty";

  private static final String CENSUS =
      "cd /data; find . ! -name . -printf '%p %y %m %U %G %T@ %l\\n' | grep -v '^./[^ ]* d' | sort;"
          + " find . -type d -printf '%p %m %U\\n' | sort; find . -type f -exec sha256sum {} + | sort";

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

  @Test
  void aClaimThatIsThereKeepsItsContentAndThatIsSaid() {
    assertThat(town.backup(Town.op(), "first", "shop", "").phase()).isEqualTo("Completed");
    town.exec("shop", "db-0", "echo newer > /data/dir/table");
    RestoreOutcome outcome = town.restore(Town.op(), "again", "first", "");
    assertThat(outcome.results().errors().all())
        .anyMatch(e -> e.contains("data-db-0") && e.contains("left as it is"));
    assertThat(town.exec("shop", "db-0", "cat /data/dir/table")).isEqualTo("newer\n");
  }
}
