package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.cli.Command.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The one file that {@code -Prelease} makes, on a PATH where there is no Java. */
@Tag("release")
@Tag("SF-20")
@Tag("SF-21")
class ReleaseTest {

  private static final Path TARGET =
      Path.of(System.getProperty("holdfast.root", "..")).resolve("cli/target");

  @TempDir Path folder;
  private Path release;
  private final Map<String, String> environment = new TreeMap<>();

  @BeforeEach
  void findIt() throws IOException {
    assumeTrue(Files.isDirectory(TARGET), "nothing is built");
    try (Stream<Path> files = Files.list(TARGET)) {
      release =
          files
              .filter(file -> file.getFileName().toString().matches("holdfast-.*-linux-[^.]*"))
              .findFirst()
              .map(Path::toAbsolutePath)
              .orElse(folder);
    }
    assumeTrue(Files.isRegularFile(release), "no release: ./mvnw -Prelease package makes it");
    environment.put(
        "PATH",
        Command.path(
            folder.resolve("bin"),
            "find",
            "gzip",
            "id",
            "mkdir",
            "mktemp",
            "mv",
            "rm",
            "sh",
            "sha256sum",
            "stty",
            "tail",
            "tar",
            "wc"));
    environment.put("HOME", Files.createDirectory(folder.resolve("a home")).toString());
  }

  private Ended run(String... arguments) {
    return new Command(folder, environment).run(words(arguments));
  }

  private List<String> words(String... arguments) {
    List<String> words = new ArrayList<>(List.of(release.toString()));
    words.addAll(List.of(arguments));
    return words;
  }

  private Path cache() {
    return folder.resolve("a home/.cache/holdfast");
  }

  private static List<Path> list(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    }
  }

  @Test
  void runsTheDemoWithoutAnyJava() {
    Ended ended = run("demo");
    assertThat(ended.code()).as(ended.out() + ended.err()).isZero();
    assertThat(ended.out()).contains("Nothing is missing.");
  }

  @Test
  void saysItsVersionAndUsesItsAotCache() {
    environment.put("HOLDFAST_JAVA_OPTIONS", "-XX:AOTMode=on"); // ends where the cache does not fit
    Ended ended = run("version");
    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(ended.out()).startsWith("Client:\n\tVersion: ");
    assertThat(release.getFileName().toString())
        .contains(ended.out().lines().toList().get(1).replace("\tVersion: ", ""));
  }

  @Test
  void passesArgumentsAndExitCodesThrough() {
    assertThat(run("backup", "list", "--location", "missing").code()).isEqualTo(10);
    Ended odd = run("backup", "get", "--location", "it's \"a b\" $HOME *");
    assertThat(odd.code()).isEqualTo(10);
    assertThat(odd.err()).contains("it's \"a b\" $HOME *");
    assertThat(run("nonsense").code()).isEqualTo(2);
    assertThat(run("version", "").code()).as("an empty argument is an argument").isEqualTo(2);
  }

  @Test
  void startsAtTheSameTimeUnpackOnce() throws Exception {
    Command command = new Command(folder, environment);
    List<Command.Running> running =
        Stream.generate(() -> command.start(words("version"))).limit(4).toList();
    assertThat(running).allSatisfy(one -> assertThat(one.end().code()).isZero());
    assertThat(list(cache())).hasSize(1);
    assertThat(list(list(cache()).getFirst()))
        .extracting(file -> file.getFileName().toString())
        .containsExactlyInAnyOrder("runtime", "lib", "start.sh", "LICENSE", "used");
  }

  @Test
  void versionsThatNobodyStartsGoWhenAnotherOneUnpacks() throws Exception {
    Path old = Files.createDirectories(cache().resolve("0".repeat(64)));
    Path recent = Files.createDirectories(cache().resolve("1".repeat(64)));
    Files.createFile(recent.resolve("used"));
    FileTime then = FileTime.from(Instant.now().minus(Duration.ofDays(32)));
    Files.setLastModifiedTime(Files.createFile(old.resolve("used")), then);
    assertThat(run("version").code()).isZero();
    assertThat(old).doesNotExist();
    assertThat(list(cache())).hasSize(2).contains(recent);
  }

  @Test
  void anUnpackedDirectoryThatLostFilesIsMadeAnew() throws Exception {
    assertThat(run("version").code()).isZero();
    Path unpacked = list(cache()).getFirst();
    Files.delete(unpacked.resolve("lib/holdfast-cli.jar"));
    Ended ended = run("version");
    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(list(cache())).containsExactly(unpacked);
  }

  @Test
  void withoutACacheDirectoryItUsesTheTemporaryOneAndElseSaysWhatToDo() throws Exception {
    Path file = Files.createFile(folder.resolve("a file"));
    environment.put("XDG_CACHE_HOME", file.toString());
    environment.put("TMPDIR", Files.createDirectory(folder.resolve("tmp dir")).toString());
    assertThat(run("version").code()).isZero();
    Path mine = list(folder.resolve("tmp dir")).getFirst();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(mine)))
        .isEqualTo("rwx------");

    environment.put("TMPDIR", file.toString());
    Ended ended = run("version");
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.err())
        .startsWith("holdfast: found no place to unpack itself; nothing was done.")
        .contains(file + "/holdfast", "Set XDG_CACHE_HOME or TMPDIR");
  }

  @Test
  void aFileThatWasCutOffSaysSo() throws Exception {
    byte[] bytes = Files.readAllBytes(release);
    release = Files.write(folder.resolve("cut"), java.util.Arrays.copyOf(bytes, bytes.length / 2));
    Files.setPosixFilePermissions(release, PosixFilePermissions.fromString("rwxr-xr-x"));
    Ended ended = run("version");
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.err())
        .isEqualTo("holdfast: " + release + " is damaged or incomplete: download it again.\n");
    assertThat(list(cache())).isEmpty();
  }
}
