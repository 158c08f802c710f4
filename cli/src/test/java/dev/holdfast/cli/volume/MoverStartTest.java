package dev.holdfast.cli.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cli.Main;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The processes of a mover pod, as the pod starts them. */
@Timeout(120)
class MoverStartTest {

  /** Kind 10, number 0, no payload. */
  private static final byte[] END = {10, 0, 0, 0, 0, 0, 0, 0, 0};

  @TempDir private Path folder;

  private Process start(String... words) throws IOException {
    List<String> line =
        new java.util.ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
    line.addAll(List.of(words));
    return new ProcessBuilder(line).start();
  }

  private Process session() throws IOException {
    return start("mover", "--session", folder.toString(), folder.toString());
  }

  @Test
  void aSessionGreetsAndGoesWhenItIsToldTo() throws Exception {
    Process waiting = start("mover", "--wait", folder.toString());
    Process session = session();
    byte[] hello = session.getInputStream().readNBytes(9 + 14);
    assertThat(new String(hello, StandardCharsets.UTF_8)).endsWith("holdfast mover");
    assertThat(hello[4]).isEqualTo((byte) 4);
    assertThat(waiting.isAlive()).isTrue();
    try (OutputStream in = session.getOutputStream()) {
      in.write(END);
    }
    assertThat(session.waitFor()).isZero();
    assertThat(waiting.waitFor()).isZero();
    assertThat(new String(waiting.getErrorStream().readAllBytes(), StandardCharsets.UTF_8))
        .isEmpty();
  }

  @Test
  void aStreamThatEndsIsAnErrorOfOneLine() throws Exception {
    Process session = session();
    session.getOutputStream().close();
    assertThat(session.waitFor()).isEqualTo(1);
    assertThat(new String(session.getErrorStream().readAllBytes(), StandardCharsets.UTF_8))
        .isEqualTo("Error: The stream to the keeper ended\n");
    Process second = session();
    assertThat(second.waitFor()).isNotZero();
    assertThat(new String(second.getErrorStream().readAllBytes(), StandardCharsets.UTF_8))
        .isEqualTo("Error: There was a session in this pod already\n");
  }

  @Test
  void otherCommandLinesAreLeftToTheCommand() {
    assertThat(MoverStart.run("mover", "--fill", "/nowhere")).isEmpty();
    assertThat(MoverStart.run("mover", "--session", "/nowhere", "--hold")).isEmpty();
    assertThat(MoverStart.run("backup", "--wait", "/nowhere")).isEmpty();
    assertThat(MoverStart.run("mover", "--session", "/nowhere/at/all", "/nowhere")).hasValue(2);
    assertThat(Files.exists(Path.of("/nowhere"))).isFalse();
  }
}
