package dev.holdfast.cli.repo;

import dev.holdfast.cli.Session;
import picocli.CommandLine;

/** The verbs of {@code holdfast repo}. */
public final class RepoVerbs {

  private RepoVerbs() {}

  public static void add(CommandLine noun, Session session) {
    noun.addSubcommand(new RepoInit(session));
    noun.addSubcommand(new RepoBackup(session));
    noun.addSubcommand(new RepoRestore(session));
    noun.addSubcommand(new RepoSnapshots(session));
  }
}
