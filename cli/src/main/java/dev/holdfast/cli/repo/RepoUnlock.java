package dev.holdfast.cli.repo;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code holdfast repo unlock}. */
@Command(
    name = "unlock",
    description = "Remove locks that nobody holds: 30 minutes old, or of a process that is gone.")
final class RepoUnlock implements Callable<Integer> {

  @Option(
      names = "--remove-all",
      description = "Remove every lock, also of what still runs: only if nothing does.")
  boolean all;

  @Mixin final RepoFlags flags;

  private final Session session;

  RepoUnlock(Session session) {
    this.session = session;
    this.flags = new RepoFlags(session);
  }

  @Override
  public Integer call() {
    try (OpenRepository open = flags.open()) {
      int removed = new LockFlags().of(open.repository(), session).unlock(session.operation(), all);
      if (removed > 0) {
        session.say("successfully removed " + removed + " locks");
      }
    }
    return ExitCode.OK;
  }
}
