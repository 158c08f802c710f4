package dev.holdfast.cli.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.cli.demo.Shop;
import dev.holdfast.cli.process.Launched;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.ClusterOptions;
import dev.holdfast.cluster.Clusters;
import dev.holdfast.model.Operation;
import dev.holdfast.s3server.S3Server;
import dev.holdfast.sandbox.Sandbox;
import dev.holdfast.sandbox.SandboxOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every command block of the guide and of the README runs, in order, in a shell, and prints what
 * the document says. What stands for the reader's own world is replaced: the address of the S3
 * store, and the folder of the clone. Runs after the package phase.
 */
class GuideLaunchTest {

  private static final Path ROOT = Path.of(System.getProperty("holdfast.root", ".."));
  private static final String STORE = "http://minio.example.com:9000";

  @TempDir Path folder;
  private final List<Process> background = new ArrayList<>();
  private S3Server store;

  @BeforeEach
  void prepare() throws IOException {
    var _ = Launched.in(folder);
    Files.writeString(folder.resolve(".environment"), "");
    if (!onPath("kubectl")) {
      standIn();
    }
    store =
        S3Server.start(
                new S3Server.Options(null, 0, "shop-backups", "a-long-secret-from-minio", null))
            .bucket("backups");
  }

  @AfterEach
  void stop() {
    background.forEach(process -> {
      process.descendants().forEach(ProcessHandle::destroy);
      process.destroy();
    });
    store.close();
  }

  @TestFactory
  @Tag("EMF-26")
  @Tag("SF-6")
  @Tag("SF-22")
  @Tag("SF-23")
  Stream<DynamicTest> theGuide() throws IOException {
    return tests(CommandBlock.of(ROOT, "docs/guide.md"));
  }

  /** The README's commands for a cluster need one: the demo's shop. */
  @TestFactory
  @Tag("EMF-26")
  Stream<DynamicTest> theReadme() throws IOException {
    List<CommandBlock> blocks = CommandBlock.of(ROOT, "README.md");
    Path kubeconfig = folder.resolve("kubeconfig");
    Sandbox sandbox = Sandbox.start(SandboxOptions.DEFAULT.kubeconfig(kubeconfig));
    try (Cluster cluster = Clusters.connect(ClusterOptions.of(kubeconfig, null))) {
      Shop.moveIn(Operation.start(), cluster);
    }
    Files.writeString(folder.resolve(".environment"), "export KUBECONFIG='" + kubeconfig + "'\n");
    return tests(blocks).onClose(sandbox::close);
  }

  private Stream<DynamicTest> tests(List<CommandBlock> blocks) {
    assertThat(blocks).isNotEmpty();
    boolean[] broken = {false};
    return blocks.stream()
        .map(block ->
            DynamicTest.dynamicTest(
                block.name(),
                () -> {
                  assumeTrue(!broken[0], "a block before it failed");
                  assumePrograms(block);
                  broken[0] = true;
                  run(block);
                  broken[0] = false;
                }));
  }

  private static void assumePrograms(CommandBlock block) {
    for (String program : List.of("age-keygen", "ssh-keygen", "zstd")) {
      boolean needed = block.text().contains(program) || block.text().contains("--show");
      assumeTrue(!needed || onPath(program), program + " is not on the path");
    }
  }

  private void run(CommandBlock block) throws IOException, InterruptedException {
    Path output = Files.createTempFile(folder, ".block", ".out");
    Process process =
        new ProcessBuilder("bash", "-c", script(block))
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    if (block.background()) {
      background.add(process);
      await()
          .atMost(Duration.ofMinutes(2))
          .untilAsserted(() -> assertThat(missing(block, output)).isEmpty());
      return;
    }
    assertThat(process.waitFor(3, TimeUnit.MINUTES)).as("has ended").isTrue();
    String printed = Files.readString(output);
    assertThat(process.exitValue()).as("%s%n%s", block.text(), printed).isZero();
    assertThat(missing(block, output)).as(printed).isEmpty();
  }

  private static String missing(CommandBlock block, Path output) throws IOException {
    return block.missing(Files.readString(output));
  }

  /** What a block exports is there in those that follow. {@code ./mvnw} runs this test. */
  private String script(CommandBlock block) {
    String commands =
        block
            .script()
            .replace(STORE, store.endpoint().toString())
            .replaceAll("(?m)^\\./mvnw .*", "test -x '" + ROOT.resolve("mvnw") + "'");
    return """
    set -e
    export HOME='%1$s' PATH='%1$s':"$PATH"
    . ./.environment
    %2$s
    export -p > .environment
    """
        .formatted(folder, commands);
  }

  private void standIn() throws IOException {
    Path script = folder.resolve("kubectl");
    Files.writeString(script, Launched.java(KubectlDelete.class));
    assertThat(script.toFile().setExecutable(true)).isTrue();
  }

  private static boolean onPath(String program) {
    return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":", -1))
        .anyMatch(entry -> Files.isExecutable(Path.of(entry, program)));
  }
}
