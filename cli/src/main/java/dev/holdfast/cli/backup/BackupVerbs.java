package dev.holdfast.cli.backup;

import dev.holdfast.cli.Session;
import picocli.CommandLine;

/** The verbs of {@code holdfast backup}. */
public final class BackupVerbs {

  private BackupVerbs() {}

  public static void add(CommandLine noun, Session session) {
    noun.addSubcommand(new BackupCreate(session));
  }
}
