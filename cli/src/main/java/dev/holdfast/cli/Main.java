package dev.holdfast.cli;

import dev.holdfast.cli.output.Console;
import dev.holdfast.model.Operation;

/** The process. */
public final class Main {

  private Main() {}

  public static void main(String[] args) {
    Console console = Console.system();
    Operation operation = Operation.start();
    int code;
    try (var _ = new Interrupt(operation, console.err())) {
      code = new Cli(console, operation).run(args);
    }
    System.exit(code);
  }
}
