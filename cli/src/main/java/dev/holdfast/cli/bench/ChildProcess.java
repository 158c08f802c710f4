package dev.holdfast.cli.bench;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Java processes with the class path and the options of this one, measured as a whole. */
final class ChildProcess {

  /** Linux counts CPU time in hundredths of a second for everybody who asks. */
  private static final long TICK_MILLIS = 10;

  private final List<String> javaOptions;

  /**
   * @param javaOptions beyond those of this process; later ones win
   */
  ChildProcess(List<String> javaOptions) {
    this.javaOptions = javaOptions;
  }

  /**
   * What one process took.
   *
   * @param cpu user and system, from its start to its end; zero where the system does not tell
   * @param peak bytes of memory that were resident at most; 0 where the system does not tell
   */
  record Measured(Duration wall, Duration cpu, long peak) {}

  ProcessBuilder builder(String mainClass, List<String> arguments) {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> !option.startsWith("-agentlib") && !option.startsWith("-Dholdfast."))
        .forEach(line::add);
    line.addAll(javaOptions);
    line.add("-cp");
    line.add(System.getProperty("java.class.path"));
    line.add(mainClass);
    line.addAll(arguments);
    return new ProcessBuilder(line);
  }

  /**
   * Runs one to its end.
   *
   * @throws Failure.Rejected with what it printed if it does not end with 0
   */
  Measured run(Operation op, Class<?> mainClass, String... arguments) {
    try {
      Path output = Files.createTempFile("holdfast-bench-", ".out");
      try {
        return run(op, mainClass, Arrays.asList(arguments), output);
      } finally {
        Files.deleteIfExists(output);
      }
    } catch (IOException e) {
      throw new Failure.Unreachable("A process of the bench cannot be started", null, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Cancelled("Interrupted");
    }
  }

  private Measured run(Operation op, Class<?> mainClass, List<String> arguments, Path output)
      throws IOException, InterruptedException {
    Duration before = cpuOfEndedChildren();
    long start = System.nanoTime();
    Process process =
        builder(mainClass.getName(), arguments)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    long peak = 0;
    try (var _ = op.onCancel(process::destroy)) {
      while (!process.waitFor(Duration.ofMillis(20))) {
        peak = Math.max(peak, peak(process.pid()));
      }
    }
    Duration wall = Duration.ofNanos(System.nanoTime() - start);
    op.check();
    if (process.exitValue() != 0) {
      throw new Failure.Rejected(
          String.join(" ", arguments)
              + " ended with "
              + process.exitValue()
              + ":\n"
              + Files.readString(output).strip(),
          null,
          null);
    }
    return new Measured(wall, cpuOfEndedChildren().minus(before), peak);
  }

  /** Fields 16 and 17 of proc(5)'s stat: children that have been waited for. */
  private static Duration cpuOfEndedChildren() {
    try {
      String stat = Files.readString(Path.of("/proc/self/stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      long ticks = Long.parseLong(fields[13]) + Long.parseLong(fields[14]);
      return Duration.ofMillis(ticks * TICK_MILLIS);
    } catch (IOException e) {
      return Duration.ZERO;
    }
  }

  private static long peak(long pid) {
    try {
      return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
  }
}
