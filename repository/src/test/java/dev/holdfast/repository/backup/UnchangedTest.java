package dev.holdfast.repository.backup;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.RepositoryKeys;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.posix.PosixException;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.RawName;
import dev.holdfast.repository.tree.RawPath;
import dev.holdfast.repository.tree.TreeReader;
import dev.holdfast.store.DirectoryStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A second backup takes over what did not change, and only that. */
@Tag("EBS-30")
class UnchangedTest {

  private static final Repository.Identity US = new Repository.Identity("root", "holdfast");

  @TempDir Path folder;
  private Path data;
  private Repository repository;
  private final Operation op = Operation.start();
  private final AtomicLong bytesRead = new AtomicLong();
  private @Nullable Id last;

  private final BackupProgress reading =
      new BackupProgress() {
        @Override
        public void read(long bytes) {
          bytesRead.addAndGet(bytes);
        }

        @Override
        public void failed(String path, String why) {
          throw new AssertionError(path + ": " + why);
        }
      };

  @BeforeEach
  void save() throws IOException {
    data = Files.createDirectories(folder.resolve("data"));
    Path deep = Files.createDirectories(data.resolve("a/b"));
    for (int i = 0; i < 300; i++) {
      Files.writeString(deep.resolve("file-" + i), "content " + i);
    }
    Files.writeString(data.resolve("other"), "other");
    Files.createSymbolicLink(data.resolve("link"), Path.of("other"));
    Files.createDirectory(data.resolve("empty"));
    repository =
        Repository.init(
            op, new DirectoryStore(folder.resolve("r")), "x", 2, KeyFile.Cost.WEAK, null, US);
    assertThat(tree()).isNotNull();
  }

  /** A backup with the last one as parent; the id of its root tree. */
  private Id tree() {
    BackupOptions options = BackupOptions.of(data.toString(), US).withParent(last);
    bytesRead.set(0);
    try (Directory root = Directory.open(RawPath.of(data.toString()))) {
      var outcome =
          new SnapshotRun(repository, options, reading).run(op, root, RawPath.of(data.toString()));
      last = outcome.id();
      return Id.parse(outcome.snapshot().tree());
    }
  }

  private Node node(Id tree, String path) {
    String[] names = path.split("/");
    Id at = tree;
    for (int i = 0; ; i++) {
      RawName name = RawName.of(names[i]);
      List<Node> nodes = TreeReader.read(repository.load(op, BlobType.TREE, at), "tree");
      Node found =
          nodes.stream().filter(node -> node.name().equals(name)).findFirst().orElseThrow();
      if (i == names.length - 1) {
        return found;
      }
      at = requireNonNull(found.subtree());
    }
  }

  private Id lastTree() {
    return Id.parse(repository.snapshot(op, requireNonNull(last)).tree());
  }

  private Id onlyChunk(Id tree) {
    return requireNonNull(node(tree, "a/b/file-7").content()).getFirst();
  }

  private int packs() {
    return Repository.names(op, repository.store(), RepositoryKeys.PACKS).size();
  }

  @Test
  void nothingChangedIsTheSameTreeAndNothingStored() {
    Id first = lastTree();
    int packs = packs();
    assertThat(tree()).isEqualTo(first);
    assertThat(bytesRead.get()).isZero();
    assertThat(packs()).isEqualTo(packs);
  }

  @Test
  void aChangedFileIsReadAndTheRestIsNot() throws IOException {
    Files.writeString(data.resolve("a/b/file-7"), "something else");
    Id changed = tree();
    assertThat(bytesRead.get()).isEqualTo("something else".length());
    assertThat(node(changed, "a/b/file-7").size()).isEqualTo("something else".length());
    assertThat(node(changed, "a/b/file-8").content()).hasSize(1);
  }

  @Test
  void sameSizeAndTimeButAnotherInodeIsRead() throws IOException {
    Path file = data.resolve("a/b/file-7");
    FileTime time = Files.getLastModifiedTime(file);
    Id before = onlyChunk(lastTree());
    Path other = Files.writeString(data.resolve("other-7"), "CONTENT 7");
    Files.setLastModifiedTime(other, time);
    Files.move(other, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThat(onlyChunk(tree())).isNotEqualTo(before);
  }

  @Test
  void permissionsLinksAndRemovedEntriesAreSeen() throws IOException {
    Files.setPosixFilePermissions(
        data.resolve("a/b/file-1"), PosixFilePermissions.fromString("r--------"));
    Files.setPosixFilePermissions(
        data.resolve("empty"), PosixFilePermissions.fromString("rwx------"));
    Files.delete(data.resolve("a/b/file-2"));
    Files.delete(data.resolve("link"));
    Files.createSymbolicLink(data.resolve("link"), Path.of("empty"));
    Id changed = tree();
    assertThat(node(changed, "a/b/file-1").mode()).isEqualTo(0400);
    assertThat(node(changed, "empty").mode() & 0777).isEqualTo(0700);
    assertThat(node(changed, "link").linkTarget())
        .isEqualTo("empty".getBytes(StandardCharsets.UTF_8));
    Id subtree = requireNonNull(node(changed, "a/b").subtree());
    assertThat(TreeReader.read(repository.load(op, BlobType.TREE, subtree), "")).hasSize(299);
    assertThat(bytesRead.get()).isEqualTo("content 1".length());
  }

  @Test
  void anAttributeThatIsSetIsSeen() {
    try (Directory root = Directory.open(RawPath.of(data.toString()))) {
      root.setXattr(RawName.of("other"), new Node.Xattr("user.colour", new byte[] {7}));
    } catch (PosixException e) {
      assumeTrue(e.errno() != PosixException.ENOTSUP, "no extended attributes in " + data);
      throw e;
    }
    assertThat(node(tree(), "other").xattrs())
        .anyMatch(xattr -> xattr.name().equals("user.colour") && xattr.value()[0] == 7);
    Id changed = lastTree();
    assertThat(tree()).isEqualTo(changed); // and is kept where nothing is listed
  }

  @Test
  void aDirectoryThatIsEmptyNowDoesNotKeepATreeThatCannotBeRead() throws IOException {
    Id before = requireNonNull(node(lastTree(), "a/b").subtree());
    try (var files = Files.list(data.resolve("a/b"))) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Id after = requireNonNull(node(tree(), "a/b").subtree());
    assertThat(after).isNotEqualTo(before);
    assertThat(TreeReader.read(repository.load(op, BlobType.TREE, after), "")).isEmpty();
  }
}
