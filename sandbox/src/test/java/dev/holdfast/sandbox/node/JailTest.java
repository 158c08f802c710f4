package dev.holdfast.sandbox.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.io.TempDir;

class JailTest {

  @TempDir private Path folder;

  /** The first process of a container must not be quicker than the change of its root. */
  @RepeatedTest(20)
  void theFirstProcessSeesTheVolumes() throws Exception {
    assumeTrue(Jail.possible(), "no name spaces on this machine: skipped");
    Path volume = Files.createDirectory(folder.resolve("volume"));
    Files.writeString(volume.resolve("file"), "here");
    Path stage = Files.createDirectory(folder.resolve("stage"));
    try (Jail jail = new Jail(stage, List.of(new Mount(volume, "/holdfast-jail-test", true)))) {
      var command =
          new Compartment.Command(
              List.of("cat", "/holdfast-jail-test/file"),
              Map.of("PATH", "/usr/bin:/bin"),
              "/",
              null);
      Process process = jail.start(command);
      assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
      assertThat(process.inputReader().readLine()).isEqualTo("here");
    }
  }
}
