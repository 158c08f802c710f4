package dev.holdfast.repository;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Operation;
import dev.holdfast.repository.backup.BackupOptions;
import dev.holdfast.repository.backup.BackupProgress;
import dev.holdfast.repository.backup.SnapshotRun;
import dev.holdfast.repository.check.CheckOutcome;
import dev.holdfast.repository.check.CheckProgress;
import dev.holdfast.repository.check.PackSubset;
import dev.holdfast.repository.check.RepositoryCheck;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.restore.RestoreOptions;
import dev.holdfast.repository.restore.RestoreProgress;
import dev.holdfast.repository.restore.RestoreRun;
import dev.holdfast.repository.tree.RawName;
import dev.holdfast.repository.tree.RawPath;
import dev.holdfast.store.DirectoryStore;
import dev.holdfast.store.ObjectStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A repository in a directory, with some data to save in it: small, but of several packs. */
public final class SavedRepository {

  public static final Repository.Identity US = new Repository.Identity("kelp", "shore");
  public static final String PASSWORD = "kelp";

  /** Small, so that a few files make several packs. */
  private static final int PACK_SIZE = 64 << 10;

  public final Path place;
  public final Path data;
  public final ObjectStore store;
  public final Operation op;

  private SavedRepository(Path place, Path data, Operation op) {
    this.place = place;
    this.data = data;
    this.store = new DirectoryStore(place);
    this.op = op;
  }

  /** Makes an empty repository and a directory of data below the folder. */
  public static SavedRepository in(Path folder) throws IOException {
    return in(folder, Operation.start());
  }

  public static SavedRepository in(Path folder, Operation op) throws IOException {
    SavedRepository made =
        new SavedRepository(folder.resolve("repository"), folder.resolve("data"), op);
    Files.createDirectories(made.place);
    made.fill(20);
    Repository.init(op, made.store, PASSWORD, 2, KeyFile.Cost.WEAK, null, US);
    return made;
  }

  /** A copy of this repository elsewhere; the data are the same ones. */
  public SavedRepository copyTo(Path elsewhere) throws IOException {
    try (Stream<Path> all = Files.walk(place)) {
      for (Path one : all.toList()) {
        Files.copy(one, elsewhere.resolve(place.relativize(one)));
      }
    }
    return at(elsewhere);
  }

  /** The repository at another place, to save the same data in. */
  public SavedRepository at(Path elsewhere) {
    return new SavedRepository(elsewhere, data, op);
  }

  private void fill(int files) throws IOException {
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < files; i++) {
      byte[] bytes = new byte[1 + random.nextInt(40_000)];
      random.nextBytes(bytes);
      Path directory = Files.createDirectories(data.resolve("d" + i % 4));
      Files.write(directory.resolve("f" + i), bytes);
    }
  }

  public Repository open() {
    return open(store);
  }

  public Repository open(ObjectStore through) {
    return Repository.open(op, through, PASSWORD);
  }

  /** Saves the data as they are now. */
  public SnapshotRun.Outcome save() {
    return save(store, null);
  }

  public SnapshotRun.Outcome save(ObjectStore through, @Nullable Id parent) {
    Repository repository = open(through);
    repository.loadIndex(op, null);
    BackupOptions options =
        new BackupOptions.Builder(List.of(data.toString()), US)
            .packs(PACK_SIZE, 3)
            .parent(parent)
            .build();
    try (Directory root = Directory.open(RawName.of(data.toString()))) {
      return new SnapshotRun(repository, options, BackupProgress.SILENT)
          .run(op, root, RawPath.of(data.toString()));
    }
  }

  /** What a check said. */
  public record Checked(CheckOutcome outcome, List<String> errors) {}

  public Checked check(PackSubset subset) {
    return check(open(), subset);
  }

  public Checked check(Repository repository, PackSubset subset) {
    List<String> errors = new ArrayList<>();
    CheckProgress progress =
        new CheckProgress() {
          @Override
          public synchronized void error(String message) {
            errors.add(message);
          }
        };
    CheckOutcome outcome = new RepositoryCheck(repository, subset, 3, progress).run(op);
    assertThat(errors).hasSize(outcome.errors());
    return new Checked(outcome, errors);
  }

  /** Everything is there and can be read. */
  public void assertIntact() {
    Checked checked = check(new PackSubset.All());
    assertThat(checked.errors()).isEmpty();
  }

  /** Restores a snapshot; the paths that could not be. */
  public SortedSet<String> restore(String tree, Path target) {
    TreeSet<String> failed = new TreeSet<>();
    RestoreProgress progress =
        new RestoreProgress() {
          @Override
          public synchronized void failed(String path, String why) {
            failed.add(path);
          }
        };
    Repository repository = open();
    repository.loadIndex(op, damage -> {});
    new RestoreRun(repository, RestoreOptions.DEFAULT, progress)
        .run(op, Id.parse(tree), RawPath.of(target.toString()));
    return failed;
  }

  /** The files of one directory of the repository, all below it. */
  public List<Path> files(String directory) {
    if (!Files.exists(place.resolve(directory))) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(place.resolve(directory))) {
      return files.filter(Files::isRegularFile).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Flips a bit of a file. */
  public static void flip(Path file, long at, int bit) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[(int) at] ^= (byte) (1 << bit);
    write(file, bytes);
  }

  /** Overwrites a file that a store keeps read-only. */
  public static void write(Path file, byte[] bytes) throws IOException {
    Files.delete(file);
    Files.write(file, bytes);
  }
}
