package dev.holdfast.cli;

import dev.holdfast.cli.output.Console;
import dev.holdfast.model.Operation;

/**
 * Run once by the build: what these command lines load goes into the AOT cache that later starts
 * use.
 */
final class Training {

  private Training() {}

  public static void main(String[] args) {
    Cli cli = new Cli(Console.system(), Operation.start());
    cli.run("version");
    cli.run("--help");
  }
}
