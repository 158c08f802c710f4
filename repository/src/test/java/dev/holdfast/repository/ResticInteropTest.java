package dev.holdfast.repository;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.backup.BackupOptions;
import dev.holdfast.repository.backup.BackupProgress;
import dev.holdfast.repository.backup.SnapshotRun;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.tree.RawName;
import dev.holdfast.repository.tree.RawPath;
import dev.holdfast.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * restic reads what we write, and stores nothing twice: chunks and trees are its own to the byte.
 */
@Tag("EBS-24")
@Tag("EBS-38")
class ResticInteropTest {

  private static final Repository.Identity US = new Repository.Identity("root", "holdfast");

  private static final BackupProgress NOTHING_FAILS =
      new BackupProgress() {
        @Override
        public void failed(String path, String why) {
          throw new AssertionError(path + ": " + why);
        }
      };

  @TempDir Path folder;
  private Path data;
  private Path place;
  private Restic restic;
  private final Operation op = Operation.start();

  @BeforeEach
  void makeData() throws IOException {
    Restic.assumeInstalled();
    data = Files.createDirectory(folder.resolve("data"));
    place = Files.createDirectory(folder.resolve("repository"));
    restic = new Restic(place, "kelp", folder);
    SplittableRandom random = new SplittableRandom(11);
    for (int size : new int[] {0, 1, 4096, 512 << 10, (512 << 10) + 1, 3 << 20, 9 << 20}) {
      byte[] bytes = new byte[size];
      random.nextBytes(bytes);
      Files.write(data.resolve("random-" + size), bytes);
    }
    Files.write(data.resolve("zeros"), new byte[2 << 20]);
    Path deep = Files.createDirectories(data.resolve("a/b/c"));
    Files.createDirectory(data.resolve("empty"));
    for (String name :
        new String[] {
          "a\\b", "a\"b", "tab\there", "new\nline", "<&>", "é", "\u200b", "\ufeff", "\ud83d\ude00"
        }) {
      Files.writeString(deep.resolve(name), name);
    }
    Files.createLink(data.resolve("hard"), data.resolve("random-4096"));
    Files.createSymbolicLink(data.resolve("soft"), Path.of("a/<&>\u00e9"));
    Files.setPosixFilePermissions(data.resolve("a"), PosixFilePermissions.fromString("rwx--x---"));
    for (int i = 0; i < 600; i++) {
      Files.writeString(
          Files.createDirectories(data.resolve("many")).resolve("f" + i), "file " + i);
    }
  }

  private Repository open() {
    Repository repository = Repository.open(op, new DirectoryStore(place), "kelp");
    repository.loadIndex(op, null);
    return repository;
  }

  private SnapshotRun.Outcome save(Repository repository) {
    try (Directory root = Directory.open(RawName.of(data.toString()))) {
      return new SnapshotRun(repository, BackupOptions.of(data.toString(), US), NOTHING_FAILS)
          .run(op, root, RawPath.of(data.toString()));
    }
  }

  private String resticTree(String snapshots) throws IOException {
    var list = Json.MAPPER.readTree(snapshots);
    return list.get(list.size() - 1).path("tree").asText();
  }

  @Test
  void resticChecksAndRestoresOurs() throws Exception {
    Repository repository =
        Repository.init(op, new DirectoryStore(place), "kelp", 2, KeyFile.Cost.WEAK, null, US);
    SnapshotRun.Outcome ours = save(repository);
    assertThat(ours.failed()).isZero();
    restic.check();
    Path target = folder.resolve("target");
    restic.ok(folder, "restore", String.valueOf(ours.id()), "--target", target.toString());
    Process diff =
        new ProcessBuilder("diff", "-r", "--no-dereference", data.toString(), target.toString())
            .inheritIO()
            .start();
    assertThat(diff.waitFor()).isZero();
    assertThat(Files.getAttribute(target.resolve("hard"), "unix:nlink")).isEqualTo(2);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target.resolve("a"))))
        .isEqualTo("rwx--x---");
  }

  @Test
  void resticAddsNothingToOurs() throws Exception {
    Repository repository =
        Repository.init(op, new DirectoryStore(place), "kelp", 2, KeyFile.Cost.WEAK, null, US);
    SnapshotRun.Outcome ours = save(repository);
    restic.ok(data, "backup", ".", "--host", "holdfast", "--parent", String.valueOf(ours.id()));
    String snapshots = restic.ok(folder, "snapshots", "--json");
    assertThat(resticTree(snapshots)).isEqualTo(ours.snapshot().tree());
    restic.check();
  }

  @Test
  void weAddNothingToResticsAndReadIt() throws Exception {
    restic.ok(folder, "init", "--repository-version", "2");
    restic.ok(data, "backup", ".");
    String tree = resticTree(restic.ok(folder, "snapshots", "--json"));
    Repository repository = open();
    int before = repository.index().size();
    SnapshotRun.Outcome ours = save(repository);
    assertThat(ours.snapshot().tree()).isEqualTo(tree);
    assertThat(repository.index().size()).isEqualTo(before);
    restic.check();
  }

  @Test
  void unchangedFilesAreNotReadAgain() throws Exception {
    Repository repository =
        Repository.init(op, new DirectoryStore(place), "kelp", 2, KeyFile.Cost.WEAK, null, US);
    SnapshotRun.Outcome first = save(repository);
    Files.writeString(data.resolve("a/b/c/é"), "changed");
    try (Directory root = Directory.open(RawName.of(data.toString()))) {
      var options = BackupOptions.of(data.toString(), US).withParent(first.id());
      var second =
          new SnapshotRun(open(), options, BackupProgress.SILENT)
              .run(op, root, RawPath.of(data.toString()));
      var summary = java.util.Objects.requireNonNull(second.snapshot().summary());
      assertThat(summary.filesChanged()).isEqualTo(1);
      assertThat(summary.filesNew()).isZero();
      assertThat(summary.dataBlobs()).isEqualTo(1);
    }
    restic.check();
  }
}
