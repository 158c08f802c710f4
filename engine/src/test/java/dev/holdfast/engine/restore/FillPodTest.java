package dev.holdfast.engine.restore;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Execution;
import dev.holdfast.engine.volume.Town;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a killed command leaves does not stay. */
@org.jspecify.annotations.NullUnmarked
@Timeout(300)
class FillPodTest {

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
      """;

  @TempDir Path folder;
  private Town town;

  @BeforeEach
  void open() {
    town = new Town(folder, 1);
    town.apply(APPLICATION);
    town.ready("shop", "db");
  }

  @AfterEach
  void close() {
    town.close();
  }

  private void await(String pod, String phase) {
    Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(() ->
            assertThat(town.get("pods", "shop", pod).orElseThrow().at("/status/phase").asText())
                .isEqualTo(phase));
  }

  private static FillTask task() {
    ItemKey claim = new ItemKey(Kinds.CLAIMS, "shop", "data");
    var record =
        new VolumeInfo.PodVolume("", 0, 0, "restic", "data", "db", "shop", "", "Completed");
    return new FillTask(claim, claim, record, false, FillTask.Way.NEW);
  }

  /** As the command starts it, but for its removal. */
  private Execution start(String name) {
    ObjectNode source = town.get("pods", "shop", "db").orElseThrow();
    ObjectNode pod =
        new FillPod(name, source, source.at("/spec/containers/0"), List.of(task()), "run").json();
    var _ =
        town.cluster()
            .create(
                Town.op(), town.type("pods"), "shop", Json.bytes(pod), Cluster.WriteOptions.NONE);
    await(name, "Running");
    var hold = new Cluster.ExecRequest("shop", name, FillPod.CONTAINER, FillPod.hold(), true);
    return town.cluster().exec(Town.op(), hold);
  }

  @Test
  @Tag("EBS-34")
  void thePodEndsWithTheStreamThatHoldsIt() {
    try (Execution _ = start("holdfast-fill-left")) {
      await("holdfast-fill-left", "Running");
    }
    await("holdfast-fill-left", "Succeeded");
    assertThat(town.backup(Town.op(), "next", "shop", "").results().errors().all()).isEmpty();
    Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .until(() -> town.get("pods", "shop", "holdfast-fill-left").isEmpty());
  }
}
