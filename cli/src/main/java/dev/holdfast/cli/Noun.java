package dev.holdfast.cli;

import picocli.CommandLine.Model.CommandSpec;

/** A command that only groups others: {@code backup}, {@code restore}, {@code backup-location}. */
final class Noun {

  private Noun() {}

  static CommandSpec named(String name, String description) {
    CommandSpec spec = CommandSpec.create().name(name);
    spec.usageMessage().description(description);
    return spec;
  }
}
