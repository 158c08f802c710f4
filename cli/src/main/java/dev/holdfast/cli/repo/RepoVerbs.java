package dev.holdfast.cli.repo;

import dev.holdfast.cli.Session;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** The verbs of {@code holdfast repo}. */
public final class RepoVerbs {

  private RepoVerbs() {}

  private static CommandLine group(String name, String description) {
    CommandSpec spec = CommandSpec.create().name(name);
    spec.usageMessage().description(description);
    return new CommandLine(spec);
  }

  public static void add(CommandLine noun, Session session) {
    noun.addSubcommand(new RepoInit(session));
    noun.addSubcommand(new RepoBackup(session));
    noun.addSubcommand(new RepoRestore(session));
    noun.addSubcommand(new RepoSnapshots(session));
    noun.addSubcommand(new RepoLs(session));
    noun.addSubcommand(new RepoFind(session));
    noun.addSubcommand(new RepoDump(session));
    noun.addSubcommand(new RepoDiff(session));
    noun.addSubcommand(new RepoStats(session));
    noun.addSubcommand(new RepoForget(session));
    noun.addSubcommand(new RepoPrune(session));
    noun.addSubcommand(new RepoCheck(session));
    noun.addSubcommand(
        "repair",
        group("repair", "Mend what a check found.")
            .addSubcommand(new RepoRepairIndex(session))
            .addSubcommand(new RepoRepairPacks(session))
            .addSubcommand(new RepoRepairSnapshots(session)));
    noun.addSubcommand(new RepoCopy(session));
    noun.addSubcommand(
        "key",
        group("key", "Passwords of a repository: no data is written again for a new one.")
            .addSubcommand(new RepoKeyList(session))
            .addSubcommand(new RepoKeyAdd(session))
            .addSubcommand(new RepoKeyRemove(session))
            .addSubcommand(new RepoKeyPasswd(session)));
    noun.addSubcommand(new RepoUnlock(session));
  }
}
