package dev.holdfast.repository.fault;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Failure;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.SavedRepository;
import dev.holdfast.repository.check.CheckOutcome;
import dev.holdfast.repository.check.IndexRepair;
import dev.holdfast.repository.check.PackRepair;
import dev.holdfast.repository.check.PackSubset;
import dev.holdfast.repository.check.RepairProgress;
import dev.holdfast.repository.check.SnapshotRepair;
import dev.holdfast.repository.copy.CopyProgress;
import dev.holdfast.repository.copy.SnapshotCopy;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.repository.keys.Passwords;
import dev.holdfast.repository.lock.HeldLock;
import dev.holdfast.repository.pack.PackedBlob;
import dev.holdfast.repository.prune.Prune;
import dev.holdfast.repository.prune.PruneOptions;
import dev.holdfast.repository.prune.PruneProgress;
import dev.holdfast.repository.snapshot.SavedSnapshot;
import dev.holdfast.repository.snapshot.SnapshotFilter;
import dev.holdfast.repository.snapshot.Snapshots;
import dev.holdfast.store.DirectoryStore;
import dev.holdfast.store.ObjectStore;
import dev.holdfast.store.fault.FaultyStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Every verb that writes, but for init, which has its own test. */
final class Verbs {

  private Verbs() {}

  /** By their names. */
  static Map<String, Verb> all() {
    Map<String, Verb> verbs = new LinkedHashMap<>();
    verbs.put("backup", new Backup());
    verbs.put("forget", new Forget());
    verbs.put("forget --prune", new ForgetAndPrune());
    verbs.put("copy", new Copy());
    verbs.put("key passwd", new KeyPasswd());
    verbs.put("repair index", new RepairIndex());
    verbs.put("repair packs", new RepairPacks());
    verbs.put("repair snapshots", new RepairSnapshots());
    return verbs;
  }

  private static List<SavedSnapshot> snapshots(SavedRepository at) {
    return new Snapshots(at.open()).list(at.op, SnapshotFilter.ALL);
  }

  private static Set<Id> ids(SavedRepository at) {
    Set<Id> ids = new HashSet<>();
    snapshots(at).forEach(one -> ids.add(one.id()));
    return ids;
  }

  /** Saves some rounds, each with files of its own and some that others have, too. */
  private static SavedRepository rounds(Path folder, int rounds) throws IOException {
    SavedRepository made = SavedRepository.in(folder);
    for (int i = 0; i < rounds; i++) {
      Files.write(made.data.resolve("d1/round"), new byte[] {(byte) i});
      Files.copy(made.data.resolve("d0/f" + 4 * i), made.data.resolve("d2/copy" + i));
      Files.delete(made.data.resolve("d3/f" + (3 + 4 * i)));
      assertThat(made.save().failed()).isZero();
    }
    return made;
  }

  /** Restores the newest snapshot and compares it with the data. */
  private static void newestIsTheData(SavedRepository at) throws IOException {
    Path target = Files.createTempDirectory(at.data.getParent(), "target");
    assertThat(at.restore(snapshots(at).getLast().snapshot().tree(), target)).isEmpty();
    for (Path file : at.files("../data")) {
      Path name = at.data.relativize(file.normalize());
      assertThat(target.resolve(name)).hasSameBinaryContentAs(file);
    }
  }

  private static final class Backup implements Verb {
    private Set<Id> before = Set.of();

    @Override
    public SavedRepository prepare(Path folder) throws IOException {
      SavedRepository made = rounds(folder, 1);
      before = ids(made);
      Files.write(made.data.resolve("d1/new"), new byte[70_000]);
      Files.copy(made.data.resolve("d0/f8"), made.data.resolve("d1/changed"));
      Files.writeString(made.data.resolve("d0/f0"), "changed");
      return made;
    }

    @Override
    public void run(SavedRepository on, ObjectStore through) {
      try (HeldLock _ = Verb.locks(on.open(through)).shared(on.op)) {
        assertThat(on.save(through, before.iterator().next()).failed()).isZero();
      }
    }

    @Override
    public void whenStopped(SavedRepository on) {
      assertThat(ids(on)).containsAll(before);
      on.assertIntact();
    }

    @Override
    public void whenDone(SavedRepository on) throws IOException {
      assertThat(ids(on)).containsAll(before).hasSizeGreaterThan(before.size());
      on.assertIntact();
      newestIsTheData(on);
    }
  }

  private static class Forget implements Verb {
    final Set<Id> kept = new HashSet<>();
    private Set<Id> gone = Set.of();

    @Override
    public SavedRepository prepare(Path folder) throws IOException {
      SavedRepository made = rounds(folder, 4);
      List<SavedSnapshot> all = snapshots(made);
      kept.addAll(List.of(all.get(1).id(), all.get(3).id()));
      gone = Set.of(all.get(0).id(), all.get(2).id());
      return made;
    }

    @Override
    public void run(SavedRepository on, ObjectStore through) {
      Repository repository = on.open(through);
      try (HeldLock lock = Verb.locks(repository).exclusive(on.op)) {
        forget(on, repository, lock);
      }
    }

    void forget(SavedRepository on, Repository repository, HeldLock lock) {
      Snapshots snapshots = new Snapshots(repository);
      List<SavedSnapshot> left =
          snapshots.list(on.op, SnapshotFilter.ALL).stream()
              .filter(one -> gone.contains(one.id()))
              .toList();
      snapshots.remove(on.op, left, lock);
    }

    @Override
    public void whenStopped(SavedRepository on) {
      assertThat(ids(on)).containsAll(kept);
      on.assertIntact();
    }

    @Override
    public void whenDone(SavedRepository on) throws IOException {
      assertThat(ids(on)).isEqualTo(kept);
      on.assertIntact();
      newestIsTheData(on);
    }
  }

  private static final class ForgetAndPrune extends Forget {

    /** With what writers leave that do not see each other, blobs in two packs, or are killed. */
    @Override
    public SavedRepository prepare(Path folder) throws IOException {
      SavedRepository made = super.prepare(folder);
      FaultyStore blind = new FaultyStore(made.store);
      blind.on(FaultyStore.lists(), FaultyStore.hide(key -> key.startsWith("index/")));
      kept.add(Objects.requireNonNull(made.save(blind, null).id()));
      Path orphan = made.place.resolve("data/00/" + "0".repeat(64));
      Files.createDirectories(orphan.getParent());
      Files.write(orphan, new byte[1000]);
      return made;
    }

    @Override
    public void run(SavedRepository on, ObjectStore through) {
      Repository repository = on.open(through);
      PruneOptions all = PruneOptions.DEFAULT.withMaxUnused(PruneOptions.percent(0));
      try (HeldLock lock = Verb.locks(repository).exclusive(on.op)) {
        forget(on, repository, lock);
        Prune prune = new Prune(repository, all, PruneProgress.SILENT);
        prune.plan(on.op, Set.of());
        prune.run(on.op, lock);
      }
    }

    @Override
    public void whenDone(SavedRepository on) throws IOException {
      super.whenDone(on);
      assertThat(on.check(new PackSubset.None()).outcome().prune())
          .as("there are leftovers")
          .isFalse();
    }
  }

  private static final class Copy implements Verb {
    private Path source = Path.of("");
    private int wanted;

    @Override
    public SavedRepository prepare(Path folder) throws IOException {
      SavedRepository from = rounds(Files.createDirectory(folder.resolve("from")), 3);
      source = from.place;
      wanted = snapshots(from).size();
      SavedRepository to = SavedRepository.in(Files.createDirectory(folder.resolve("to")));
      to.save();
      return to;
    }

    @Override
    public void run(SavedRepository on, ObjectStore through) {
      Repository from =
          Repository.open(on.op, new DirectoryStore(source), SavedRepository.PASSWORD);
      Repository to = on.open(through);
      try (HeldLock _ = Verb.locks(to).shared(on.op)) {
        from.loadIndex(on.op, null);
        to.loadIndex(on.op, null);
        List<SavedSnapshot> all = new Snapshots(from).list(on.op, SnapshotFilter.ALL);
        new SnapshotCopy(from, to, 3, CopyProgress.SILENT).run(on.op, all, 64 << 10, 3);
      }
    }

    @Override
    public void whenStopped(SavedRepository on) {
      assertThat(ids(on)).hasSizeBetween(1, 1 + wanted);
      on.assertIntact();
    }

    @Override
    public void whenDone(SavedRepository on) {
      assertThat(ids(on)).hasSize(1 + wanted);
      on.assertIntact();
    }
  }

  private static final class KeyPasswd implements Verb {
    private static final String NEW = "wrack";

    @Override
    public SavedRepository prepare(Path folder) throws IOException {
      return rounds(folder, 1);
    }

    private static boolean opens(SavedRepository at, String password) {
      try {
        return Repository.open(at.op, at.store, password).config().version() == 2;
      } catch (Failure.WrongKey e) {
        return false;
      }
    }

    @Override
    public String password(SavedRepository on) {
      return opens(on, SavedRepository.PASSWORD) ? SavedRepository.PASSWORD : NEW;
    }

    @Override
    public void run(SavedRepository on, ObjectStore through) {
      if (password(on).equals(NEW)) {
        return; // all was done but for the lock
      }
      Repository repository = on.open(through);
      try (HeldLock _ = Verb.locks(repository).exclusive(on.op)) {
        new Passwords(repository).change(on.op, NEW, KeyFile.Cost.WEAK, SavedRepository.US);
      }
    }

    @Override
    public void whenStopped(SavedRepository on) {
      assertThat(opens(on, password(on))).isTrue();
    }

    @Override
    public void whenDone(SavedRepository on) {
      assertThat(opens(on, NEW)).isTrue();
      assertThat(opens(on, SavedRepository.PASSWORD)).isFalse();
    }
  }

  private static final class RepairIndex implements Verb {

    @Override
    public SavedRepository prepare(Path folder) throws IOException {
      SavedRepository made = rounds(folder, 3);
      List<Path> indexes = made.files("index");
      Files.delete(indexes.get(0));
      SavedRepository.flip(indexes.get(1), 40, 2);
      return made;
    }

    @Override
    public void run(SavedRepository on, ObjectStore through) {
      Repository repository = on.open(through);
      try (HeldLock lock = Verb.locks(repository).exclusive(on.op)) {
        new IndexRepair(repository, false, RepairProgress.SILENT).run(on.op, lock);
      }
    }

    /** What is lost is the index; no pack and no snapshot may go. */
    @Override
    public void whenStopped(SavedRepository on) throws IOException {
      SavedRepository repaired =
          on.copyTo(Files.createTempDirectory(on.data.getParent(), "copy").resolve("repository"));
      run(repaired, repaired.store);
      whenDone(repaired);
    }

    @Override
    public void whenDone(SavedRepository on) throws IOException {
      assertThat(ids(on)).hasSize(3);
      on.assertIntact();
      newestIsTheData(on);
    }
  }

  /** One blob of a pack is damaged: the others stay readable at any moment. */
  private static final class RepairPacks implements Verb {
    private Id broken = Id.hash(new byte[0]);
    private long affected;

    @Override
    public SavedRepository prepare(Path folder) throws IOException {
      SavedRepository made = rounds(folder, 2);
      Path pack = dataPack(made);
      SavedRepository.flip(pack, 40, 1);
      broken = Id.parse(pack.getFileName().toString());
      affected = affected(made);
      assertThat(affected).isPositive();
      return made;
    }

    private static long affected(SavedRepository at) {
      CheckOutcome outcome = at.check(new PackSubset.All()).outcome();
      return outcome.affected().stream().mapToLong(one -> one.entries()).sum();
    }

    @Override
    public void run(SavedRepository on, ObjectStore through) {
      Repository repository = on.open(through);
      try (HeldLock lock = Verb.locks(repository).exclusive(on.op)) {
        repository.loadIndex(on.op, null);
        if (Repository.names(on.op, on.store, "data/").contains(broken)) {
          new PackRepair(repository, RepairProgress.SILENT).run(on.op, Set.of(broken), lock);
        }
      }
    }

    @Override
    public void whenStopped(SavedRepository on) {
      assertThat(ids(on)).hasSize(2);
      assertThat(affected(on)).isEqualTo(affected);
    }

    @Override
    public void whenDone(SavedRepository on) {
      whenStopped(on);
      assertThat(on.check(new PackSubset.All()).outcome().brokenPacks()).isEmpty();
    }
  }

  private static final class RepairSnapshots implements Verb {

    @Override
    public SavedRepository prepare(Path folder) throws IOException {
      SavedRepository made = rounds(folder, 2);
      Files.delete(dataPack(made));
      Repository repository = made.open();
      try (HeldLock lock = Verb.locks(repository).exclusive(made.op)) {
        new IndexRepair(repository, false, RepairProgress.SILENT).run(made.op, lock);
      }
      assertThat(made.check(new PackSubset.None()).outcome().affected()).isNotEmpty();
      return made;
    }

    @Override
    public void run(SavedRepository on, ObjectStore through) {
      Repository repository = on.open(through);
      try (HeldLock lock = Verb.locks(repository).exclusive(on.op)) {
        List<SavedSnapshot> all = new Snapshots(repository).list(on.op, SnapshotFilter.ALL);
        repository.loadIndex(on.op, null);
        SnapshotRepair repair = new SnapshotRepair(repository, false, RepairProgress.SILENT);
        all.forEach(one -> repair.run(on.op, one, true, lock));
      }
    }

    @Override
    public void whenStopped(SavedRepository on) {
      assertThat(ids(on)).hasSizeGreaterThanOrEqualTo(2);
      CheckOutcome outcome = on.check(new PackSubset.All()).outcome();
      assertThat(outcome.brokenPacks()).isEmpty();
      assertThat(outcome.affected()).hasSizeLessThanOrEqualTo(2);
    }

    @Override
    public void whenDone(SavedRepository on) {
      on.assertIntact();
      Set<String> trees = new HashSet<>();
      snapshots(on).forEach(one -> trees.add(one.snapshot().tree()));
      assertThat(trees).hasSize(2);
    }
  }

  /** The one with the most files in it: another may hold just one, of a byte. */
  private static Path dataPack(SavedRepository at) {
    return at.files("data").stream()
        .filter(pack -> header(at, pack).stream().allMatch(b -> b.type() == BlobType.DATA))
        .max(Comparator.comparingInt(pack -> header(at, pack).size()))
        .orElseThrow();
  }

  private static List<PackedBlob> header(SavedRepository at, Path pack) {
    Id id = Id.parse(pack.getFileName().toString());
    return at.open().packHeader(at.op, id, pack.toFile().length());
  }
}
