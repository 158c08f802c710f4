package dev.holdfast.cli.bench;

import dev.holdfast.cli.Main;
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
    String classPath = System.getProperty("java.class.path");
    if (mainClass == Main.class && classPath.endsWith(".jar")) {
      line.addAll(List.of("-jar", classPath)); // as it is started: the jar opens a package to us
    } else {
      line.addAll(List.of("-cp", classPath, mainClass.getName()));
    }
    line.addAll(arguments);
    return new ProcessBuilder(line);
  }

  /** Runs one to its end, measured as a whole. */
  Measured run(Operation op, Class<?> mainClass, List<String> arguments) {
    return Measured.run(op, builder(mainClass, arguments), String.join(" ", arguments));
  }
}
