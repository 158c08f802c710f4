package dev.holdfast.cli.repo;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.lock.HeldLock;
import dev.holdfast.repository.prune.Prune;
import dev.holdfast.repository.prune.PruneStats;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code holdfast repo prune}. */
@Command(
    name = "prune",
    description = {
      "Remove data that no snapshot needs any more.",
      "What is needed is found while others use the repository; the removal keeps them out. It may"
          + " be stopped at any time: what is left then, the next prune removes."
    })
final class RepoPrune implements Callable<Integer> {

  @Option(
      names = {"-n", "--dry-run"},
      description = "Change nothing, only say what would be done.")
  boolean dryRun;

  @Mixin final PruneFlags prune = new PruneFlags();
  @Mixin final LockFlags locks = new LockFlags();
  @Mixin final RepoFlags flags;

  private final Session session;

  RepoPrune(Session session) {
    this.session = session;
    this.flags = new RepoFlags(session);
  }

  @Override
  public Integer call() {
    locks.needLockUnless(dryRun);
    Operation op = session.operation();
    try (OpenRepository open = flags.open();
        PruneReport report = new PruneReport(session, flags.json())) {
      Prune run = new Prune(open.repository(), prune.options(), report);
      if (dryRun) {
        try (HeldLock _ = locks.shared(open.repository(), session)) {
          report.print(run.plan(op, Set.of()), true);
        }
        return ExitCode.OK;
      }
      locks.of(open.repository(), session).refuseIfLocked(op);
      run.mark(op);
      try (HeldLock lock = locks.of(open.repository(), session).exclusive(op)) {
        PruneStats stats = run.plan(op, Set.of());
        report.print(stats, false);
        run.run(op, lock);
      }
    }
    return ExitCode.OK;
  }
}
