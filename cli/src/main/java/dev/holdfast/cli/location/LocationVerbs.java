package dev.holdfast.cli.location;

import dev.holdfast.cli.Session;
import picocli.CommandLine;

/** The verbs of {@code holdfast backup-location}. */
public final class LocationVerbs {

  private LocationVerbs() {}

  public static void add(CommandLine noun, Session session) {
    noun.addSubcommand(new LocationCreate(session));
    noun.addSubcommand(new LocationGet(session));
    noun.addSubcommand(new LocationSet(session));
    noun.addSubcommand(new LocationDelete(session));
    noun.addSubcommand(new LocationCheckCommand(session));
  }
}
