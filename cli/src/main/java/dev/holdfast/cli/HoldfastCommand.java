package dev.holdfast.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The root of the command tree. */
@Command(
    name = "holdfast",
    description = "Backs up, restores and proves Kubernetes workloads.",
    synopsisSubcommandLabel = "VERB")
final class HoldfastCommand {

  @Mixin final GlobalOptions global;

  HoldfastCommand(GlobalOptions global) {
    this.global = global;
  }
}
