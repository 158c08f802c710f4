package dev.holdfast.sandbox;

import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.model.Fixtures;
import dev.holdfast.model.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * The stock kubectl prints against the sandbox what it printed against a real 1.36.2 API server
 * ({@code fixtures/kubectl}; a controller manager without controllers of workloads beside it).
 *
 * <p>The recordings are made by the same class: the test {@code real-cluster} plays them against
 * the server that HOLDFAST_TEST_KUBECONFIG names, and with {@code -Dholdfast.record=true} writes
 * what it saw into the project.
 */
class KubectlTranscriptTest {

  /** The client that the recordings were made with; another one prints other words. */
  private static final int RECORDED_WITH = 32;

  @TempDir private Path folder;

  @TestFactory
  Stream<DynamicTest> printsWhatItPrintsOfARealServer() throws Exception {
    int minor = minor();
    assumeTrue(minor >= 27, "There is no kubectl of at least 1.27 on the path: skipped");
    return transcripts()
        .map(transcript ->
            DynamicTest.dynamicTest(
                transcript.name(),
                () -> {
                  Path home = home(transcript);
                  Path kubeconfig = home.resolve("kubeconfig");
                  try (Sandbox _ = Sandbox.start(SandboxOptions.DEFAULT.kubeconfig(kubeconfig))) {
                    compare(transcript, home, minor == RECORDED_WITH);
                  }
                }));
  }

  @TestFactory
  @Tag("real-cluster")
  Stream<DynamicTest> aRealServerPrintsTheSame() throws IOException {
    String real = System.getenv().getOrDefault("HOLDFAST_TEST_KUBECONFIG", "");
    assumeTrue(!real.isEmpty(), "HOLDFAST_TEST_KUBECONFIG is not set: skipped");
    return transcripts()
        .map(transcript ->
            DynamicTest.dynamicTest(
                transcript.name(),
                () -> {
                  Path home = home(transcript);
                  Path kubeconfig = home.resolve("kubeconfig");
                  Files.copy(Path.of(real), kubeconfig);
                  if (Boolean.getBoolean("holdfast.record")) {
                    record(transcript, home);
                  } else {
                    compare(transcript, home, true);
                  }
                }));
  }

  private static Stream<Transcript> transcripts() throws IOException {
    List<Transcript> all = new ArrayList<>();
    String only = System.getProperty("holdfast.transcript", "");
    try (Stream<Path> files = Files.list(Fixtures.path("kubectl"))) {
      for (Path file : files.sorted().toList()) {
        if (file.toString().endsWith(only + ".console")) {
          all.add(Transcript.read(file));
        }
      }
    }
    return all.stream();
  }

  private Path home(Transcript transcript) throws IOException {
    Path home = Files.createDirectories(folder.resolve(transcript.name()));
    Transcript.copyFiles(Fixtures.path("kubectl/files"), home.resolve("files"));
    return home;
  }

  /** Every step is run, so that one difference shows beside the others. */
  private static void compare(Transcript transcript, Path home, boolean words)
      throws IOException, InterruptedException {
    List<Transcript.Step> have = play(transcript, home);
    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < have.size(); i++) {
      String wanted = transcript.steps().get(i).output();
      String printed = have.get(i).output();
      if (!(words ? wanted.equals(printed) : exit(wanted).equals(exit(printed)))) {
        wrong.add("$ " + have.get(i).command() + "\n" + Transcript.difference(wanted, printed));
      }
    }
    if (!wrong.isEmpty()) {
      fail(
          "kubectl prints other things than recorded (- recorded, + now):\n"
              + String.join("\n", wrong));
    }
  }

  private static String exit(String output) {
    int at = output.lastIndexOf("[exit ");
    return at < 0 ? "" : output.substring(at);
  }

  private static void record(Transcript transcript, Path home)
      throws IOException, InterruptedException {
    Transcript made = new Transcript(transcript.name(), play(transcript, home));
    Files.writeString(Fixtures.path("kubectl/" + transcript.name() + ".console"), made.text());
  }

  private static List<Transcript.Step> play(Transcript transcript, Path home)
      throws IOException, InterruptedException {
    List<Transcript.Step> result = new ArrayList<>();
    for (Transcript.Step step : transcript.steps()) {
      String output = Transcript.run(step.command(), home.resolve("files"), home);
      result.add(new Transcript.Step(step.comment(), step.command(), output));
    }
    return result;
  }

  private static int minor() throws InterruptedException, IOException {
    Process process =
        new ProcessBuilder("sh", "-c", "kubectl version --client -o json 2>/dev/null").start();
    byte[] output = process.getInputStream().readAllBytes();
    return process.waitFor() != 0
        ? 0
        : Integer.parseInt(
            Json.MAPPER
                .readTree(output)
                .at("/clientVersion/minor")
                .asText("0")
                .replaceAll("\\D.*", ""));
  }
}
