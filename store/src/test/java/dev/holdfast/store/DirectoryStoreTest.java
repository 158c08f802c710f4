package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.model.Failure;
import dev.holdfast.store.ObjectStore.PutOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DirectoryStoreTest extends ObjectStoreContract {

  @TempDir Path folder;

  @Override
  protected ObjectStore emptyStore() throws IOException {
    Path root = folder.resolve("store");
    Files.createDirectory(root);
    return new DirectoryStore(root);
  }

  /** The same promises where the file system knows no hard links. */
  @Nested
  class WithoutHardLinks extends ObjectStoreContract {
    @Override
    protected ObjectStore emptyStore() throws IOException {
      Path root = folder.resolve("no-links");
      Files.createDirectories(root);
      return new DirectoryStore(root, false, AtomicFiles.Steps.NONE);
    }
  }

  @Test
  void makesTheDirectoryForItsOwnerAlone() throws IOException {
    Path root = folder.resolve("new/location");
    try (DirectoryStore fresh = new DirectoryStore(root)) {
      assertThatThrownBy(() -> fresh.list(op, ""))
          .isInstanceOf(Failure.Absent.class)
          .hasMessageContaining("directory " + root);
      assertThatThrownBy(() -> fresh.get(op, "a")).isInstanceOf(Failure.Absent.class);
      assertThat(root).doesNotExist();
      fresh.put(op, "a/b", bytes("x"), PutOptions.NONE);
    }
    assertThat(mode(root)).isEqualTo("rwx------");
    assertThat(mode(root.resolve("a"))).isEqualTo("rwx------");
    assertThat(mode(root.resolve("a/b"))).isEqualTo("rw-------");
    assertThat(root.resolve(AtomicFiles.SCRATCH)).doesNotExist();
  }

  @Test
  void followsThePermissionsOfADirectoryThatIsThere() throws IOException {
    Path root = folder.resolve("shared");
    Files.createDirectory(root);
    Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-x---"));
    new DirectoryStore(root).put(op, "a/b", bytes("x"), PutOptions.NONE);
    assertThat(mode(root.resolve("a"))).isEqualTo("rwxr-x---");
    assertThat(mode(root.resolve("a/b"))).isEqualTo("rw-r-----");
  }

  @Test
  void refusesAnObjectBesideOthersBelowTheSameName() {
    put("x", "file");
    assertThatThrownBy(() -> put("x/y", "below"))
        .isInstanceOf(Failure.Conflict.class)
        .hasMessageContaining("x/y")
        .hasMessageContaining("below the same name");
    assertThatThrownBy(() -> store.putIfAbsent(op, "x/y", bytes("below")))
        .isInstanceOf(Failure.Conflict.class);
    put("d/e/f", "file");
    assertThatThrownBy(() -> put("d/e", "above")).isInstanceOf(Failure.Conflict.class);
    assertThatThrownBy(() -> store.putIfAbsent(op, "d", bytes("above")))
        .isInstanceOf(Failure.Conflict.class);
    assertThat(keys("")).containsExactly("d/e/f", "x");
    assertThat(scratchFiles()).isEmpty();
  }

  @Test
  void replacesFoldersThatAKilledWriterLeft() throws IOException {
    Files.createDirectories(folder.resolve("store/a/b/c"));
    assertThat(store.list(op, "").prefixes()).isEmpty();
    put("a/b", "object");
    assertThat(text("a/b")).isEqualTo("object");
    Files.createDirectories(folder.resolve("store/q/b/c"));
    assertThat(store.putIfAbsent(op, "q", bytes("object"))).isTrue();
  }

  @Test
  void neverFollowsALinkBelowTheDirectory() throws IOException {
    Path outside = Files.createDirectory(folder.resolve("outside"));
    Files.writeString(outside.resolve("secret"), "untouched");
    Path root = folder.resolve("store");
    Files.createSymbolicLink(root.resolve("link"), outside);
    Files.createSymbolicLink(root.resolve("file"), outside.resolve("secret"));
    for (String key : List.of("link/secret", "link/new", "file", "link")) {
      assertThatThrownBy(() -> put(key, "changed"))
          .isInstanceOf(Failure.Invalid.class)
          .hasMessageContaining("symbolic link");
      assertThatThrownBy(() -> store.putIfAbsent(op, key, bytes("changed")))
          .isInstanceOf(Failure.Invalid.class);
      assertThatThrownBy(() -> store.get(op, key)).isInstanceOf(Failure.Invalid.class);
      assertThatThrownBy(() -> store.delete(op, key)).isInstanceOf(Failure.Invalid.class);
    }
    assertThatThrownBy(() -> store.list(op, "link/")).isInstanceOf(Failure.Invalid.class);
    assertThat(keys("")).isEmpty();
    assertThat(outside.resolve("secret")).hasContent("untouched");
    assertThat(outside).isDirectoryNotContaining("glob:**/new");
  }

  @Test
  void mayItselfBeALink() throws IOException {
    put("a", "x");
    Path link = Files.createSymbolicLink(folder.resolve("alias"), folder.resolve("store"));
    try (DirectoryStore alias = new DirectoryStore(link)) {
      assertThat(alias.head(op, "a")).isPresent();
      alias.put(op, "b/c", bytes("y"), PutOptions.NONE);
    }
    assertThat(text("b/c")).isEqualTo("y");
  }

  @Test
  void keepsItsScratchFolderToItself() {
    assertThatThrownBy(() -> put(AtomicFiles.SCRATCH + "/x", "y"))
        .isInstanceOf(Failure.Invalid.class);
    put("below/" + AtomicFiles.SCRATCH, "an ordinary key");
    assertThat(keys("")).containsExactly("below/" + AtomicFiles.SCRATCH);
  }

  @Test
  void collectsWhatDeadWritersLeft() throws IOException {
    Path scratch = Files.createDirectory(folder.resolve("store").resolve(AtomicFiles.SCRATCH));
    Path dead = Files.writeString(scratch.resolve("dead"), "x");
    Path alive = Files.writeString(scratch.resolve("alive"), "x");
    Files.setLastModifiedTime(dead, FileTime.from(Instant.now().minus(Duration.ofHours(25))));
    Files.setLastModifiedTime(alive, FileTime.from(Instant.now().minus(Duration.ofHours(23))));
    assertThat(keys("")).isEmpty();
    put("a", "x");
    assertThat(dead).doesNotExist();
    assertThat(alive).exists();
  }

  @Test
  void cannotKeepObjectsFromBeingDeleted() {
    PutOptions locked = new PutOptions(-1, null, null, Instant.now().plusSeconds(60));
    assertThatThrownBy(() -> store.put(op, "k", bytes("x"), locked))
        .isInstanceOf(Failure.Unsupported.class);
    assertThat(keys("")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "No space left on device,Full",
    "Disk quota exceeded,Full",
    "File too large,Full",
    "Read-only file system,Denied",
    "Operation not permitted,Denied",
    "File name too long,Invalid",
    "Input/output error,Unreachable"
  })
  void saysWhatTheDiskMeans(String reason, String failure) {
    put("k", "old");
    for (String step : List.of("create scratch file", "sync file", "place")) {
      DirectoryStore failing =
          new DirectoryStore(
              folder.resolve("store"),
              true,
              at -> {
                if (at.equals(step)) {
                  throw new java.nio.file.FileSystemException("some/file", null, reason);
                }
              });
      assertThatThrownBy(() -> failing.put(op, "k", bytes("new"), PutOptions.NONE))
          .hasMessageContaining(reason)
          .hasMessageContaining(folder.toString())
          .extracting(e -> e.getClass().getSimpleName())
          .isEqualTo(failure);
      assertThat(text("k")).isEqualTo("old");
      assertThat(scratchFiles()).isEmpty();
    }
  }

  @Test
  void saysThatARealDiskIsFull() throws Exception {
    Path small = Files.createDirectory(folder.resolve("small"));
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", small.toString()),
        "Only root with the right to mount can test a full disk: skipped");
    try (DirectoryStore full = new DirectoryStore(small)) {
      full.put(op, "k", bytes("old"), PutOptions.NONE);
      assertThatThrownBy(
              () -> full.put(op, "k", new ByteArrayInputStream(random(2_000_000)), PutOptions.NONE))
          .isInstanceOf(Failure.Full.class)
          .hasMessageContaining(small.toString());
      assertThat(content(full, "k")).isEqualTo("old");
      assertThat(run("mount", "-o", "remount,ro", small.toString())).isTrue();
      assertThatThrownBy(() -> full.put(op, "k", bytes("new"), PutOptions.NONE))
          .isInstanceOf(Failure.Denied.class)
          .hasMessageContaining("Read-only");
      assertThatThrownBy(() -> full.delete(op, "k")).isInstanceOf(Failure.Denied.class);
      assertThat(content(full, "k")).isEqualTo("old");
    } finally {
      run("umount", small.toString());
    }
  }

  private static boolean run(String... command) throws Exception {
    return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor() == 0;
  }

  private List<Path> scratchFiles() {
    Path scratch = folder.resolve("store").resolve(AtomicFiles.SCRATCH);
    try (var files = Files.list(scratch)) {
      return files.toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
