package dev.holdfast.repository.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.model.Seeded;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Restic;
import dev.holdfast.repository.SavedRepository;
import dev.holdfast.repository.backup.SnapshotRun;
import dev.holdfast.repository.prune.Prune;
import dev.holdfast.repository.prune.PruneOptions;
import dev.holdfast.repository.prune.PruneProgress;
import dev.holdfast.repository.snapshot.Snapshot;
import dev.holdfast.store.ObjectStore;
import dev.holdfast.store.fault.FaultyStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Stores and clocks that misbehave while a backup runs: what was reported complete can be read
 * afterwards, and a repeat finishes the work.
 */
@Tag("EMF-4")
class FaultsTest {

  @TempDir Path folder;
  private SavedRepository saved;
  private int round;

  @BeforeEach
  void make() throws Exception {
    saved = SavedRepository.in(folder);
    saved.save();
  }

  /** Other data each time, so that there is something to write. */
  private void edit(RandomGenerator random) throws IOException {
    for (int i = 0; i < 4; i++) {
      byte[] bytes = new byte[1 + random.nextInt(60_000)];
      random.nextBytes(bytes);
      Path directory = Files.createDirectories(saved.data.resolve("round-" + round++ % 3));
      Files.write(directory.resolve("f" + random.nextInt(5)), bytes);
    }
  }

  /** Every snapshot that there is can be restored, whatever happened before. */
  private void everySnapshotIsComplete() throws IOException {
    saved.assertIntact();
    for (Map.Entry<Id, Snapshot> one : saved.open().snapshots(saved.op).entrySet()) {
      Path target = Files.createTempDirectory(folder, "target");
      assertThat(saved.restore(one.getValue().tree(), target))
          .as(one.getKey().toString())
          .isEmpty();
    }
  }

  @Test
  void aStoreThatFailsAtRandom() throws Exception {
    Seeded.check(
        10,
        random -> {
          edit(random);
          FaultyStore store = new FaultyStore(saved.store);
          store.on(call -> random.nextInt(12) == 0, FaultyStore.unreachable());
          store.on(call -> random.nextInt(20) == 0, FaultyStore.loseAnswer());
          try {
            complete(saved.save(store, null));
          } catch (Failure.Unreachable e) {
            // reported: the snapshot was not promised
          }
          everySnapshotIsComplete();
          complete(saved.save());
          everySnapshotIsComplete();
        });
    resticAgrees();
  }

  private void complete(SnapshotRun.Outcome outcome) {
    assertThat(outcome.failed()).isZero();
    assertThat(saved.open().snapshots(saved.op)).containsKey(outcome.id());
  }

  private void resticAgrees() throws Exception {
    Restic.assumeInstalled();
    assertThat(
            new Restic(saved.place, SavedRepository.PASSWORD, folder)
                .ok(folder, "check", "--read-data"))
        .contains("no errors were found");
  }

  @Test
  void aDiskThatIsFullAtAnyWrite() throws Exception {
    Seeded.check(
        8,
        random -> {
          edit(random);
          int room = random.nextInt(6);
          int[] writes = new int[1];
          FaultyStore store = new FaultyStore(saved.store);
          store.on(call -> call.writes() && writes[0]++ >= room, FaultyStore.full());
          try {
            complete(saved.save(store, null));
          } catch (Failure.Full e) {
            assertThat(e.getMessage()).contains("no room");
          }
          everySnapshotIsComplete();
          complete(saved.save());
          everySnapshotIsComplete();
        });
  }

  @Test
  void aStoreThatListsLate() {
    Seeded.check(
        6,
        random -> {
          edit(random);
          var before =
              saved.files("index").stream().map(file -> file.getFileName().toString()).toList();
          complete(saved.save());
          // Whoever lists late does not know the newest index: he saves again what he cannot see.
          FaultyStore late = new FaultyStore(saved.store);
          late.on(
              FaultyStore.lists(),
              FaultyStore.hide(key ->
                  key.startsWith("index/") && !before.contains(key.substring("index/".length()))));
          edit(random);
          complete(saved.save(late, null));
          everySnapshotIsComplete();
        });
  }

  @Test
  void pruneRefusesWhereAnIndexIsListedLate() throws Exception {
    edit(new SplittableRandom(3));
    saved.save();
    for (Path index : saved.files("index")) {
      FaultyStore late = new FaultyStore(saved.store);
      late.on(FaultyStore.lists(), FaultyStore.hide(("index/" + index.getFileName())::equals));
      Prune prune =
          new Prune(
              saved.open(late),
              PruneOptions.DEFAULT.withMaxUnused(PruneOptions.percent(0)),
              PruneProgress.SILENT);
      assertThatThrownBy(() -> prune.plan(saved.op, Set.of()))
          .isInstanceOf(Failure.Corrupt.class)
          .satisfies(e -> assertThat(((Failure) e).next()).contains("nothing was removed"));
    }
    everySnapshotIsComplete();
  }

  @Test
  void anIndexThatIsListedLateIsNotTakenForDamageForever() throws Exception {
    FaultyStore late = new FaultyStore(saved.store);
    late.on(FaultyStore.lists(), FaultyStore.hide(key -> key.startsWith("index/")));
    CheckOutcome seen = saved.check(saved.open(late), new PackSubset.None()).outcome();
    assertThat(seen.intact()).isFalse();
    assertThat(seen.repairIndex()).isTrue();
    late.heal();
    assertThat(saved.check(saved.open(late), new PackSubset.All()).outcome().intact()).isTrue();
  }

  @Test
  void aReadThatFailsIsNoDamage() throws Exception {
    FaultyStore store = new FaultyStore(saved.store);
    // The largest holds data: one that holds trees would end the check, as it should.
    Path pack =
        saved.files("data").stream().max(Comparator.comparingLong(p -> p.toFile().length())).get();
    store.on(FaultyStore.gets(pack.getFileName().toString()), FaultyStore.breakAfter(100));
    SavedRepository.Checked checked = saved.check(saved.open(store), new PackSubset.All());
    assertThat(checked.errors()).hasSize(1).first().asString().contains("could not be read");
    assertThat(checked.outcome().brokenPacks()).isEmpty();
    store.on(call -> call.key().startsWith("data/"), FaultyStore.unreachable());
    assertThatThrownBy(() -> saved.check(saved.open(store), new PackSubset.All()))
        .isInstanceOf(Failure.Unreachable.class);
  }

  /** Else packs that nobody has read would pass for good ones. */
  @Test
  void aCheckThatRunsOutOfMemoryFindsNothingGood() throws Exception {
    for (Path pack : saved.files("data")) {
      FaultyStore store = new FaultyStore(saved.store);
      store.on(FaultyStore.gets(pack.getFileName().toString()), FaultyStore.outOfMemory());
      assertThatThrownBy(() -> saved.check(saved.open(store), new PackSubset.All()))
          .isInstanceOf(OutOfMemoryError.class);
    }
  }

  /** A clock that jumps at every look, days ahead and back. */
  private static final class Jumping extends Clock {
    private final RandomGenerator random;

    Jumping(RandomGenerator random) {
      this.random = random;
    }

    @Override
    public synchronized Instant instant() {
      return Instant.now().plus(Duration.ofHours(random.nextInt(-100, 100)));
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  @Test
  void aClockThatJumps() throws Exception {
    Operation wild = Operation.start(new Jumping(new SplittableRandom(7)), new SplittableRandom(7));
    Path place = Files.createDirectory(folder.resolve("wild"));
    SavedRepository jumping = SavedRepository.in(place, wild);
    for (int i = 0; i < 4; i++) {
      Files.writeString(jumping.data.resolve("d0/f" + i), "round " + i);
      assertThat(jumping.save().failed()).isZero();
    }
    jumping.assertIntact();
    Restic.assumeInstalled();
    Restic restic = new Restic(jumping.place, SavedRepository.PASSWORD, folder);
    restic.check();
    assertThat(restic.ok(folder, "snapshots")).contains("4 snapshots");
  }

  @Test
  void aPackThatTheStoreToreIsFoundWithoutReadingData() throws Exception {
    edit(new SplittableRandom(5));
    SnapshotRun.Outcome outcome = saved.save(new Tearing(saved.store), null);
    // A store that loses the end of what it confirmed: nothing but a check can tell.
    CheckOutcome checked = saved.check(new PackSubset.None()).outcome();
    assertThat(checked.intact()).isFalse();
    assertThat(checked.affected()).extracting(one -> one.snapshot().id()).contains(outcome.id());
  }

  /** Confirms packs of which it keeps only the first half. */
  private static final class Tearing extends dev.holdfast.store.ForwardingStore {

    Tearing(ObjectStore store) {
      super(store);
    }

    @Override
    public Meta put(Operation op, String key, byte[] body, int length, PutOptions options) {
      return key.startsWith("data/")
          ? super.put(op, key, body, length / 2, PutOptions.NONE)
          : super.put(op, key, body, length, options);
    }
  }
}
