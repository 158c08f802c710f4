package dev.holdfast.cli.restore;

import dev.holdfast.cli.Session;
import picocli.CommandLine;

/** The verbs of {@code holdfast restore}. */
public final class RestoreVerbs {

  private RestoreVerbs() {}

  public static void add(CommandLine noun, Session session) {
    noun.addSubcommand(new RestorePlan(session));
    noun.addSubcommand(new RestoreCreate(session));
    noun.addSubcommand(new RestoreResume(session));
    noun.addSubcommand(new RestoreGet(session));
    noun.addSubcommand(new RestoreDescribe(session));
    noun.addSubcommand(new RestoreLogs(session));
  }
}
