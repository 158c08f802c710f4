package dev.holdfast.cli.repo;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.check.IndexRepair;
import dev.holdfast.repository.lock.HeldLock;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code holdfast repo repair index}. */
@Command(
    name = "index",
    description = {
      "Build the index anew from the packs that there are.",
      "Packs whose end is damaged cannot be indexed, and are named: the result is then 3."
    })
final class RepoRepairIndex implements Callable<Integer> {

  @Option(names = "--read-all-packs", description = "Believe no index, read every pack's header.")
  boolean readAll;

  @Mixin final LockFlags locks = new LockFlags();
  @Mixin final RepoFlags flags;

  private final Session session;

  RepoRepairIndex(Session session) {
    this.session = session;
    this.flags = new RepoFlags(session);
  }

  @Override
  public Integer call() {
    try (OpenRepository open = flags.open();
        HeldLock lock = locks.exclusive(open.repository(), session, false);
        RepairReport report = new RepairReport(session)) {
      IndexRepair.Outcome outcome =
          new IndexRepair(open.repository(), readAll, report).run(session.operation(), lock);
      report.note("done");
      if (outcome.removed().isEmpty() && outcome.unreadable().isEmpty()) {
        return ExitCode.OK;
      }
      if (!outcome.unreadable().isEmpty()) {
        session.say(
            "What can be read of damaged packs is saved by: holdfast repo repair packs "
                + String.join(" ", outcome.unreadable().stream().map(Id::toString).toList()));
      }
      session.say(
          "What these packs held is lost, unless other packs have it: holdfast repo check says what"
              + " that touches. Then: holdfast repo backup of what is still there, or holdfast repo"
              + " repair snapshots --forget.");
      return outcome.unreadable().isEmpty() ? ExitCode.OK : ExitCode.PARTIAL;
    }
  }
}
