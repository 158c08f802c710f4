package dev.holdfast.repository.backup;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobSink;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.chunk.Chunker;
import dev.holdfast.repository.chunk.Polynomial;
import dev.holdfast.repository.tar.TarEntry;
import dev.holdfast.repository.tar.TarOutput;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawPath;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Streams that lead astray. */
@org.jspecify.annotations.NullUnmarked
class TarBackupTest {

  private static final BlobSink NOWHERE =
      new BlobSink() {
        @Override
        public BitSet missing(Operation op, BlobType type, List<Id> ids) {
          return new BitSet();
        }

        @Override
        public void put(Operation op, BlobType type, Id id, byte[] bytes, int from, int length) {}

        @Override
        public void flush(Operation op) {}
      };

  private static TarEntry entry(String path, NodeType type, @Nullable RawPath hardLink) {
    return new TarEntry(
        RawPath.of(path), type, 0644, 0, 0, "", "", 0, Instant.EPOCH, null, hardLink, 0, List.of());
  }

  private static Id save(TarEntry... entries) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    TarOutput tar = new TarOutput(out);
    for (TarEntry each : entries) {
      tar.entry(each);
    }
    tar.finish();
    Chunker chunker = new Chunker(Polynomial.random(new SecureRandom()));
    return new TarBackup(NOWHERE, chunker, new BackupProgress() {})
        .save(Operation.start(), new ByteArrayInputStream(out.toByteArray()), 2);
  }

  private static TarEntry file(String path) {
    return entry(path, NodeType.FILE, null);
  }

  private static TarEntry directory(String path) {
    return entry(path, NodeType.DIR, null);
  }

  @Test
  void whatLeadsOutOfTheDirectoryIsRefused() {
    assertThatThrownBy(() -> save(file("../etc/passwd")))
        .isInstanceOf(Failure.Corrupt.class)
        .hasMessageContaining("leads out of its directory");
    assertThatThrownBy(
            () -> save(file("a"), entry("b", NodeType.FILE, RawPath.of("../../etc/passwd"))))
        .isInstanceOf(Failure.Corrupt.class)
        .hasMessageContaining("leads out of its directory");
    assertThatThrownBy(() -> save(entry("b", NodeType.FILE, RawPath.of("absent"))))
        .isInstanceOf(Failure.Corrupt.class)
        .hasMessageContaining("did not come before");
  }

  @Test
  void whatComesBackOrTwiceIsRefused() {
    assertThatThrownBy(() -> save(directory("a"), directory("b"), file("a/x")))
        .isInstanceOf(Failure.Corrupt.class)
        .hasMessageContaining("outside of it");
    assertThatThrownBy(() -> save(file("a"), file("a")))
        .isInstanceOf(Failure.Corrupt.class)
        .hasMessageContaining("twice");
  }
}
