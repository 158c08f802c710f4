package dev.holdfast.engine.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds a pod of the application's image, in the shells that there are. */
@Tag("EBS-25")
class FillPodHoldTest {

  @TempDir Path folder;

  /**
   * containerd ends the stdin of a process whose stdout is closed, also by becoming a command that
   * redirects it; the pod would end while it is filled.
   */
  @ParameterizedTest
  @ValueSource(strings = {"sh", "bash", "busybox sh"})
  void itKeepsItsOutputAndEndsWithItsInput(String shell) throws Exception {
    List<String> words = List.of(shell.split(" ", -1));
    assumeTrue(
        Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
            .anyMatch(path -> Files.isExecutable(Path.of(path, words.getFirst()))),
        words.getFirst() + " is not installed: skipped");
    List<String> command = new ArrayList<>(words);
    command.addAll(FillPod.hold().subList(1, FillPod.hold().size() - 1));
    command.add(folder.toString());
    Process process = new ProcessBuilder(command).start();
    try {
      Path proc = Path.of("/proc/" + process.pid());
      await().until(() -> Files.exists(folder.resolve("pid")));
      await().until(() -> Files.readString(proc.resolve("stat")).contains(") S "));
      process.getOutputStream().write("\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
      process.getOutputStream().flush();
      await().until(() -> Files.readString(proc.resolve("stat")).contains(") S "));
      assertThat(Files.readSymbolicLink(proc.resolve("fd/1")).toString()).startsWith("pipe:");
      assertThat(process.descendants()).isEmpty();
      assertThat(process.isAlive()).isTrue();
      process.getOutputStream().close();
      assertThat(process.waitFor()).isLessThan(2);
    } finally {
      process.destroyForcibly();
    }
  }
}
