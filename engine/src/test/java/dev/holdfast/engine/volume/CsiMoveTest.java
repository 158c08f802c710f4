package dev.holdfast.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.engine.backup.BackupOutcome;
import dev.holdfast.engine.restore.RestoreOutcome;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** CSI snapshots whose content goes into the repository. */
@org.jspecify.annotations.NullUnmarked
@Timeout(300)
class CsiMoveTest {

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

  private void gone() {
    await().atMost(Duration.ofMinutes(2)).untilAsserted(() -> csi.assertNothingLeft());
  }

  @Test
  @Tag("EBS-28")
  @Tag("EBS-40")
  @Tag("EMF-10")
  void theContentOfASnapshotIsSavedAndComesBack() {
    csi.start(CsiTown.APPLICATION);
    var _ =
        town.exec("shop", "db-0", "echo rows > /data/table; mkdir /data/sub; chmod 700 /data/sub");
    BackupOutcome outcome = csi.backup("first", CsiTown.MOVE);
    assertThat(outcome.results().errors().all()).isEmpty();
    assertThat(outcome.results().warnings().all()).isEmpty();
    assertThat(csi.log("first")).contains("saved by CSI snapshot and exec: 1 files");
    assertThat(csi.volumes("first"))
        .singleElement()
        .satisfies(volume -> {
          assertThat(volume.pvcName()).isEqualTo("data-db-0");
          assertThat(volume.backupMethod()).isEqualTo("PodVolumeBackup");
          assertThat(volume.pvbInfo().uploaderType()).isEqualTo("restic");
        });
    gone();
    town.delete("namespaces", "", "shop");
    RestoreOutcome restored = town.restore(Town.op(), "back", "first", "");
    assertThat(restored.results().errors().all()).isEmpty();
    town.ready("shop", "db-0");
    assertThat(town.exec("shop", "db-0", "cat /data/table; stat -c %a /data/sub"))
        .isEqualTo("rows\n700\n");
    VolumeInfo.PersistentVolume volume = csi.volumes("first").getFirst().pvInfo();
    assertThat(volume.reclaimPolicy()).isEqualTo("Delete");
  }
}
