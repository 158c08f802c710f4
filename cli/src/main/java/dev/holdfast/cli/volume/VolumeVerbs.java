package dev.holdfast.cli.volume;

import dev.holdfast.cli.Session;
import picocli.CommandLine;

/** The verbs of {@code holdfast volume}. */
public final class VolumeVerbs {

  private VolumeVerbs() {}

  public static void add(CommandLine noun, Session session) {
    noun.addSubcommand(new VolumeLs(session));
    noun.addSubcommand(new VolumeDump(session));
    noun.addSubcommand(new VolumeRestore(session));
  }
}
