package dev.holdfast.repository;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Operation;
import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.posix.Stat;
import dev.holdfast.repository.restore.RestoreOptions;
import dev.holdfast.repository.restore.RestoreProgress;
import dev.holdfast.repository.restore.RestoreRun;
import dev.holdfast.repository.snapshot.SavedSnapshot;
import dev.holdfast.repository.snapshot.SnapshotFilter;
import dev.holdfast.repository.snapshot.Snapshots;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawName;
import dev.holdfast.repository.tree.RawPath;
import dev.holdfast.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Repositories that restic 0.14 and 0.19.1 wrote, in both versions of the format, kept as they
 * were: the password is {@code kelp}, each has two snapshots of one directory.
 */
@Tag("EBS-24")
class WrittenByResticTest {

  private static final RawName NOT_UTF8 =
      RawName.of(new byte[] {'n', 'o', 't', (byte) 0xff, 'u', 't', 'f', '8'});

  @TempDir Path folder;
  private final Operation op = Operation.start();

  private Repository open(String name) throws IOException {
    Path place = folder.resolve("repository");
    try (ZipInputStream zip =
        new ZipInputStream(
            WrittenByResticTest.class.getResourceAsStream("restic-" + name + ".zip"))) {
      for (var entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        Path file = place.resolve(entry.getName());
        Files.createDirectories(file.getParent());
        Files.write(file, zip.readAllBytes());
      }
    }
    return Repository.open(op, new DirectoryStore(place), "kelp\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.14-v1", "0.14-v2", "0.19-v2"})
  void isReadAndRestored(String name) throws Exception {
    Repository repository = open(name);
    assertThat(repository.config().version()).isEqualTo(name.endsWith("v1") ? 1 : 2);
    List<SavedSnapshot> snapshots = new Snapshots(repository).list(op, SnapshotFilter.ALL);
    repository.loadIndex(op, null);
    assertThat(snapshots)
        .extracting(one -> one.snapshot().tagsOrEmpty())
        .containsExactly(List.of("one", "two"), List.of());
    assertThat(snapshots.getLast().snapshot().parent())
        .isEqualTo(snapshots.getFirst().id().toString());
    restored(repository, snapshots.getFirst(), "first\n");
    restored(repository, snapshots.getLast(), "second\n");
  }

  private void restored(Repository repository, SavedSnapshot snapshot, String changed)
      throws IOException {
    Path target = folder.resolve(changed.strip());
    Map<String, String> failed = new TreeMap<>();
    RestoreProgress progress =
        new RestoreProgress() {
          @Override
          public synchronized void failed(String path, String why) {
            failed.put(path, why);
          }
        };
    new RestoreRun(repository, RestoreOptions.DEFAULT, progress)
        .run(op, snapshot.tree(), RawPath.of(target.toString()));
    assertThat(failed).isEmpty();
    assertThat(target.resolve("changed")).hasContent(changed.strip());
    assertThat(target.resolve("sticky/deep")).hasContent("deep");
    assertThat(Id.hash(Files.readAllBytes(target.resolve("random"))).toString()).isEqualTo(RANDOM);
    try (Directory directory = Directory.open(RawPath.of(target.toString()))) {
      assertThat(directory.list())
          .contains(NOT_UTF8)
          .contains(RawName.of("a\\b"), RawName.of("tab\there"), RawName.of("<&>\""))
          .contains(RawName.of("\u200b"), RawName.of("é"))
          .hasSize(17);
      Stat plain = directory.stat(RawName.of("plain.txt"));
      assertThat(plain.mtime()).isEqualTo(Instant.parse("2020-01-02T03:04:05.678901234Z"));
      assertThat(directory.stat(RawName.of("setuid")).mode()).isEqualTo(0104755);
      assertThat(directory.stat(RawName.of("sticky")).mode()).isEqualTo(041777);
      assertThat(directory.stat(RawName.of("sticky")).mtime())
          .isEqualTo(Instant.parse("2001-09-09T01:46:40.000000001Z"));
      assertThat(directory.stat(RawName.of("hard2")).inode())
          .isEqualTo(directory.stat(RawName.of("hard1")).inode());
      assertThat(directory.stat(RawName.of("fifo")).type()).isEqualTo(NodeType.FIFO);
      assertThat(directory.readLink(RawName.of("link"))).asString().isEqualTo("plain.txt");
      if (rawLinks(repository)) {
        assertThat(directory.readLink(RawName.of("rawlink")))
            .isEqualTo(new byte[] {'t', 'o', (byte) 0xfe});
      }
      assertThat(xattrs(directory, "plain.txt")).containsEntry("user.kelp", "00ff");
      assertThat(xattrs(directory, "hard1")).containsKey("system.posix_acl_access");
    }
  }

  /** restic before 0.16 stored a target that is no UTF-8 damaged. */
  private boolean rawLinks(Repository repository) {
    return repository.snapshots(op).values().stream()
        .anyMatch(snapshot -> snapshot.programVersion() != null);
  }

  private static Map<String, String> xattrs(Directory directory, String name) {
    Map<String, String> found = new TreeMap<>();
    for (Node.Xattr xattr : directory.xattrs(RawName.of(name))) {
      found.put(xattr.name(), HexFormat.of().formatHex(xattr.value()));
    }
    return found;
  }

  private static final String RANDOM =
      "4e5ab568403b9e299b6a7f5b7f65c892d4d042cba75eac76805dd033793711c7";
}
