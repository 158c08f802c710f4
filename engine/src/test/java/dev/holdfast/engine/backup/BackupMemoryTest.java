package dev.holdfast.engine.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.ResourceList;
import dev.holdfast.store.DirectoryStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackupMemoryTest {

  @TempDir Path folder;

  @Test
  void aHundredThousandItemsNeedNoMoreThan192Megabytes() throws Exception {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx192m",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath,
                ManyItems.class.getName(),
                folder.resolve("location").toString(),
                "100000")
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
    assertThat(output).contains("Completed 100000");
    try (var store = new DirectoryStore(folder.resolve("location"))) {
      byte[] list = new StoredBackup(store, "many").bytes(new BackupKeys("many").resourceList());
      assertThat(ResourceList.read(list, "list").size()).isEqualTo(100_000);
    }
  }
}
