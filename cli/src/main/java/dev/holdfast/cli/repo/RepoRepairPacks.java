package dev.holdfast.cli.repo;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.model.Failure;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.check.PackRepair;
import dev.holdfast.repository.lock.HeldLock;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code holdfast repo repair packs}. */
@Command(
    name = "packs",
    description = "Save what can be read of damaged packs into new ones, and remove them.")
final class RepoRepairPacks implements Callable<Integer> {

  @Parameters(arity = "1..*", paramLabel = "PACK", description = "Whole ids, as check names them.")
  List<String> names = List.of();

  @Mixin final LockFlags locks = new LockFlags();
  @Mixin final RepoFlags flags;

  private final Session session;

  RepoRepairPacks(Session session) {
    this.session = session;
    this.flags = new RepoFlags(session);
  }

  @Override
  public Integer call() {
    Set<Id> packs = new LinkedHashSet<>();
    for (String name : names) {
      if (!Id.isHex(name)) {
        throw new Failure.Invalid("'" + name + "' is no pack", "give the 64 digits of its id");
      }
      packs.add(Id.parse(name));
    }
    try (OpenRepository open = flags.open();
        HeldLock lock = locks.exclusive(open.repository(), session, false);
        RepairReport report = new RepairReport(session)) {
      open.repository().loadIndex(session.operation(), null);
      PackRepair.Outcome outcome =
          new PackRepair(open.repository(), report).run(session.operation(), packs, lock);
      report.note("saved " + outcome.saved() + " blobs, lost " + outcome.lost());
      if (outcome.lost() > 0) {
        session.say("Now run holdfast repo repair snapshots --forget.");
      }
    }
    return ExitCode.OK;
  }
}
