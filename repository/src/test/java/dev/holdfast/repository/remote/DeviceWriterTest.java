package dev.holdfast.repository.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.model.Seeded;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("EBS-16")
class DeviceWriterTest {

  @TempDir private Path folder;

  /** Runs of zeros and of bytes, across and inside the blocks that are compared. */
  private static byte[] content(RandomGenerator random, int size) {
    byte[] content = new byte[size];
    int at = 0;
    while (at < size) {
      int end = Math.min(size, at + 1 + random.nextInt(random.nextBoolean() ? 5_000 : 3_000_000));
      if (random.nextBoolean()) {
        byte[] bytes = new byte[end - at];
        random.nextBytes(bytes);
        System.arraycopy(bytes, 0, content, at, bytes.length);
      }
      at = end;
    }
    return content;
  }

  @Test
  void theDeviceEqualsTheStreamWhateverWasThere() {
    Seeded.check(
        20,
        random -> {
          byte[] before = content(random, 1 + random.nextInt(6_000_000));
          byte[] saved = content(random, 1 + random.nextInt(before.length));
          Path device = folder.resolve("device");
          Files.write(device, before);
          DeviceWriter.write(
              Operation.start(), new ByteArrayInputStream(saved), device, saved.length);
          byte[] after = Files.readAllBytes(device);
          assertThat(Arrays.equals(Arrays.copyOf(after, saved.length), saved)).isTrue();
          assertThat(
                  Arrays.mismatch(
                      after, saved.length, after.length, before, saved.length, before.length))
              .as("what is beyond")
              .isEqualTo(-1);
        });
  }

  @Test
  void aThinDeviceStaysThin() throws Exception {
    Path device = folder.resolve("device");
    long size = 64 << 20;
    try (var file = new RandomAccessFile(device.toFile(), "rw")) {
      file.setLength(size);
    }
    byte[] saved = new byte[(int) size];
    saved[5 << 20] = 1;
    DeviceWriter.write(Operation.start(), new ByteArrayInputStream(saved), device, size);
    assertThat(Files.mismatch(device, Files.write(folder.resolve("saved"), saved))).isEqualTo(-1);
    Process blocks = new ProcessBuilder("stat", "-c", "%b", device.toString()).start();
    String counted = new String(blocks.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    assertThat(Long.parseLong(counted.strip()) * 512).isLessThan(4 << 20);
  }

  @Test
  void nothingIsWrittenToOneThatIsTooSmall() throws IOException {
    Path device = Files.write(folder.resolve("device"), new byte[] {1, 2, 3});
    var stream = new ByteArrayInputStream(new byte[4]);
    assertThatThrownBy(() -> DeviceWriter.write(Operation.start(), stream, device, 4))
        .isInstanceOf(Failure.Invalid.class)
        .hasMessageContaining("has 3 bytes, and 4 were saved");
    assertThat(Files.readAllBytes(device)).containsExactly(1, 2, 3);
  }

  @Test
  void aStreamThatBreaksOffIsNotTheWholeDevice() throws IOException {
    Path device = Files.write(folder.resolve("device"), new byte[10]);
    var stream = new ByteArrayInputStream(new byte[9]);
    assertThatThrownBy(() -> DeviceWriter.write(Operation.start(), stream, device, 10))
        .isInstanceOf(Failure.Unreachable.class)
        .hasMessageContaining("broke off");
  }
}
