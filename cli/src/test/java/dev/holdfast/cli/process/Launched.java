package dev.holdfast.cli.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.cli.Main;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The command as a process of its own, for what one process cannot show: signals, kills, shells. It
 * is a script {@code holdfast} in a folder. After the package phase it runs the clone's {@code
 * ./holdfast}; before it, where there is no jar yet, the classes under test.
 */
public final class Launched {

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Path folder;
  private final List<Process> started = new ArrayList<>();

  private Launched(Path folder) {
    this.folder = folder;
  }

  /** Writes the script. */
  public static Launched in(Path folder) throws IOException {
    Path script = folder.resolve("holdfast");
    Files.writeString(
        script, Boolean.getBoolean("holdfast.packaged") ? launcher() : java(Main.class));
    assertThat(script.toFile().setExecutable(true)).isTrue();
    return new Launched(folder);
  }

  private static String launcher() {
    Path root = Path.of(System.getProperty("holdfast.root", "..")).toAbsolutePath().normalize();
    return """
    #!/bin/sh
    export HOLDFAST_BUILD=no HOLDFAST_JAVA_OPTIONS=-XX:TieredStopAtLevel=1
    exec env --default-signal=INT '%s' "$@"
    """
        .formatted(root.resolve("holdfast"));
  }

  /**
   * A script that runs a class with the class path of this test. What starts the tests in the
   * background may have them ignore SIGINT, which children inherit.
   */
  public static String java(Class<?> mainClass) {
    return """
    #!/bin/sh
    exec env --default-signal=INT '%s' -XX:TieredStopAtLevel=1 -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED \
      -cp '%s' %s "$@"
    """
        .formatted(
            Path.of(System.getProperty("java.home"), "bin", "java"),
            System.getProperty("java.class.path"),
            mainClass.getName());
  }

  /** A command that runs; its output goes to files. */
  public static final class Running {
    private final Process process;
    private final Path out;
    private final Path err;

    private Running(Process process, Path out, Path err) {
      this.process = process;
      this.out = out;
      this.err = err;
    }

    /** Waits until it has printed this on standard error. */
    public Running until(String said) throws IOException {
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(20))
          .until(() -> !process.isAlive() || err().contains(said));
      assertThat(err()).contains(said);
      return this;
    }

    public boolean alive() {
      return process.isAlive();
    }

    /** Sends {@code INT}, {@code TERM} or {@code KILL}. */
    public Running signal(String name) throws IOException, InterruptedException {
      assertThat(new ProcessBuilder("kill", "-" + name, process.pid() + "").start().waitFor())
          .isZero();
      return this;
    }

    /** Waits for the end and returns the exit code: 128 and the signal's number if one ended it. */
    public int code() throws InterruptedException {
      assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).as("has ended").isTrue();
      return process.exitValue();
    }

    public String out() throws IOException {
      return Files.readString(out, StandardCharsets.UTF_8);
    }

    public String err() throws IOException {
      return Files.readString(err, StandardCharsets.UTF_8);
    }
  }

  public Running start(String... arguments) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(folder.resolve("holdfast").toString());
    builder.command().addAll(List.of(arguments));
    builder.directory(folder.toFile());
    Path out = Files.createTempFile(folder, "run", ".out");
    Path err = Files.createTempFile(folder, "run", ".err");
    builder.redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().put("HOME", folder.toString());
    Process process = builder.start();
    started.add(process);
    return new Running(process, out, err);
  }

  /** Ends what still runs. */
  public void endAll() {
    started.forEach(Process::destroyForcibly);
  }
}
