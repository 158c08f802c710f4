package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.cli.Command.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code ./holdfast} in a clone of its own, below a path with spaces: when it builds. The clone has
 * our jars and a {@code mvnw} that only notes that it was called.
 */
class CheckoutLaunchTest {

  private static final Path ROOT = Path.of(System.getProperty("holdfast.root", ".."));

  @TempDir Path folder;
  private Path clone;
  private Path source;

  @BeforeEach
  void makeClone() throws IOException {
    clone = Files.createDirectories(folder.resolve("a clone's \"path\""));
    source = clone.resolve("cli/src/main/java/Main.java");
    for (String file :
        List.of("holdfast", ".mvn/jdk.sh", "pom.xml", "cli/pom.xml", "cli/src/main/sh/start.sh")) {
      Files.createDirectories(clone.resolve(file).getParent());
      Files.copy(ROOT.resolve(file), clone.resolve(file));
      Files.setLastModifiedTime(clone.resolve(file), FileTime.from(Instant.EPOCH));
    }
    Files.createDirectories(source.getParent());
    Files.createFile(source);
    Files.writeString(
        clone.resolve("mvnw"),
        """
        #!/bin/sh
        cd "${0%/*}"
        echo "$@" >>cli/target/builds
        sleep 0.3
        touch cli/target/built
        """);
    Files.setPosixFilePermissions(
        clone.resolve("mvnw"), PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.createDirectories(clone.resolve("cli/target"));
    Files.createSymbolicLink(
        clone.resolve("cli/target/lib"), ROOT.toRealPath().resolve("cli/target/lib"));
  }

  private Command command() {
    return new Command(folder, Map.of("PATH", System.getenv("PATH"), "HOME", folder.toString()));
  }

  private Ended version() {
    return command().run(List.of(clone.resolve("holdfast").toString(), "version"));
  }

  private long builds() throws IOException {
    Path builds = clone.resolve("cli/target/builds");
    return Files.exists(builds) ? Files.readAllLines(builds).size() : 0;
  }

  @Test
  void buildsOnceAndAgainWhenASourceIsNewerOrGone() throws Exception {
    Ended first = version();
    assertThat(first.code()).as(first.err()).isZero();
    assertThat(first.err()).startsWith("holdfast: building");
    assertThat(first.out()).startsWith("Client:");
    assertThat(builds()).isEqualTo(1);
    assertThat(version().err()).isEmpty();
    assertThat(builds()).isEqualTo(1);

    FileTime later = FileTime.from(Instant.now().plusSeconds(2));
    Files.setLastModifiedTime(source, later);
    assertThat(version().code()).isZero();
    assertThat(builds()).as("after a source changed").isEqualTo(2);

    Files.delete(source);
    Files.setLastModifiedTime(source.getParent(), later);
    assertThat(version().code()).isZero();
    assertThat(builds()).as("after a source was deleted").isEqualTo(3);
  }

  @Test
  void twoStartsAtOnceBuildOnce() throws Exception {
    List<String> words = List.of(clone.resolve("holdfast").toString(), "version");
    var first = command().start(words);
    var second = command().start(words);
    assertThat(first.end().out()).startsWith("Client:");
    assertThat(second.end().out()).startsWith("Client:");
    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void aFailedBuildEndsWithItsErrors() throws Exception {
    Files.writeString(
        clone.resolve("mvnw"), "#!/bin/sh\necho '[ERROR] Main.java:[1,1] no'; exit 1\n");
    Ended ended = version();
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err()).contains("Main.java:[1,1] no", "the build failed", "build.log");
  }

  @Test
  void aReadOnlyCloneRunsWhenBuiltAndElseSaysWhatToDo() throws Exception {
    List<String> words = new ArrayList<>();
    if (System.getProperty("user.name").equals("root")) { // whom no permission stops
      assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "setpriv is not installed");
      words.addAll(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
    }
    words.addAll(List.of(clone.resolve("holdfast").toString(), "version"));
    permit("r-xr-xr-x");
    try {
      Ended unbuilt = command().run(words);
      assertThat(unbuilt.code()).isEqualTo(1);
      assertThat(unbuilt.err()).contains("cannot be written", "copy").doesNotContain("mkdir:");

      permit("rwxr-xr-x");
      assertThat(version().code()).isZero();
      permit("r-xr-xr-x");
      Ended built = command().run(words);
      assertThat(built.code()).as(built.err()).isZero();
      assertThat(built.err()).isEmpty();
    } finally {
      permit("rwxr-xr-x");
    }
  }

  /** Sets the permissions of the clone and of the folder above it. */
  private void permit(String permissions) throws IOException {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    try (Stream<Path> files = Files.walk(clone)) {
      for (Path file : files.filter(file -> !Files.isSymbolicLink(file)).toList()) {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
      }
    }
  }
}
