package dev.holdfast.repository;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("EBS-38")
class ZstdContextsTest {

  /** Their memory is freed by nobody: a server opens repositories for months. */
  @Test
  void manyRepositoriesAndBackupsTakeNoMoreContextsThanOne(@TempDir Path folder) throws Exception {
    SavedRepository saved = SavedRepository.in(folder);
    int most = 2 * (Runtime.getRuntime().availableProcessors() + 8);
    int before = ZstdContexts.made();
    for (int i = 0; i < 2 * most; i++) {
      Files.writeString(saved.data.resolve("d0/new"), "content ".repeat(i + 1));
      assertThat(saved.save().failed()).isZero();
    }
    saved.assertIntact();
    assertThat(ZstdContexts.made() - before).isLessThan(most);
  }
}
