package dev.holdfast.repository.prune;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Operation;
import dev.holdfast.model.Seeded;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.RepositoryKeys;
import dev.holdfast.repository.Restic;
import dev.holdfast.repository.backup.BackupOptions;
import dev.holdfast.repository.backup.BackupProgress;
import dev.holdfast.repository.backup.SnapshotRun;
import dev.holdfast.repository.check.CheckProgress;
import dev.holdfast.repository.check.PackSubset;
import dev.holdfast.repository.check.RepositoryCheck;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.repository.lock.HeldLock;
import dev.holdfast.repository.lock.Locks;
import dev.holdfast.repository.lock.ProcessHolder;
import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.tree.RawName;
import dev.holdfast.repository.tree.RawPath;
import dev.holdfast.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** restic and we save, forget and prune in turn, whatever the files: both find all well. */
@Tag("EBS-24")
class AlternatingWritersTest {

  private static final Repository.Identity US = new Repository.Identity("kelp", "shore");
  private static final int ROUNDS = 5;

  @TempDir Path folder;
  private final Operation op = Operation.start();

  @Test
  void eachLeavesWhatTheOtherNeeds() throws Exception {
    Restic.assumeInstalled();
    int[] number = {0};
    Seeded.check(1, random -> rounds(random, folder.resolve("case" + number[0]++)));
  }

  private void rounds(RandomGenerator random, Path home) throws Exception {
    Path data = Files.createDirectories(home.resolve("data"));
    Path place = home.resolve("repository");
    DirectoryStore store = new DirectoryStore(place);
    Repository.init(op, store, "kelp", 2, KeyFile.Cost.WEAK, null, US);
    Restic restic = new Restic(place, "kelp", home);
    for (int round = 0; round < ROUNDS; round++) {
      edit(random, data);
      if (random.nextBoolean()) {
        save(store, data);
      } else {
        restic.ok(data, "backup", ".", "--host", "shore");
      }
      if (round > 0) {
        remove(random, store, restic, home);
      }
      check(store);
      restic.check();
    }
    String newest = restic.ok(data, "backup", ".", "--force");
    assertThat(newest).contains("snapshot");
    Path target = home.resolve("target");
    restic.ok(home, "restore", "latest", "--target", target.toString());
    Process diff =
        new ProcessBuilder("diff", "-r", data.toString(), target.toString()).inheritIO().start();
    assertThat(diff.waitFor()).isZero();
  }

  private void save(DirectoryStore store, Path data) {
    Repository repository = Repository.open(op, store, "kelp");
    repository.loadIndex(op, null);
    try (Directory root = Directory.open(RawName.of(data.toString()))) {
      BackupOptions options = BackupOptions.of(data.toString(), US);
      assertThat(
              new SnapshotRun(repository, options, BackupProgress.SILENT)
                  .run(op, root, RawPath.of(data.toString()))
                  .failed())
          .isZero();
    }
  }

  private void remove(RandomGenerator random, DirectoryStore store, Restic restic, Path home)
      throws Exception {
    Repository repository = Repository.open(op, store, "kelp");
    List<Id> snapshots = Repository.names(op, store, RepositoryKeys.SNAPSHOTS);
    Id gone = Seeded.pick(random, snapshots);
    switch (random.nextInt(3)) {
      case 0 -> restic.ok(home, "forget", gone.toString(), "--prune", "--max-unused", "0");
      case 1 -> {
        store.delete(op, RepositoryKeys.SNAPSHOTS + gone);
        restic.ok(home, "prune");
      }
      default -> {
        store.delete(op, RepositoryKeys.SNAPSHOTS + gone);
        double percent = random.nextInt(20);
        PruneOptions options = PruneOptions.DEFAULT.withMaxUnused(PruneOptions.percent(percent));
        Prune prune = new Prune(repository, options, PruneProgress.SILENT);
        Locks locks = new Locks(repository, new ProcessHolder(US), Locks.Timing.DEFAULT);
        try (HeldLock lock = locks.exclusive(op)) {
          prune.plan(op, Set.of());
          prune.run(op, lock);
        }
      }
    }
  }

  private void check(DirectoryStore store) {
    var outcome =
        new RepositoryCheck(
                Repository.open(op, store, "kelp"), new PackSubset.All(), 2, CheckProgress.SILENT)
            .run(op);
    assertThat(outcome.intact()).as(outcome.toString()).isTrue();
  }

  private static void edit(RandomGenerator random, Path data) throws IOException {
    for (int i = 1 + random.nextInt(8); i > 0; i--) {
      Path directory = data;
      for (int depth = random.nextInt(4); depth > 0; depth--) {
        directory = directory.resolve("d" + random.nextInt(3));
      }
      Path file = Files.createDirectories(directory).resolve("f" + random.nextInt(12));
      byte[] bytes = new byte[random.nextInt(random.nextInt(9) == 0 ? 3 << 20 : 30_000)];
      random.nextBytes(bytes);
      Files.write(file, bytes);
    }
    if (random.nextInt(3) == 0) {
      delete(data.resolve("d" + random.nextInt(3)));
    }
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      List<Path> below;
      try (var walk = Files.walk(folder)) {
        below = new ArrayList<>(walk.sorted(Comparator.reverseOrder()).toList());
      }
      for (Path path : below) {
        Files.delete(path);
      }
    }
  }
}
