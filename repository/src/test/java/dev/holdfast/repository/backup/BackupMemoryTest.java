package dev.holdfast.repository.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.chunk.Chunker;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.tree.RawPath;
import dev.holdfast.store.DirectoryStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Memory is set, not grown: many files are saved, and saved again, in a heap that is given. */
@Tag("EBS-38")
class BackupMemoryTest {

  /** What the launcher gives {@code repo}. */
  private static final String HEAP = "128m";

  @TempDir Path folder;

  @Test
  void tenThousandFilesInAHundredDirectories() throws Exception {
    assertThat(run("72m", 100, 100)).endsWith("saved 10100 again 10100\n");
  }

  @Test
  @Tag("soak")
  void aMillionFilesInTenThousandDirectories() throws Exception {
    assertThat(run("192m", 10_000, 100)).endsWith("saved 1010000 again 1010000\n");
  }

  /** The nodes of one directory are in memory at once: about 1 KiB for each of its files. */
  @Test
  @Tag("soak")
  void aMillionFilesInOneDirectory() throws Exception {
    assertThat(run("2g", 1, 1_000_000)).endsWith("saved 1000001 again 1000001\n");
  }

  /** The heap of {@code repo} has room for the longest chunks, on however many cores. */
  @ParameterizedTest
  @ValueSource(ints = {2, 16})
  void largeFilesOfTheLongestChunksOnManyCores(int cores) throws Exception {
    LongChunks.files(folder.resolve("data"), 20, 2 * Chunker.MAX + 1);
    List<String> options = List.of("-XX:ActiveProcessorCount=" + cores, "-Xmn16m");
    assertThat(run(HEAP, options, 0, 0)).endsWith("saved 20 again 20\n");
  }

  private String run(String heap, int directories, int files) throws Exception {
    return run(heap, List.of(), directories, files);
  }

  private String run(String heap, List<String> options, int directories, int files)
      throws Exception {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                "-XX:+UseSerialGC"));
    command.addAll(options);
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            classPath,
            TwoBackups.class.getName(),
            folder.toString(),
            "" + directories,
            "" + files));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
    return output;
  }

  /** {@code FOLDER DIRECTORIES FILES}: makes them, saves them and saves them again. */
  static final class TwoBackups {
    private static final Repository.Identity US = new Repository.Identity("root", "holdfast");

    private TwoBackups() {}

    public static void main(String[] args) throws IOException {
      Path folder = Path.of(args[0]);
      Path data = folder.resolve("data");
      for (int i = 0; i < Integer.parseInt(args[1]); i++) {
        Path directory = Files.createDirectories(data.resolve("directory-" + i));
        for (int j = 0; j < Integer.parseInt(args[2]); j++) {
          Files.write(directory.resolve("file-" + i + "-" + j), new byte[] {(byte) j});
        }
      }
      Operation op = Operation.start();
      Repository repository =
          Repository.init(
              op,
              new DirectoryStore(folder.resolve("r")),
              "x",
              2,
              KeyFile.Cost.WEAK,
              LongChunks.POLYNOMIAL,
              US);
      List<Long> saved = new ArrayList<>();
      @Nullable Id parent = null;
      for (int i = 0; i < 2; i++) {
        BackupOptions options = BackupOptions.of(data.toString(), US).withParent(parent);
        try (Directory root = Directory.open(RawPath.of(data.toString()))) {
          var outcome =
              new SnapshotRun(repository, options, BackupProgress.SILENT)
                  .run(op, root, RawPath.of(data.toString()));
          parent = outcome.id();
          var summary = java.util.Objects.requireNonNull(outcome.snapshot().summary());
          saved.add(summary.totalFilesProcessed() + summary.dirsNew() + summary.dirsUnmodified());
        }
      }
      System.out.println("saved " + saved.get(0) + " again " + saved.get(1));
    }
  }
}
