package dev.holdfast.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Operation;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.store.DirectoryStore;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackWriterTest {

  @TempDir Path folder;
  private final Operation op = Operation.start();

  /** Whoever has the same content was told that it is being stored. */
  @Test
  void aBlobThatCouldNotBeCompressedIsPromisedToNobody() {
    var us = new Repository.Identity("kelp", "shore");
    Repository repository =
        Repository.init(op, new DirectoryStore(folder), "kelp", 2, KeyFile.Cost.WEAK, null, us);
    byte[] bytes = new byte[1000];
    Id id = Id.hash(bytes);
    try (PackWriter packs = new PackWriter(op, repository, 4 << 20, 3, 2)) {
      assertThat(packs.wants(op, BlobType.DATA, id, bytes.length)).isTrue();
      assertThatThrownBy(() -> packs.put(op, BlobType.DATA, id, bytes, 1, bytes.length))
          .isInstanceOf(RuntimeException.class);
      assertThat(packs.wants(op, BlobType.DATA, id, bytes.length)).isFalse();
      assertThatThrownBy(() -> packs.flush(op)).isInstanceOf(RuntimeException.class);
    }
  }
}
