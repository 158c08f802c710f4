package dev.holdfast.cli.backup;

import dev.holdfast.cli.Session;
import picocli.CommandLine;

/** The verbs of {@code holdfast backup}. */
public final class BackupVerbs {

  private BackupVerbs() {}

  public static void add(CommandLine noun, Session session) {
    noun.addSubcommand(new BackupCreate(session));
    noun.addSubcommand(new BackupGet(session));
    noun.addSubcommand(new BackupDescribe(session));
    noun.addSubcommand(new BackupLogs(session));
    noun.addSubcommand(new BackupDownloadCommand(session));
    noun.addSubcommand(new BackupVerify(session));
    noun.addSubcommand(new BackupDiffCommand(session));
    noun.addSubcommand(new BackupDelete(session));
    noun.addSubcommand(new BackupPrune(session));
  }
}
