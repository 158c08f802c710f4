package dev.holdfast.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The {@code restic} command on the path; tests that need it are skipped where it is not there. */
public final class Restic {

  private final Path repository;
  private final String password;
  private final Path scratch;

  public Restic(Path repository, String password, Path scratch) {
    this.repository = repository;
    this.password = password;
    this.scratch = scratch;
  }

  public static void assumeInstalled() {
    boolean found = false;
    for (String folder : System.getenv().getOrDefault("PATH", "").split(":")) {
      found |= Files.isExecutable(Path.of(folder, "restic"));
    }
    assumeTrue(found, "the restic command is not installed: skipped");
  }

  /**
   * @param status exit code
   */
  public record Answer(int status, String out) {}

  public Answer run(Path directory, String... arguments) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of("restic", "--no-cache", "-r", repository.toString()));
    command.addAll(List.of(arguments));
    Path out = Files.createTempFile(scratch, "restic", ".out");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile());
    builder.environment().put("RESTIC_PASSWORD", password);
    int status = builder.start().waitFor();
    return new Answer(status, Files.readString(out, StandardCharsets.UTF_8));
  }

  public String ok(Path directory, String... arguments) throws IOException, InterruptedException {
    Answer answer = run(directory, arguments);
    assertThat(answer.status()).as(answer.out()).isZero();
    return answer.out();
  }

  /** check --read-data says nothing but that all is well. */
  public void check() throws IOException, InterruptedException {
    String out = ok(scratch, "check", "--read-data");
    assertThat(out)
        .contains("no errors were found")
        .doesNotContain("mixed", "duplicate", "not referenced");
  }
}
