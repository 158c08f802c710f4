package dev.holdfast.repository.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Seeded;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.Restic;
import dev.holdfast.repository.SavedRepository;
import dev.holdfast.repository.backup.SnapshotRun;
import dev.holdfast.repository.lock.HeldLock;
import dev.holdfast.repository.lock.Locks;
import dev.holdfast.repository.lock.ProcessHolder;
import dev.holdfast.repository.pack.PackedBlob;
import dev.holdfast.repository.snapshot.SavedSnapshot;
import dev.holdfast.store.fault.FaultyStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was lost and can be made again is; the rest is named and taken out; restic agrees. */
@Tag("EMF-4")
class RepairTest {

  private static final Locks.Timing QUICK =
      new Locks.Timing(
          Duration.ofMillis(1), Duration.ofMinutes(5), Duration.ofMinutes(20), Duration.ZERO);

  @TempDir Path folder;
  private SavedRepository saved;
  private SnapshotRun.Outcome first;
  private Restic restic;

  @BeforeEach
  void make() throws Exception {
    saved = SavedRepository.in(folder);
    first = saved.save();
    restic = new Restic(saved.place, SavedRepository.PASSWORD, folder);
  }

  private HeldLock lock(Repository repository) {
    return new Locks(repository, new ProcessHolder(SavedRepository.US), QUICK).exclusive(saved.op);
  }

  private IndexRepair.Outcome repairIndex(boolean all) {
    Repository repository = saved.open();
    try (HeldLock lock = lock(repository)) {
      return new IndexRepair(repository, all, RepairProgress.SILENT).run(saved.op, lock);
    }
  }

  private void everythingIsBack() throws Exception {
    saved.assertIntact();
    assertThat(saved.restore(first.snapshot().tree(), Files.createTempDirectory(folder, "all")))
        .isEmpty();
  }

  private static Id id(Path file) {
    return Id.parse(file.getFileName().toString());
  }

  @Test
  void aLostIndexIsMadeFromTheHeaders() throws Exception {
    Restic.assumeInstalled();
    for (Path index : saved.files("index")) {
      Files.delete(index);
    }
    int packs = saved.files("data").size();
    assertThat(repairIndex(false).added()).isEqualTo(packs);
    everythingIsBack();
    restic.check();
    assertThat(repairIndex(true))
        .isEqualTo(new IndexRepair.Outcome(packs, List.of(), List.of(), 1));
    everythingIsBack();
    restic.ok(folder, "rebuild-index", "--read-all-packs");
    everythingIsBack();
  }

  @Test
  void ofSeveralIndexesOneIsLostAndAnotherDamaged() throws Exception {
    for (int round = 0; round < 3; round++) {
      Files.writeString(saved.data.resolve("d0/round"), "round " + round);
      saved.save();
    }
    List<Path> indexes = saved.files("index");
    assertThat(indexes).hasSize(4);
    Files.delete(indexes.get(1));
    SavedRepository.flip(indexes.get(2), 50, 2);
    assertThat(saved.check(new PackSubset.None()).outcome().repairIndex()).isTrue();
    assertThat(repairIndex(false).replaced()).isEqualTo(1);
    everythingIsBack();
    assertThat(saved.files("index")).contains(indexes.get(0), indexes.get(3));
  }

  @Test
  void aPackInTwoIndexesIsInOneAfterwards() throws Exception {
    Path kept = saved.files("index").getFirst();
    byte[] bytes = Files.readAllBytes(kept);
    repairIndex(true);
    Files.write(kept, bytes);
    assertThat(saved.check(new PackSubset.None()).outcome().repairIndex()).isTrue();
    repairIndex(false);
    CheckOutcome outcome = saved.check(new PackSubset.All()).outcome();
    assertThat(outcome.intact()).isTrue();
    assertThat(outcome.repairIndex()).isFalse();
  }

  @Test
  void killedAtAnyWriteNothingIsLost() {
    Seeded.check(
        12,
        random -> {
          FaultyStore dying = new FaultyStore(saved.store);
          dying.on(call -> call.writes() && random.nextInt(3) == 0, FaultyStore.kill());
          try {
            new IndexRepair(saved.open(dying), true, RepairProgress.SILENT).run(saved.op, null);
          } catch (FaultyStore.Killed e) {
            // as the test wants
          }
          everythingIsBack();
        });
  }

  @Test
  void aTruncatedPackIsNamedAndTheRestIndexed() throws Exception {
    Path pack = saved.files("data").get(2);
    byte[] bytes = Files.readAllBytes(pack);
    SavedRepository.write(pack, Arrays.copyOf(bytes, bytes.length - 10));
    Files.delete(saved.files("index").getFirst());
    assertThat(repairIndex(false).unreadable()).containsExactly(id(pack));
    // Put back whole, it is found again.
    SavedRepository.write(pack, bytes);
    assertThat(repairIndex(false).added()).isEqualTo(1);
    everythingIsBack();
  }

  /** Its blobs are all there: they must not go with the header that named them. */
  @Test
  void whatTheIndexKnowsOfAPackWithoutItsEndIsKept() throws Exception {
    for (boolean all : new boolean[] {false, true}) {
      Path pack = dataPack();
      byte[] bytes = Files.readAllBytes(pack);
      SavedRepository.write(pack, Arrays.copyOf(bytes, bytes.length - 10));
      assertThat(repairIndex(all).unreadable()).containsExactly(id(pack));
      assertThat(saved.restore(first.snapshot().tree(), Files.createTempDirectory(folder, "all")))
          .isEmpty();
      Repository repository = saved.open();
      try (HeldLock lock = lock(repository)) {
        repository.loadIndex(saved.op, null);
        Set<Id> broken = Set.of(id(pack));
        assertThat(
                new PackRepair(repository, RepairProgress.SILENT)
                    .run(saved.op, broken, lock)
                    .lost())
            .isZero();
      }
      everythingIsBack();
    }
  }

  /** The one with the most files in it: another may hold just one. */
  private Path dataPack() {
    return saved.files("data").stream()
        .filter(pack -> header(pack).stream().allMatch(blob -> blob.type() == BlobType.DATA))
        .max(Comparator.comparingInt(pack -> header(pack).size()))
        .orElseThrow();
  }

  private List<PackedBlob> header(Path pack) {
    return saved.open().packHeader(saved.op, id(pack), pack.toFile().length());
  }

  private boolean repairSnapshots(boolean forget, boolean dryRun) {
    Repository repository = saved.open();
    boolean changed = false;
    try (HeldLock lock = lock(repository)) {
      List<SavedSnapshot> snapshots =
          repository.snapshots(saved.op).entrySet().stream()
              .map(entry -> new SavedSnapshot(entry.getKey(), entry.getValue()))
              .toList();
      repository.loadIndex(saved.op, null);
      SnapshotRepair repair = new SnapshotRepair(repository, dryRun, RepairProgress.SILENT);
      for (SavedSnapshot snapshot : snapshots) {
        changed |= repair.run(saved.op, snapshot, forget, lock);
      }
    }
    return changed;
  }

  @Test
  void snapshotsAreMendedAfterAPackWasLost() throws Exception {
    Restic.assumeInstalled();
    assertThat(repairSnapshots(true, false)).as("there is nothing to mend").isFalse();
    Files.delete(dataPack());
    SortedSet<String> affected = new TreeSet<>();
    saved
        .check(new PackSubset.None())
        .outcome()
        .affected()
        .forEach(one -> affected.addAll(one.paths()));
    assertThat(affected).isNotEmpty();
    assertThat(repairIndex(false).removed()).hasSize(1);
    assertThat(repairSnapshots(false, true)).isTrue();
    assertThat(saved.files("snapshots")).hasSize(1);
    assertThat(repairSnapshots(false, false)).isTrue();
    assertThat(saved.files("snapshots")).hasSize(2);
    assertThat(saved.check(new PackSubset.All()).outcome().affected()).hasSize(1);
    var repaired =
        saved.open().snapshots(saved.op).values().stream()
            .filter(snapshot -> snapshot.tagsOrEmpty().contains("repaired"))
            .findFirst()
            .orElseThrow();
    assertThat(repaired.original()).isEqualTo(String.valueOf(first.id()));
    Path target = Files.createTempDirectory(folder, "target");
    assertThat(saved.restore(repaired.tree(), target)).isEmpty();
    for (Path file : saved.files("../data")) {
      String path = "/" + saved.data.relativize(file.normalize());
      if (!affected.contains(path)) {
        assertThat(target.resolve(path.substring(1))).hasSameBinaryContentAs(file);
      }
    }
    assertThat(repairSnapshots(true, false)).isTrue();
    restic.check();
    saved.assertIntact();
    // What is still there brings the content back.
    saved.save();
    restic.check();
  }

  @Test
  void aNewBackupBringsLostContentBack() throws Exception {
    Files.delete(dataPack());
    assertThat(repairIndex(false).removed()).hasSize(1);
    assertThat(saved.check(new PackSubset.None()).outcome().intact()).isFalse();
    // The parent says that the files are unchanged; what it names is gone, so they are read.
    saved.save(saved.store, first.id());
    everythingIsBack();
  }

  @Test
  void aDamagedPackIsReplacedByWhatIsLeftOfIt() throws Exception {
    Restic.assumeInstalled();
    Path pack = dataPack();
    SavedRepository.flip(pack, 40, 0);
    assertThat(saved.check(new PackSubset.All()).outcome().brokenPacks()).containsExactly(id(pack));
    Repository repository = saved.open();
    PackRepair.Outcome outcome;
    try (HeldLock lock = lock(repository)) {
      repository.loadIndex(saved.op, null);
      outcome =
          new PackRepair(repository, RepairProgress.SILENT).run(saved.op, Set.of(id(pack)), lock);
    }
    assertThat(outcome.lost()).isEqualTo(1);
    assertThat(outcome.saved()).isPositive();
    assertThat(pack).doesNotExist();
    CheckOutcome after = saved.check(new PackSubset.All()).outcome();
    assertThat(after.brokenPacks()).isEmpty();
    assertThat(after.affected().getFirst().entries()).isEqualTo(1);
    assertThat(repairSnapshots(true, false)).isTrue();
    saved.assertIntact();
    restic.check();
  }

  @Test
  void aLostRootTakesItsSnapshotWithIt() throws Exception {
    Repository repository = saved.open();
    for (Path pack : saved.files("data")) {
      if (repository.packHeader(saved.op, id(pack), pack.toFile().length()).getFirst().type()
          == BlobType.TREE) {
        Files.delete(pack);
      }
    }
    repairIndex(false);
    assertThat(repairSnapshots(false, false)).isTrue();
    assertThat(saved.files("snapshots")).isEmpty();
    saved.assertIntact();
  }
}
