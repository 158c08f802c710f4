package dev.holdfast.engine.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.ResourceList;
import dev.holdfast.store.DirectoryStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryTest {

  @TempDir Path folder;

  private String run(String heap, String... arguments) throws Exception {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath,
                ManyItems.class.getName(),
                folder.resolve("location").toString()));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
    return output;
  }

  @Test
  void aHundredThousandItemsAreBackedUpIn192Megabytes() throws Exception {
    assertThat(run("192m", "100000")).contains("Completed 100000");
    try (var store = new DirectoryStore(folder.resolve("location"))) {
      byte[] list = new StoredBackup(store, "many").bytes(new BackupKeys("many").resourceList());
      assertThat(ResourceList.read(list, "list").size()).isEqualTo(100_000);
    }
  }

  /** A fifth of the items in less than half of the memory; {@code bench} does all of them. */
  @Test
  void twentyThousandItemsAreRestoredIn80Megabytes() throws Exception {
    assertThat(run("80m", "20000")).contains("Completed 20000");
    assertThat(run("80m", "20000", "restore")).contains("Completed 20000");
  }
}
