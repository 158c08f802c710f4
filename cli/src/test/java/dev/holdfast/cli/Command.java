package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program that runs in a folder, with these variables and no others. */
record Command(Path folder, Map<String, String> environment) {

  /** How a program ended, and what it printed. */
  record Ended(int code, String out, String err) {}

  /** A program that runs; what it prints goes to files, so that it never waits for a reader. */
  record Running(Process process, Path out, Path err) {
    Ended end() {
      try {
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).as("ended in time").isTrue();
        return new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  Running start(List<String> words) {
    try {
      Path out = Files.createTempFile(folder, "out", "");
      Path err = Files.createTempFile(folder, "err", "");
      ProcessBuilder builder = new ProcessBuilder(words).directory(folder.toFile());
      builder.environment().clear();
      builder.environment().putAll(environment);
      builder.redirectOutput(out.toFile()).redirectError(err.toFile());
      return new Running(builder.start(), out, err);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Ended run(List<String> words) {
    return start(words).end();
  }

  /** A folder with links to these programs, for a PATH that holds no others. */
  static String path(Path folder, String... programs) throws IOException {
    Files.createDirectories(folder);
    for (String program : programs) {
      Path found =
          List.of("/bin", "/usr/bin").stream()
              .map(bin -> Path.of(bin, program))
              .filter(Files::isExecutable)
              .findFirst()
              .orElseThrow(() -> new IllegalStateException("no " + program));
      Files.createSymbolicLink(folder.resolve(program), found);
    }
    return folder.toString();
  }
}
