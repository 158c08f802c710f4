package dev.holdfast.repository.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Seeded;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.RepositoryKeys;
import dev.holdfast.repository.Restic;
import dev.holdfast.repository.SavedRepository;
import dev.holdfast.repository.SavedRepository.Checked;
import dev.holdfast.repository.backup.SnapshotRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever is damaged is found, and what is affected is just what a restore then lacks; restic's
 * check agrees.
 */
@Tag("EMF-4")
class RepositoryCheckTest {

  private static final PackSubset ALL = new PackSubset.All();
  private static final PackSubset NONE = new PackSubset.None();

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

  private static String name(Path file) {
    return file.getFileName().toString();
  }

  private SortedSet<String> lacking() throws Exception {
    Path target = Files.createTempDirectory(folder, "target");
    return saved.restore(first.snapshot().tree(), target);
  }

  private static SortedSet<String> affected(Checked checked) {
    TreeSet<String> paths = new TreeSet<>();
    checked.outcome().affected().forEach(one -> paths.addAll(one.paths()));
    return paths;
  }

  /** Without --read-data: restic asks for minutes again and again for what is not there. */
  private void resticAgrees(boolean intact) throws Exception {
    Restic.assumeInstalled();
    Restic.Answer answer = restic.run(folder, "check");
    assertThat(answer.status() == 0).as(answer.out()).isEqualTo(intact);
  }

  @Test
  void whatWeAndResticWroteIsIntact() throws Exception {
    Restic.assumeInstalled();
    saved.assertIntact();
    Files.writeString(saved.data.resolve("d1/new"), "new");
    restic.ok(saved.data, "backup", ".");
    saved.assertIntact();
    restic.ok(folder, "forget", "latest", "--prune");
    saved.assertIntact();
    resticAgrees(true);
  }

  @Test
  void aLostPackIsNamedWithWhatNeedsIt() throws Exception {
    List<Path> packs = saved.files("data");
    assertThat(packs).hasSizeGreaterThan(4);
    for (Path pack : packs) {
      byte[] bytes = Files.readAllBytes(pack);
      Files.delete(pack);
      Checked checked = saved.check(NONE);
      assertThat(checked.outcome().brokenPacks()).containsExactly(Id.parse(name(pack)));
      assertThat(checked.errors()).anyMatch(error -> error.contains("does not exist"));
      assertThat(affected(checked)).isNotEmpty().isEqualTo(lacking());
      if (pack.equals(packs.getFirst())) {
        resticAgrees(false);
      }
      Files.write(pack, bytes);
    }
    saved.assertIntact();
  }

  @Test
  void aTruncatedPackIsNamedWithWhatNeedsIt() throws Exception {
    Path pack = saved.files("data").get(1);
    byte[] bytes = Files.readAllBytes(pack);
    for (int length : new int[] {0, 3, 100, bytes.length / 2, bytes.length - 1}) {
      SavedRepository.write(pack, Arrays.copyOf(bytes, length));
      Checked checked = saved.check(NONE);
      assertThat(checked.outcome().brokenPacks()).containsExactly(Id.parse(name(pack)));
      assertThat(checked.errors().getFirst())
          .contains("unexpected file size: got " + length + ", expected " + bytes.length);
      assertThat(affected(checked)).isEqualTo(lacking());
    }
    resticAgrees(false);
  }

  @Test
  void aFlippedBitAnywhereIsFound() {
    Seeded.check(40, random -> damagedFile(random, Damage.FLIP));
  }

  @Test
  void aTornFileIsFound() {
    Seeded.check(25, random -> damagedFile(random, Damage.CUT));
  }

  private enum Damage {
    FLIP,
    CUT
  }

  private void damagedFile(RandomGenerator random, Damage damage) throws Exception {
    String directory =
        Seeded.pick(random, List.of("config", "keys", "index", "snapshots", "data", "data"));
    Path file = Seeded.pick(random, saved.files(directory));
    byte[] bytes = Files.readAllBytes(file);
    int at = random.nextInt(bytes.length);
    if (damage == Damage.FLIP) {
      SavedRepository.flip(file, at, random.nextInt(8));
    } else {
      SavedRepository.write(file, Arrays.copyOf(bytes, at));
    }
    try {
      found(directory, file);
    } finally {
      SavedRepository.write(file, bytes);
    }
  }

  private void found(String directory, Path file) throws Exception {
    Repository repository;
    try {
      repository = saved.open();
    } catch (Failure.Corrupt | Failure.WrongKey e) {
      assertThat(directory).isIn("config", "keys");
      return;
    }
    Checked checked = saved.check(repository, ALL);
    assertThat(checked.outcome().intact()).as(file.toString()).isFalse();
    assertThat(checked.errors().toString()).contains(name(file));
    if (directory.equals("data")) {
      assertThat(affected(checked)).isEqualTo(lacking());
    }
  }

  @Test
  void aLostIndexIsToBeRepaired() throws Exception {
    Files.delete(saved.files("index").getFirst());
    Checked checked = saved.check(NONE);
    assertThat(checked.outcome().repairIndex()).isTrue();
    assertThat(affected(checked)).isNotEmpty();
    resticAgrees(false);
  }

  @Test
  void aDamagedSnapshotHidesNoOther() throws Exception {
    Files.writeString(saved.data.resolve("d1/new"), "new");
    saved.save();
    Path snapshot = saved.place.resolve("snapshots/" + first.id());
    SavedRepository.flip(snapshot, 40, 1);
    Checked checked = saved.check(NONE);
    assertThat(checked.outcome().brokenSnapshots()).containsExactly(first.id());
    assertThat(checked.outcome().affected()).isEmpty();
  }

  @Test
  void leftoversAreNoDamage() throws Exception {
    Path pack = saved.files("data").getFirst();
    byte[] other = Files.readAllBytes(pack);
    other[0]++;
    Path orphan = saved.place.resolve(RepositoryKeys.pack(Id.hash(other)));
    Files.createDirectories(orphan.getParent());
    Files.write(orphan, other);
    CheckOutcome outcome = saved.check(ALL).outcome();
    assertThat(outcome.intact()).isTrue();
    assertThat(outcome.prune()).isTrue();
    resticAgrees(true);
  }

  @Test
  void groupsTogetherReadEveryPackOnce() {
    List<Id> packs = saved.files("data").stream().map(file -> Id.parse(name(file))).toList();
    List<Id> read = new ArrayList<>();
    for (int group = 1; group <= 5; group++) {
      read.addAll(new PackSubset.Group(group, 5).select(packs, pack -> 1, new SplittableRandom()));
    }
    assertThat(read).containsExactlyInAnyOrderElementsOf(packs);
    assertThat(new PackSubset.Percent(50).select(packs, pack -> 1, new SplittableRandom()))
        .hasSize(packs.size() / 2)
        .isSubsetOf(packs);
    assertThat(new PackSubset.Bytes(1).select(packs, pack -> 9, new SplittableRandom())).hasSize(1);
    assertThat(new PackSubset.Bytes(1 << 20).select(packs, pack -> 9, new SplittableRandom()))
        .hasSameElementsAs(packs);
  }

  @Test
  void onlyWhatWasAskedForIsRead() throws Exception {
    List<Path> data = new ArrayList<>(saved.files("data"));
    data.removeIf(this::hasTrees);
    for (Path pack : data) {
      SavedRepository.flip(pack, 20, 3);
    }
    assertThat(saved.check(NONE).errors()).isEmpty();
    List<Id> broken = saved.check(new PackSubset.Percent(1)).outcome().brokenPacks();
    assertThat(broken).hasSizeLessThanOrEqualTo(1);
    assertThat(saved.check(ALL).outcome().brokenPacks()).hasSize(data.size());
  }

  private boolean hasTrees(Path pack) {
    Repository repository = saved.open();
    Id id = Id.parse(name(pack));
    return repository.packHeader(saved.op, id, pack.toFile().length()).getFirst().type()
        == BlobType.TREE;
  }

  @Test
  void aWrongPasswordIsNoDamage() {
    assertThatThrownBy(() -> Repository.open(saved.op, saved.store, "wrong"))
        .isInstanceOf(Failure.WrongKey.class);
    saved.assertIntact();
  }
}
