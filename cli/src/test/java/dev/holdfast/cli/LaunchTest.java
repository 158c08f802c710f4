package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./holdfast} as a process of its own. Runs after the package phase. */
class LaunchTest {

  private static final Path ROOT = Path.of(System.getProperty("holdfast.root", ".."));

  @TempDir Path folder;

  private Process start(Path launcher, Map<String, String> environment, String... arguments)
      throws IOException {
    // What starts the tests in the background may have them ignore SIGINT, which children inherit.
    ProcessBuilder builder = new ProcessBuilder("env", "--default-signal=INT", launcher.toString());
    builder.command().addAll(List.of(arguments));
    builder.directory(folder.toFile());
    builder.environment().put("HOLDFAST_BUILD", "no");
    builder.environment().remove("KUBECONFIG");
    builder.environment().putAll(environment);
    builder.redirectOutput(folder.resolve("out").toFile());
    builder.redirectError(folder.resolve("err").toFile());
    return builder.start();
  }

  private String out() throws IOException {
    return Files.readString(folder.resolve("out"), StandardCharsets.UTF_8);
  }

  private String err() throws IOException {
    return Files.readString(folder.resolve("err"), StandardCharsets.UTF_8);
  }

  private static int ended(Process process) throws InterruptedException {
    assertThat(process.waitFor(2, TimeUnit.MINUTES)).as("ended").isTrue();
    return process.exitValue();
  }

  @Test
  void startsFromAnywhereThroughALinkWithAnOldJavaHome() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("hf"), ROOT.resolve("holdfast"));
    Process process = start(link, Map.of("JAVA_HOME", "/usr/lib/jvm/none"), "version");
    assertThat(ended(process)).as(err()).isZero();
    assertThat(out()).startsWith("Client:\n\tVersion: ");
    assertThat(err()).isEmpty();
  }

  @Test
  void theAotCachesOfTheBuildFit() throws Exception {
    for (String name : List.of("holdfast.aot", "repo.aot", "sandbox.aot")) {
      assertThat(ROOT.resolve("cli/target/lib").resolve(name)).isNotEmptyFile();
    }
    // AOTMode=on: a cache that is missing or does not fit ends the process
    Map<String, String> strict = Map.of("HOLDFAST_JAVA_OPTIONS", "-XX:AOTMode=on");
    assertThat(ended(start(ROOT.resolve("holdfast"), strict, "version"))).as(err()).isZero();
    for (String verbs : List.of("repo", "sandbox")) {
      assertThat(ended(start(ROOT.resolve("holdfast"), strict, verbs, "--help")))
          .as(err())
          .isZero();
    }
  }

  @Test
  void exitCodesAndStreamsPassThrough() throws Exception {
    assertThat(ended(start(ROOT.resolve("holdfast"), Map.of(), "nonsense"))).isEqualTo(2);
    assertThat(out()).isEmpty();
    assertThat(err()).startsWith("Error: ").doesNotContain("\u001b[");
  }

  @Test
  void controlCEndsCleanlyWith130AndSigtermWith143() throws Exception {
    for (String[] signal : new String[][] {{"-INT", "130"}, {"-TERM", "143"}}) {
      Process process =
          start(
              ROOT.resolve("holdfast"), Map.of(), "sandbox", "start", "--kubeconfig", "kubeconfig");
      await().until(() -> out().contains("kubeconfig: "));
      new ProcessBuilder("kill", signal[0], String.valueOf(process.pid())).start().waitFor();
      assertThat(ended(process)).as(err()).isEqualTo(Integer.parseInt(signal[1]));
      assertThat(err()).contains("The sandbox has stopped.").doesNotContain("Exception");
    }
  }
}
