package dev.holdfast.repository.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobType;
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
import dev.holdfast.repository.index.BlobTable;
import dev.holdfast.repository.lock.HeldLock;
import dev.holdfast.repository.lock.Locks;
import dev.holdfast.repository.lock.ProcessHolder;
import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.tree.RawName;
import dev.holdfast.repository.tree.RawPath;
import dev.holdfast.store.DirectoryStore;
import dev.holdfast.store.ObjectStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nothing that a snapshot needs is ever gone, whoever writes beside; for where a prune stops see
 * VerbFaultsTest.
 */
@Tag("EBS-24")
class PruneTest {

  private static final Repository.Identity US = new Repository.Identity("kelp", "shore");
  private static final PruneOptions ALL =
      PruneOptions.DEFAULT.withMaxUnused(PruneOptions.percent(0));
  private static final Locks.Timing AT_ONCE =
      new Locks.Timing(Duration.ZERO, Duration.ofMinutes(5), Duration.ofMinutes(20), Duration.ZERO);

  @TempDir Path folder;
  private final Operation op = Operation.start();
  private final SplittableRandom random = new SplittableRandom(7);
  private Path data;
  private Path place;

  @BeforeEach
  void start() throws IOException {
    data = Files.createDirectory(folder.resolve("data"));
    place = folder.resolve("repository");
  }

  private void write(String name, int size) throws IOException {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    Files.write(Files.createDirectories(data.resolve(name).getParent()).resolve(name(name)), bytes);
  }

  private static Path name(String path) {
    return Path.of(path).getFileName();
  }

  private Id save(ObjectStore store) {
    Repository repository = Repository.open(op, store, "kelp");
    repository.loadIndex(op, null);
    try (Directory root = Directory.open(RawName.of(data.toString()))) {
      var outcome =
          new SnapshotRun(repository, BackupOptions.of(data.toString(), US), BackupProgress.SILENT)
              .run(op, root, RawPath.of(data.toString()));
      return Objects.requireNonNull(outcome.id());
    }
  }

  private static void forget(Operation op, ObjectStore store, Id snapshot) {
    store.delete(op, RepositoryKeys.SNAPSHOTS + snapshot);
  }

  private static Locks locks(Repository repository) {
    return new Locks(repository, new ProcessHolder(US), AT_ONCE);
  }

  private static PruneStats prune(ObjectStore store, PruneOptions options) {
    Operation op = Operation.start();
    Repository repository = Repository.open(op, store, "kelp");
    Prune prune = new Prune(repository, options, PruneProgress.SILENT);
    prune.mark(op);
    try (HeldLock lock = locks(repository).exclusive(op)) {
      PruneStats stats = prune.plan(op, Set.of());
      prune.run(op, lock);
      return stats;
    }
  }

  private void intact(Path where, Set<Id> snapshots) {
    Repository repository = Repository.open(op, new DirectoryStore(where), "kelp");
    assertThat(repository.snapshots(op).keySet()).isEqualTo(snapshots);
    var outcome =
        new RepositoryCheck(repository, new PackSubset.All(), 2, CheckProgress.SILENT).run(op);
    assertThat(outcome.intact()).as(outcome.toString()).isTrue();
    assertThat(outcome.affected()).isEmpty();
  }

  /** Two snapshots that share packs with two that were forgotten, copies, and an orphan. */
  private Set<Id> makeUsed() throws IOException {
    DirectoryStore store = new DirectoryStore(place);
    Repository.init(op, store, "kelp", 2, KeyFile.Cost.WEAK, null, US);
    Set<Id> kept = new TreeSet<>();
    for (int i = 0; i < 4; i++) {
      write("a/common" + i, 20_000);
      write("b/own" + i, 30_000);
      Id id = save(store);
      if (i % 2 == 0) {
        forget(op, store, id);
        Files.delete(data.resolve("b/own" + i));
      } else {
        kept.add(id);
      }
    }
    // What two writers that do not see each other leave: the same blobs twice. All but one: what
    // it shares a pack with is not needed, and it is.
    Files.delete(data.resolve("a/common0"));
    Path hidden = folder.resolve("hidden");
    Files.move(place.resolve("index"), hidden);
    Files.createDirectory(place.resolve("index"));
    kept.add(save(store));
    try (var files = Files.list(hidden)) {
      for (Path file : files.toList()) {
        Files.move(file, place.resolve("index").resolve(file.getFileName()));
      }
    }
    Files.createDirectories(place.resolve("data/00"));
    Files.write(place.resolve("data/00").resolve("0".repeat(64)), new byte[1000]);
    return kept;
  }

  private static void copy(Path from, Path to) throws Exception {
    Process cp = new ProcessBuilder("cp", "-a", from.toString(), to.toString()).start();
    assertThat(cp.waitFor()).isZero();
  }

  private static void delete(Path folder) throws Exception {
    assertThat(new ProcessBuilder("rm", "-rf", folder.toString()).start().waitFor()).isZero();
  }

  @Test
  void removesAllThatIsUnusedAndNothingElse() throws Exception {
    Set<Id> kept = makeUsed();
    PruneStats stats = prune(new DirectoryStore(place), ALL);
    assertThat(stats.packs().unreferenced()).isEqualTo(1);
    assertThat(stats.packs().repack()).isPositive();
    assertThat(stats.blobs().duplicate()).isPositive();
    intact(place, kept);
    tidy(place);
    if (Restic.installed()) {
      new Restic(place, "kelp", folder).check();
    }
  }

  /** Another prune would find nothing to do. */
  private void tidy(Path where) {
    PruneStats again = prune(new DirectoryStore(where), ALL);
    assertThat(again.blobs().removeTotal()).isZero();
    assertThat(again.bytes().unreferenced()).isZero();
    assertThat(again.blobs().unused() + again.blobs().duplicate()).isZero();
  }

  @Test
  void aBackupThatEndsBetweenMarkingAndLockIsSeen() throws Exception {
    Set<Id> kept = makeUsed();
    DirectoryStore store = new DirectoryStore(place);
    Repository repository = Repository.open(op, store, "kelp");
    Prune prune = new Prune(repository, ALL, PruneProgress.SILENT);
    prune.mark(op);
    // It needs again what only the forgotten snapshots had, and brings its own.
    write("b/late", 40_000);
    kept.add(save(store));
    Id gone = kept.iterator().next();
    forget(op, store, gone);
    kept.remove(gone);
    try (HeldLock lock = locks(repository).exclusive(op)) {
      prune.plan(op, Set.of());
      prune.run(op, lock);
    }
    intact(place, kept);
    tidy(place);
  }

  @Test
  void aLostLockEndsItBeforeAnythingGoes() throws Exception {
    Set<Id> kept = makeUsed();
    Repository repository = Repository.open(op, new DirectoryStore(place), "kelp");
    Prune prune = new Prune(repository, ALL, PruneProgress.SILENT);
    Set<String> before = files();
    Operation own = Operation.start();
    try (HeldLock lock = locks(repository).exclusive(own)) {
      prune.plan(own, Set.of());
      locks(repository).unlock(op, true);
      assertThat(lock.id()).isNotNull();
      own.cancel("the lock was lost");
      assertThatThrownBy(() -> prune.run(own, lock)).isInstanceOf(Failure.class);
    }
    assertThat(files()).isEqualTo(before);
    intact(place, kept);
  }

  private Set<String> files() throws IOException {
    try (var all = Files.walk(place.resolve("data"))) {
      return new TreeSet<>(all.filter(Files::isRegularFile).map(Path::toString).toList());
    }
  }

  @Test
  void refusesWhereSomethingNeededIsMissingUnlessThereIsACopy() throws Exception {
    Set<Id> kept = makeUsed();
    Set<String> before = files();
    int refused = 0;
    for (String pack : before.stream().limit(9).toList()) {
      byte[] bytes = Files.readAllBytes(Path.of(pack));
      Files.delete(Path.of(pack));
      Path work = folder.resolve("work");
      copy(place, work);
      try {
        prune(new DirectoryStore(work), ALL);
        intact(work, kept);
      } catch (Failure.Corrupt e) {
        refused++;
        assertThat(e.getMessage()).containsAnyOf("is missing", "does not exist");
        assertThat(e.describe()).contains("nothing was removed");
      }
      delete(work);
      Files.write(Path.of(pack), bytes);
    }
    assertThat(refused).isPositive().isLessThan(Math.min(9, before.size()));
    assertThat(files()).isEqualTo(before);
  }

  /** Blobs that snapshots need and no copy gives. */
  private Set<Id> unreadable(Path where) {
    Repository repository = Repository.open(op, new DirectoryStore(where), "kelp");
    repository.loadIndex(op, null);
    UsedBlobs used = new UsedBlobs(repository);
    repository.snapshots(op).values().forEach(snapshot -> used.mark(op, Id.parse(snapshot.tree())));
    Set<Id> found = new TreeSet<>();
    List<BlobTable.Location> copies = new ArrayList<>();
    repository.index().forEach(copies::add);
    for (BlobTable.Location copy : copies) {
      BlobType type = copy.blob().type();
      try {
        if (used.contains(type, copy.blob().id())) {
          var _ = repository.load(op, type, copy.blob().id());
        }
      } catch (Failure.Corrupt e) {
        found.add(copy.blob().id());
      }
    }
    return found;
  }

  @Test
  void aDamagedCopyIsNotKeptInsteadOfAWholeOne() throws Exception {
    makeUsed();
    int made = 0;
    for (String pack : files().stream().filter(file -> file.contains("/data/")).toList()) {
      if (pack.endsWith("0".repeat(64))) {
        continue;
      }
      Path work = folder.resolve("work");
      copy(place, work);
      Path damaged = work.resolve(place.relativize(Path.of(pack)));
      byte[] bytes = Files.readAllBytes(damaged);
      for (int at = 20; at < bytes.length - 600; at += 5000) {
        bytes[at] ^= 1; // in each blob of a file
      }
      Files.delete(damaged);
      Files.write(damaged, bytes);
      Set<Id> before;
      try {
        before = unreadable(work);
      } catch (Failure.Corrupt e) {
        delete(work); // a tree of which there is no other copy
        continue;
      }
      try {
        prune(new DirectoryStore(work), ALL);
        made++;
      } catch (Failure.Corrupt e) {
        assertThat(e.describe()).contains("removed");
      }
      assertThat(before).containsAll(unreadable(work));
      delete(work);
    }
    assertThat(made).isPositive();
  }

  @Test
  void twoWritersAndAPrunerAtOnceLoseNothing() throws Exception {
    Set<Id> kept = makeUsed();
    DirectoryStore store = new DirectoryStore(place);
    AtomicBoolean over = new AtomicBoolean();
    Thread pruner =
        Thread.ofPlatform()
            .start(() -> {
              while (!over.get()) {
                try {
                  prune(store, ALL);
                } catch (Failure.Locked e) {
                  Thread.onSpinWait(); // a writer is there
                }
              }
            });
    for (int i = 0; i < 4; i++) {
      write("c/more" + i, 10_000);
      op.<Id>all(
              java.util.Collections.nCopies(
                  2,
                  () -> {
                    Repository repository = Repository.open(op, store, "kelp");
                    Locks.Timing patient = AT_ONCE.withPatience(Duration.ofMinutes(5));
                    try (HeldLock _ =
                        new Locks(repository, new ProcessHolder(US), patient).shared(op)) {
                      return save(store);
                    }
                  }))
          .forEach(kept::add);
    }
    over.set(true);
    pruner.join();
    intact(place, kept);
    prune(store, ALL);
    intact(place, kept);
  }
}
