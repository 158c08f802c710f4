package dev.holdfast.engine.backup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.backup.BackupOptions;
import dev.holdfast.repository.backup.BackupProgress;
import dev.holdfast.repository.backup.SnapshotRun;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.repository.tree.RawPath;
import dev.holdfast.store.DirectoryStore;
import dev.holdfast.store.fault.FaultyStore;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("EBS-24")
class ParentsTest {

  private static final Repository.Identity US = new Repository.Identity("kelp", "shore");

  @TempDir Path folder;
  private final Operation op = Operation.start();

  private Id saved(Repository repository, String... tags) {
    BackupOptions options =
        new BackupOptions.Builder(List.of("/data"), US).tags(List.of(tags)).build();
    return Objects.requireNonNull(
        new SnapshotRun(repository, options, BackupProgress.SILENT)
            .run(op, RawPath.of("file"), new ByteArrayInputStream(tags[0].getBytes(UTF_8)))
            .id());
  }

  @Test
  void theNewestOfEachClaimAndAllAreReadOnce() {
    FaultyStore store = new FaultyStore(new DirectoryStore(folder));
    Repository repository = Repository.init(op, store, "kelp", 2, KeyFile.Cost.DEFAULT, null, US);
    var _ = saved(repository, "backup=one", "pvc-uid=1");
    Id second = saved(repository, "backup=one", "pvc-uid=2");
    Id newest = saved(repository, "pvc-uid=1", "backup=two");
    var _ = saved(repository, "backup=two");
    Parents parents = new Parents();
    long before = snapshotsRead(store);
    for (int i = 0; i < 3; i++) {
      assertThat(parents.of(op, repository, "1")).isEqualTo(newest);
      assertThat(parents.of(op, repository, "2")).isEqualTo(second);
      assertThat(parents.of(op, repository, "3")).isNull();
    }
    assertThat(snapshotsRead(store) - before).isEqualTo(4);
  }

  private static long snapshotsRead(FaultyStore store) {
    return store.calls().stream()
        .filter(call -> call.verb() == FaultyStore.Verb.GET && call.key().startsWith("snapshots/"))
        .count();
  }
}
