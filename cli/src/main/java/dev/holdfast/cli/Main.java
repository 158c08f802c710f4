package dev.holdfast.cli;

import dev.holdfast.cli.output.Console;

/** The process. */
public final class Main {

  private Main() {}

  public static void main(String[] args) {
    System.exit(new Cli(Console.system()).run(args));
  }
}
