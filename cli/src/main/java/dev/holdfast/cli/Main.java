package dev.holdfast.cli;

import dev.holdfast.cli.output.Console;
import dev.holdfast.cli.volume.MoverStart;
import dev.holdfast.model.Operation;

/** The process. */
public final class Main {

  private Main() {}

  public static void main(String[] args) {
    if (args.length == 1 && args[0].equals("version")) {
      // What scripts ask first, and everybody after a build: answered before anything else loads.
      System.out.print(Version.current().text());
      return;
    }
    System.exit(MoverStart.run(args).orElseGet(() -> run(args)));
  }

  /** Runs one command line on the process's own streams and returns its exit code. */
  static int run(String... args) {
    Console console = Console.system();
    Operation operation = Operation.start();
    try (var _ = new Interrupt(operation, console.err())) {
      return new Cli(console, operation).run(args);
    }
  }
}
