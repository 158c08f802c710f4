package dev.holdfast.cli.bench;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What one process took, from its start to its end.
 *
 * @param cpu user and system; zero where the system does not tell
 * @param peak bytes of memory that were resident at most; 0 where the system does not tell
 */
record Measured(Duration wall, Duration cpu, long peak) {

  /** Linux counts CPU time in hundredths of a second for everybody who asks. */
  private static final long TICK_MILLIS = 10;

  static final Measured NOTHING = new Measured(Duration.ZERO, Duration.ZERO, 0);

  double seconds() {
    return seconds(wall);
  }

  double cpuSeconds() {
    return seconds(cpu);
  }

  private static double seconds(Duration time) {
    return time.toNanos() / 1e9;
  }

  /** One after the other. */
  Measured then(Measured next) {
    return new Measured(wall.plus(next.wall), cpu.plus(next.cpu), Math.max(peak, next.peak));
  }

  /**
   * Runs a process to its end.
   *
   * @param shown what it is called in the failure
   * @throws Failure.Rejected with what it printed if it does not end with 0
   */
  static Measured run(Operation op, ProcessBuilder process, String shown) {
    try {
      Path output = Files.createTempFile("holdfast-bench-", ".out");
      try {
        return run(op, process, shown, output);
      } finally {
        Files.deleteIfExists(output);
      }
    } catch (IOException e) {
      throw new Failure.Unreachable(
          "A process of the bench cannot be started: " + shown, e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Cancelled("Interrupted");
    }
  }

  private static Measured run(Operation op, ProcessBuilder builder, String shown, Path output)
      throws IOException, InterruptedException {
    Duration before = cpuOfEndedChildren();
    long start = System.nanoTime();
    Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    long peak = 0;
    try (var _ = op.onCancel(process::destroy)) {
      while (!process.waitFor(Duration.ofMillis(20))) {
        peak = Math.max(peak, peak(process.pid()));
      }
    }
    Duration wall = Duration.ofNanos(System.nanoTime() - start);
    op.check();
    if (process.exitValue() != 0) {
      String said = Files.readString(output).strip();
      throw new Failure.Rejected(
          shown + " ended with " + process.exitValue() + ":\n" + said, null, null);
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
