package dev.holdfast.cli;

import dev.holdfast.cli.output.Console;
import dev.holdfast.cli.output.OutputFlag;
import dev.holdfast.model.Json;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code holdfast version}, printed as Velero prints its own. */
@Command(name = "version", description = "Print the version.")
final class VersionCommand implements Callable<Integer> {

  @Option(names = "--client-only", description = "Accepted for Velero's sake; there is no server.")
  boolean clientOnly;

  @Mixin final OutputFlag output = new OutputFlag();

  private final Console console;

  VersionCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Version version = Version.current();
    console
        .out()
        .print(
            switch (output.format()) {
              case TABLE -> version.text();
              case NAME -> version.version() + "\n";
              case JSON, YAML -> output.format().text(Json.tree(version));
            });
    return ExitCode.OK;
  }
}
