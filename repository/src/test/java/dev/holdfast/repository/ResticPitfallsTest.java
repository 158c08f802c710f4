package dev.holdfast.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.repository.chunk.Polynomial;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.repository.index.IndexFile;
import dev.holdfast.repository.lock.Locks;
import dev.holdfast.repository.lock.ProcessHolder;
import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.posix.PosixException;
import dev.holdfast.repository.snapshot.SavedSnapshot;
import dev.holdfast.repository.snapshot.Snapshot;
import dev.holdfast.repository.snapshot.SnapshotFilter;
import dev.holdfast.repository.snapshot.Snapshots;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.RawName;
import dev.holdfast.repository.tree.RawPath;
import dev.holdfast.store.DirectoryStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What another implementation of restic's format gets wrong easily, and often without being told:
 * the lines of docs/restic-format.md that no other test is about.
 */
@Tag("EBS-24")
class ResticPitfallsTest {

  @TempDir Path folder;
  private SavedRepository saved;
  private Restic restic;

  @BeforeEach
  void make() throws Exception {
    Restic.assumeInstalled();
    saved = SavedRepository.in(folder);
    restic = new Restic(saved.place, SavedRepository.PASSWORD, folder);
  }

  private List<SavedSnapshot> snapshots() {
    return new Snapshots(saved.open()).list(saved.op, SnapshotFilter.ALL);
  }

  private String newestTree() {
    return snapshots().getLast().snapshot().tree();
  }

  /** restic and we save the same data in turn: to the byte the same trees. */
  private void sameTreeOfBoth() throws Exception {
    saved.save();
    String ours = newestTree();
    restic.ok(saved.data, "backup", ".", "--force");
    assertThat(newestTree()).isEqualTo(ours);
    restic.check();
  }

  private void resticRestores(Path target) throws Exception {
    restic.ok(folder, "restore", "latest", "--target", target.toString());
    Process diff =
        new ProcessBuilder("diff", "-r", saved.data.toString(), target.toString())
            .inheritIO()
            .start();
    assertThat(diff.waitFor()).isZero();
  }

  @Test
  void passwordsAreTrimmedAndAreUtf8OnBothSides() throws Exception {
    String password = "tång 海 ß";
    String file = Files.writeString(folder.resolve("password"), password + "\n").toString();
    Path ours = folder.resolve("ours");
    Repository made =
        Repository.init(
            saved.op,
            new DirectoryStore(ours),
            password,
            2,
            KeyFile.Cost.WEAK,
            null,
            SavedRepository.US);
    assertThat(made.config().version()).isEqualTo(2);
    new Restic(ours, "wrong", folder).ok(folder, "--password-file", file, "snapshots");
    Path theirs = folder.resolve("theirs");
    new Restic(theirs, "wrong", folder).ok(folder, "--password-file", file, "init");
    for (String given : List.of(password, password + "\n", "  " + password)) {
      assertThat(Repository.open(saved.op, new DirectoryStore(theirs), given).config().version())
          .isEqualTo(2);
    }
  }

  @Test
  @Tag("soak")
  void thePolynomialsThatResticChoosesAreIrreducible() throws Exception {
    for (int i = 0; i < 200; i++) {
      Path place = folder.resolve("theirs-" + i);
      new Restic(place, "kelp", folder).ok(folder, "init");
      Polynomial polynomial =
          Repository.open(saved.op, new DirectoryStore(place), "kelp").config().polynomial();
      assertThat(polynomial.irreducible()).isTrue();
      assertThat(Polynomial.parse(polynomial.toString())).isEqualTo(polynomial);
    }
  }

  /** Frames of restic say how long they are only where they are not small. */
  @Test
  void theSmallestFilesOfResticAreRead() throws Exception {
    Path nearly = Files.createDirectory(folder.resolve("nearly"));
    Files.createDirectory(nearly.resolve("empty"));
    restic.ok(nearly, "backup", ".", "--host", "x");
    saved.assertIntact();
    assertThat(snapshots()).hasSize(1);
    assertThat(saved.restore(newestTree(), folder.resolve("target"))).isEmpty();
  }

  @Test
  void everyFileIsNamedByItsHashAndNoIvIsUsedTwice() throws Exception {
    saved.save();
    Files.writeString(saved.data.resolve("d0/new"), "new");
    saved.save();
    Set<String> ivs = new HashSet<>();
    int envelopes = 0;
    for (String directory : List.of("data", "index", "snapshots")) {
      for (Path file : saved.files(directory)) {
        byte[] bytes = Files.readAllBytes(file);
        assertThat(Id.hash(bytes)).hasToString(file.getFileName().toString());
        if (!directory.equals("data")) {
          ivs.add(iv(bytes, 0));
          envelopes++;
        }
      }
    }
    Repository repository = saved.open();
    for (Path index : saved.files("index")) {
      Id id = Id.parse(index.getFileName().toString());
      byte[] json = repository.load(saved.op, RepositoryKeys.INDEXES, id);
      Set<Id> packs = new TreeSet<>();
      int[] blobs = new int[1];
      IndexFile.read(
          json,
          "Index",
          (pack, blob) -> {
            packs.add(pack);
            ivs.add(iv(read(saved.place.resolve(RepositoryKeys.pack(pack))), blob.offset()));
            blobs[0]++;
          });
      envelopes += blobs[0] + packs.size();
      for (Id pack : packs) {
        byte[] bytes = read(saved.place.resolve(RepositoryKeys.pack(pack)));
        int header =
            bytes.length
                - 4
                - (bytes[bytes.length - 4] & 0xff)
                - ((bytes[bytes.length - 3] & 0xff) << 8);
        ivs.add(iv(bytes, header));
      }
    }
    assertThat(ivs).hasSize(envelopes);
    assertThat(envelopes).isGreaterThan(30);
  }

  private static String iv(byte[] bytes, int at) {
    return Arrays.toString(Arrays.copyOfRange(bytes, at, at + 16));
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void resticMakesTheIndexAnewFromOurPacksAndRestoresWithIt() throws Exception {
    saved.save();
    restic.ok(folder, "prune", "--dry-run");
    for (Path index : saved.files("index")) {
      Files.delete(index);
    }
    restic.ok(folder, "rebuild-index", "--read-all-packs");
    restic.check();
    resticRestores(folder.resolve("target"));
    saved.assertIntact();
  }

  @Test
  void chunksEndWhereResticsDoAtTheLimits() throws Exception {
    for (int size : new int[] {8 << 20, (8 << 20) + 1, (8 << 20) - 1, (512 << 10) - 1}) {
      byte[] bytes = new byte[size];
      Arrays.fill(bytes, (byte) 1);
      Files.write(saved.data.resolve("ones-" + size), bytes);
    }
    byte[] text = new byte[4 << 20];
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < text.length; i++) {
      text[i] = (byte) ('a' + random.nextInt(4));
    }
    Files.write(saved.data.resolve("text"), text);
    sameTreeOfBoth();
  }

  @Test
  void attributesAndAclsMakeTheSameTree() throws Exception {
    byte[] acl = {
      2, 0, 0, 0, 1, 0, 6, 0, -1, -1, -1, -1, 2, 0, 4, 0, 1, 0, 0, 0, 4, 0, 4, 0, -1, -1, -1, -1,
      16, 0, 6, 0, -1, -1, -1, -1, 32, 0, 4, 0, -1, -1, -1, -1
    };
    try (Directory directory = Directory.open(RawPath.of(saved.data + "/d0"))) {
      RawName file = RawName.of("f0");
      directory.setXattr(file, new Node.Xattr("user.zebra", new byte[] {0, -1, 10}));
      directory.setXattr(file, new Node.Xattr("user.alga", new byte[0]));
      directory.setXattr(file, new Node.Xattr("system.posix_acl_access", acl));
    } catch (PosixException e) {
      assumeTrue(e.errno() != PosixException.ENOTSUP, "no extended attributes in " + saved.data);
      throw e;
    }
    sameTreeOfBoth();
  }

  @Test
  void aLinkToWhatIsNotUtf8ComesBack() throws Exception {
    assumeTrue(Restic.isAtLeast(16), "restic before 0.16 stores such targets damaged: skipped");
    byte[] aim = {'t', 'o', (byte) 0xfe};
    try (Directory directory = Directory.open(RawPath.of(saved.data.toString()))) {
      directory.symlink(aim, RawName.of("raw"));
    }
    sameTreeOfBoth();
    Path target = folder.resolve("target");
    restic.ok(folder, "restore", "latest", "--target", target.toString());
    try (Directory directory = Directory.open(RawPath.of(target.toString()))) {
      assertThat(directory.readLink(RawName.of("raw"))).isEqualTo(aim);
    }
  }

  /** A directory is one blob: a large one is a pack larger than any other. */
  @Test
  void aTreeThatIsLargerThanAPackIsReadOnBothSides() throws Exception {
    Path large = Files.createDirectory(saved.data.resolve("large"));
    SplittableRandom random = new SplittableRandom(9);
    byte[] aim = new byte[3000];
    for (int i = 0; i < 8000; i++) {
      for (int j = 0; j < aim.length; j++) {
        aim[j] = (byte) (' ' + 1 + random.nextInt(93));
      }
      Files.createSymbolicLink(
          large.resolve("link-" + i), Path.of(new String(aim, StandardCharsets.ISO_8859_1)));
    }
    saved.save();
    assertThat(saved.files("data")).anyMatch(pack -> pack.toFile().length() > 17 << 20);
    restic.ok(folder, "check", "--read-data");
    assertThat(restic.ok(folder, "ls", "latest", "/large")).contains("/large/link-7999");
    assertThat(saved.restore(newestTree(), folder.resolve("target"))).isEmpty();
  }

  @Test
  void whatANewerResticWroteIntoASnapshotStaysInIt() throws Exception {
    saved.save();
    SavedSnapshot first = snapshots().getFirst();
    var json =
        (com.fasterxml.jackson.databind.node.ObjectNode) Json.MAPPER.valueToTree(first.snapshot());
    json.putObject("future").putArray("member").add(7).add("x");
    byte[] bytes = Json.bytes(json);
    Snapshot read = Json.read(bytes, Snapshot.class, "A snapshot");
    Repository repository = saved.open();
    Id id = repository.save(saved.op, read.withTags(List.of("kept"), first.id().toString()));
    assertThat(restic.ok(folder, "snapshots", "--tag", "kept")).contains(id.shortText());
    byte[] again = repository.load(saved.op, RepositoryKeys.SNAPSHOTS, id);
    assertThat(Json.MAPPER.readTree(again).path("future")).isEqualTo(json.path("future"));
    assertThat(Json.MAPPER.readTree(again).path("summary"))
        .hasToString(json.path("summary").toString())
        .isNotEmpty();
  }

  @Test
  void versionOneIsWrittenByBoth() throws Exception {
    Path place = folder.resolve("one");
    Restic theirs = new Restic(place, "kelp", folder);
    theirs.ok(folder, "init", "--repository-version", "1");
    SavedRepository one = saved.at(place);
    theirs.ok(one.data, "backup", ".");
    Files.writeString(one.data.resolve("d0/new"), "new");
    assertThat(one.save().failed()).isZero();
    theirs.ok(one.data, "backup", ".", "--force");
    List<SavedSnapshot> all = new Snapshots(one.open()).list(one.op, SnapshotFilter.ALL);
    assertThat(all.getLast().tree()).isEqualTo(all.get(1).tree());
    theirs.check();
    one.assertIntact();
    assertThat(Repository.open(one.op, one.store, "kelp").config().version()).isEqualTo(1);
    Path ours = folder.resolve("ours");
    Repository made =
        Repository.init(
            saved.op,
            new DirectoryStore(ours),
            "kelp",
            1,
            KeyFile.Cost.WEAK,
            null,
            SavedRepository.US);
    assertThat(made.config().version()).isEqualTo(1);
    saved.at(ours).save();
    new Restic(ours, "kelp", folder).check();
  }

  private Locks locks(Repository repository) {
    return new Locks(repository, new ProcessHolder(SavedRepository.US), Locks.Timing.DEFAULT);
  }

  private boolean isLocked() {
    String[] names = saved.place.resolve("locks").toFile().list();
    return names != null && Stream.of(names).anyMatch(Id::isHex);
  }

  private static String stat(Process process) throws IOException {
    return Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
  }

  /**
   * A prune of restic's that stands still is respected as long as it takes. It reads slowly, to be
   * caught while it holds its lock, which it writes under another name first.
   */
  @Test
  void nothingIsSavedWhileResticPrunes() throws Exception {
    saved.save();
    Files.writeString(saved.data.resolve("d0/new"), "new");
    saved.save();
    saved.store.delete(saved.op, RepositoryKeys.SNAPSHOTS + snapshots().getFirst().id());
    Process prune = restic.start("prune", "--max-unused", "0", "--limit-download", "40");
    await().pollInterval(Duration.ofMillis(2)).until(() -> !prune.isAlive() || isLocked());
    assertThat(new ProcessBuilder("kill", "-STOP", "" + prune.pid()).start().waitFor()).isZero();
    await().until(() -> stat(prune).contains(") T "));
    try {
      assertThat(prune.isAlive()).isTrue();
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> locks(saved.open()).shared(saved.op))
            .isInstanceOf(Failure.Locked.class)
            .hasMessageContaining("exclusively");
      }
    } finally {
      assertThat(new ProcessBuilder("kill", "-CONT", "" + prune.pid()).start().waitFor()).isZero();
    }
    assertThat(prune.waitFor(1, TimeUnit.MINUTES)).isTrue();
    locks(saved.open()).shared(saved.op).close();
    saved.save();
    restic.check();
    saved.assertIntact();
  }

  /** Snapshots are listed before the index is loaded: what they need is in it. */
  @Test
  void whatResticSavesMeanwhileIsRestored() throws Exception {
    saved.save();
    int rounds = Boolean.getBoolean("holdfast.soak") ? 60 : 3;
    AtomicBoolean over = new AtomicBoolean();
    Thread writer =
        Thread.ofPlatform()
            .start(() -> {
              try {
                for (int i = 0; i < rounds; i++) {
                  Files.writeString(saved.data.resolve("d0/round"), "round " + i);
                  restic.ok(saved.data, "backup", ".");
                }
              } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
              } finally {
                over.set(true);
              }
            });
    Set<Id> restored = new HashSet<>();
    do {
      SavedSnapshot newest = snapshots().getLast();
      Path target = Files.createTempDirectory(folder, "target");
      assertThat(saved.restore(newest.snapshot().tree(), target)).isEmpty();
      restored.add(newest.id());
    } while (!over.get());
    writer.join();
    assertThat(restored).isNotEmpty();
    assertThat(snapshots()).hasSize(rounds + 1);
    assertThat(Objects.requireNonNull(newestTree())).isNotEmpty();
  }
}
