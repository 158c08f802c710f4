package dev.holdfast.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.engine.restore.RestoreOutcome;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Volumes of one group, which are snapshotted together. */
@org.jspecify.annotations.NullUnmarked
@Timeout(300)
class CsiGroupTest {

  /** Two pods, each with a claim of the same group, and one with a claim of none. */
  private static final String APPLICATION =
      CsiTown.APPLICATION
          .replace(
              "serviceName: db", "serviceName: db\n  replicas: 2\n  podManagementPolicy: Parallel")
          .replace(
              "metadata: {name: data}",
              "metadata: {name: data, labels: {velero.io/volume-group: bank}}");

  @TempDir Path folder;
  private CsiTown csi;
  private Town town;

  @BeforeEach
  void open() {
    csi = new CsiTown(folder);
    town = csi.town;
    csi.start(APPLICATION);
    town.ready("shop", "db-1");
    var _ = town.exec("shop", "db-0", "echo debit > /data/table");
    var _ = town.exec("shop", "db-1", "echo credit > /data/table");
  }

  @AfterEach
  void close() {
    csi.close();
  }

  private void gone() {
    await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(() -> {
          csi.assertNothingLeft();
          assertThat(csi.list("volumegroupsnapshots.groupsnapshot.storage.k8s.io", "")).isEmpty();
          assertThat(csi.list("volumegroupsnapshotcontents.groupsnapshot.storage.k8s.io", ""))
              .isEmpty();
        });
  }

  @Test
  @Tag("EBS-27")
  void areOneInstantMovedOrKept() {
    for (String spec : new String[] {CsiTown.MOVE, CsiTown.LOCAL}) {
      String name = spec.equals(CsiTown.MOVE) ? "moved" : "kept";
      assertThat(csi.backup(name, spec).results().errors().all()).isEmpty();
      assertThat(csi.log(name)).containsPattern("VolumeGroupSnapshot shop/velero-\\S+ holds");
      assertThat(csi.log(name)).doesNotContainPattern("msg=\"VolumeSnapshot \\S+ holds");
      gone();
      RestoreOutcome outcome =
          town.restore(Town.op(), name, name, ",'namespaceMapping':{'shop':'" + name + "'}");
      assertThat(outcome.results().errors().all()).isEmpty();
      for (int i = 0; i < 2; i++) {
        town.ready(name, "db-" + i);
        assertThat(town.exec(name, "db-" + i, "cat /data/table"))
            .isEqualTo(i == 0 ? "debit\n" : "credit\n");
      }
      town.delete("namespaces", "", name);
      csi.list("volumesnapshotcontents.snapshot.storage.k8s.io", "")
          .forEach(each ->
              town.delete(
                  "volumesnapshotcontents.snapshot.storage.k8s.io",
                  "",
                  each.at("/metadata/name").asText()));
    }
  }
}
