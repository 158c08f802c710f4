package dev.holdfast.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The {@code restic} command on the path, or the one that HOLDFAST_TEST_RESTIC names; tests that
 * need it are skipped where it is not there.
 */
public final class Restic {

  private static final String COMMAND =
      System.getenv().getOrDefault("HOLDFAST_TEST_RESTIC", "restic");

  private final Path repository;
  private final String password;
  private final Path scratch;
  private final Map<String, String> environment = new HashMap<>();

  public Restic(Path repository, String password, Path scratch) {
    this.repository = repository;
    this.password = password;
    this.scratch = scratch;
  }

  public static void assumeInstalled() {
    assumeTrue(installed(), "the restic command is not installed: skipped");
  }

  public static boolean installed() {
    boolean found = COMMAND.startsWith("/") && Files.isExecutable(Path.of(COMMAND));
    for (String folder : System.getenv().getOrDefault("PATH", "").split(":")) {
      found |= Files.isExecutable(Path.of(folder, COMMAND));
    }
    return found;
  }

  /** Sets a variable for the commands that follow. */
  public Restic with(String name, String value) {
    environment.put(name, value);
    return this;
  }

  /** Whether the command is at least version 0.MINOR. */
  public static boolean isAtLeast(int minor) throws IOException {
    Process process = new ProcessBuilder(COMMAND, "version").start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return Integer.parseInt(out.split("[ .-]", -1)[2]) >= minor;
  }

  /**
   * @param status exit code
   */
  public record Answer(int status, String out) {}

  public Answer run(Path directory, String... arguments) throws IOException, InterruptedException {
    Path out = Files.createTempFile(scratch, "restic", ".out");
    int status = start(directory, out, arguments).waitFor();
    return new Answer(status, Files.readString(out, StandardCharsets.UTF_8));
  }

  /** Starts it, and does not wait. */
  public Process start(String... arguments) throws IOException {
    return start(scratch, Files.createTempFile(scratch, "restic", ".out"), arguments);
  }

  private Process start(Path directory, Path out, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(List.of(COMMAND, "--no-cache", "-r", repository.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile());
    builder.environment().put("RESTIC_PASSWORD", password);
    builder.environment().putAll(environment);
    return builder.start();
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
