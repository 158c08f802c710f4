package dev.holdfast.cli.bench;

import dev.holdfast.model.Operation;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Java processes with the class path and the options of this one. */
final class ChildProcess {

  private final List<String> javaOptions;
  private final List<String> prefix;

  /**
   * @param javaOptions beyond those of this process; later ones win
   */
  ChildProcess(List<String> javaOptions) {
    this(javaOptions, List.of());
  }

  /**
   * @param prefix words before the command line, such as {@code taskset -c 0}
   */
  ChildProcess(List<String> javaOptions, List<String> prefix) {
    this.javaOptions = javaOptions;
    this.prefix = prefix;
  }

  ProcessBuilder builder(Class<?> mainClass, List<String> arguments) {
    List<String> line = new ArrayList<>(prefix);
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> !option.startsWith("-agentlib") && !option.startsWith("-Dholdfast."))
        .forEach(line::add);
    line.addAll(javaOptions);
    line.add("-cp");
    line.add(System.getProperty("java.class.path"));
    line.add(mainClass.getName());
    line.addAll(arguments);
    return new ProcessBuilder(line);
  }

  /** Runs one to its end, measured as a whole. */
  Measured run(Operation op, Class<?> mainClass, List<String> arguments) {
    return Measured.run(op, builder(mainClass, arguments), String.join(" ", arguments));
  }
}
