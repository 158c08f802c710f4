package dev.holdfast.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The root of the command tree. */
@Command(name = "holdfast", description = "Backs up, restores and proves Kubernetes workloads.")
final class HoldfastCommand {

  @Mixin final GlobalOptions global;
  @Mixin final HelpFlag help = new HelpFlag();

  HoldfastCommand(GlobalOptions global) {
    this.global = global;
  }
}
