package dev.holdfast.archive;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A hundred thousand items pass through a small heap: the archive never holds them. */
@Tag("KUR-8")
class ManyItemsTest {

  @TempDir Path folder;

  @Test
  void aHundredThousandItemsNeedLittleMemory() {
    Program.Answer answer =
        new Program(folder)
            .run(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx96m",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                ManyItems.class.getName(),
                "100000",
                folder.resolve("archive").toString())
            .ok();
    assertThat(answer.output()).contains("read 100000 of 100000, found 20");
  }
}
