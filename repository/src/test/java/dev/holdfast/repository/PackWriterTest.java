package dev.holdfast.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Operation;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.store.DirectoryStore;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class PackWriterTest {

  @TempDir Path folder;
  private final Operation op = Operation.start();

  private Repository repository() {
    var us = new Repository.Identity("kelp", "shore");
    return Repository.init(op, new DirectoryStore(folder), "kelp", 2, KeyFile.Cost.WEAK, null, us);
  }

  /** Whoever has the same content was told that it is being stored. */
  @Test
  void aBlobThatCouldNotBeCompressedIsPromisedToNobody() {
    Repository repository = repository();
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

  /** Else closing would wait for it without end, and the next pack for its connection. */
  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aPackForWhichNoThreadStartsIsNotWaitedFor() {
    Executor none =
        _ -> {
          throw new OutOfMemoryError("injected: unable to create native thread");
        };
    byte[] bytes = new byte[1000];
    try (PackWriter packs = new PackWriter(op, repository(), 4 << 20, 3, 1, none)) {
      packs.put(op, BlobType.DATA, Id.hash(bytes), bytes, 0, bytes.length);
      packs.put(op, BlobType.TREE, Id.hash(bytes), bytes, 0, bytes.length);
      assertThatThrownBy(() -> packs.flush(op)).isInstanceOf(OutOfMemoryError.class);
      assertThatThrownBy(() -> packs.flush(op)).isInstanceOf(OutOfMemoryError.class);
    }
  }
}
