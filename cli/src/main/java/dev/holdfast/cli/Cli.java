package dev.holdfast.cli;

import dev.holdfast.cli.output.Console;
import picocli.CommandLine;

/** The whole command: builds the tree of verbs and runs one of them. */
public final class Cli {

  private final Console console;

  public Cli(Console console) {
    this.console = console;
  }

  /** Runs one command line and returns the exit code; prints everything there is to say. */
  public int run(String... args) {
    GlobalOptions global = new GlobalOptions();
    CommandLine commandLine = tree(global);
    int code = commandLine.execute(args);
    console.out().flush();
    console.err().flush();
    return code;
  }

  CommandLine tree(GlobalOptions global) {
    Errors errors = new Errors(console, global);
    CommandLine root = new CommandLine(new HoldfastCommand(global));
    root.addSubcommand(new VersionCommand(console));
    root.setOut(console.out());
    root.setErr(console.err());
    root.setExecutionExceptionHandler(errors);
    root.setParameterExceptionHandler(errors);
    return root;
  }
}
