package dev.holdfast.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs other people's programs in a folder; a test whose program is absent is skipped. */
record Program(Path folder) {

  record Answer(int exit, String output) {
    Answer ok() {
      assertThat(exit).as(output).isZero();
      return this;
    }
  }

  static void need(String... programs) {
    for (String program : programs) {
      boolean there =
          Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":"))
              .anyMatch(dir -> Files.isExecutable(Path.of(dir, program)));
      assumeTrue(there, "the program '" + program + "' is not installed: skipped");
    }
  }

  /** A command line of the shell, as a user types it. */
  Answer shell(String line) {
    return run(List.of("sh", "-c", line));
  }

  Answer run(String... command) {
    return run(List.of(command));
  }

  private Answer run(List<String> command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
      return new Answer(process.exitValue(), output);
    } catch (IOException e) {
      throw new AssertionError(command + " did not start", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  Path write(String name, byte[] content) throws IOException {
    return Files.write(folder.resolve(name), content);
  }

  byte[] read(String name) throws IOException {
    return Files.readAllBytes(folder.resolve(name));
  }

  String text(String name) throws IOException {
    return Files.readString(folder.resolve(name));
  }
}
