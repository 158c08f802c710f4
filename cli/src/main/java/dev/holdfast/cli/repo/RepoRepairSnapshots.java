package dev.holdfast.cli.repo;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.RepositoryKeys;
import dev.holdfast.repository.check.SnapshotRepair;
import dev.holdfast.repository.lock.HeldLock;
import dev.holdfast.repository.snapshot.SavedSnapshot;
import dev.holdfast.repository.snapshot.Snapshot;
import dev.holdfast.repository.snapshot.SnapshotFilter;
import dev.holdfast.repository.snapshot.Snapshots;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast repo repair snapshots}. */
@Command(
    name = "snapshots",
    description = {
      "Make new snapshots without what is lost. Run repair index before.",
      "A new backup of what is still there is better: it brings lost content back."
    })
final class RepoRepairSnapshots implements Callable<Integer> {

  @Parameters(arity = "0..*", paramLabel = "SNAPSHOT", description = "Only these. Default: all.")
  List<String> names = List.of();

  @Option(
      names = "--forget",
      description =
          "Remove the old snapshots, and the files of named ones that cannot be read at all.")
  boolean forget;

  @Option(
      names = {"-n", "--dry-run"},
      description = "Write nothing, only say what would be done.")
  boolean dryRun;

  @Mixin final FilterFlags filter = new FilterFlags();
  @Mixin final LockFlags locks = new LockFlags();
  @Mixin final RepoFlags flags;

  private final Session session;

  RepoRepairSnapshots(Session session) {
    this.session = session;
    this.flags = new RepoFlags(session);
  }

  @Override
  public Integer call() {
    Operation op = session.operation();
    try (OpenRepository open = flags.open();
        HeldLock lock = locks.exclusive(open.repository(), session, dryRun);
        RepairReport report = new RepairReport(session)) {
      Repository repository = open.repository();
      List<Id> unreadable = new ArrayList<>();
      int changed = 0;
      List<SavedSnapshot> snapshots = snapshots(op, repository, unreadable);
      repository.loadIndex(op, null);
      SnapshotRepair repair = new SnapshotRepair(repository, dryRun, report);
      for (SavedSnapshot snapshot : snapshots) {
        report.note(
            "\nsnapshot "
                + snapshot.shortId()
                + " of "
                + snapshot.snapshot().pathsOrEmpty()
                + " at "
                + snapshot.snapshot().time());
        changed += repair.run(op, snapshot, forget, lock) ? 1 : 0;
      }
      int removed = remove(op, repository, unreadable, lock, report);
      summary(changed + removed, report);
      if (removed < unreadable.size()) {
        Id first = unreadable.getFirst();
        throw new Failure.Corrupt(
            "The snapshot file " + first + " cannot be read",
            "remove it with: holdfast repo repair snapshots --forget " + first,
            null);
      }
    }
    return ExitCode.OK;
  }

  private void summary(int changed, RepairReport report) {
    String what =
        changed == 0 ? "no snapshots were modified" : "modified " + changed + " snapshots";
    String would =
        changed == 0 ? "no snapshots would be modified" : "would modify " + changed + " snapshots";
    report.note("\n" + (dryRun ? would : what));
  }

  private List<SavedSnapshot> snapshots(Operation op, Repository repository, List<Id> unreadable) {
    SnapshotFilter like = filter.filter(session.console().environment());
    List<SavedSnapshot> found = new ArrayList<>();
    for (Id id : Repository.names(op, repository.store(), RepositoryKeys.SNAPSHOTS)) {
      if (!names.isEmpty() && names.stream().noneMatch(name -> meant(id, name))) {
        continue;
      }
      try {
        Snapshot snapshot = repository.snapshot(op, id);
        if (!names.isEmpty() || filter.isEmpty() || like.matches(snapshot)) {
          found.add(new SavedSnapshot(id, snapshot));
        }
      } catch (Failure.Corrupt e) {
        unreadable.add(id);
      }
    }
    if (names.contains(Snapshots.LATEST)) {
      throw new Failure.Invalid("latest is not enough here", "name the snapshots by their ids");
    }
    return found;
  }

  private static boolean meant(Id id, String name) {
    return !name.isEmpty() && id.toString().startsWith(name);
  }

  /** Only what was named goes: a file that cannot be read today may be readable tomorrow. */
  private int remove(
      Operation op,
      Repository repository,
      List<Id> unreadable,
      @Nullable HeldLock lock,
      RepairReport report) {
    int removed = 0;
    for (Id id : unreadable) {
      if (forget && names.stream().anyMatch(name -> meant(id, name))) {
        removed++;
        if (dryRun || lock == null) {
          report.note("would remove unreadable snapshot " + id);
          continue;
        }
        lock.check();
        repository.store().delete(op, RepositoryKeys.SNAPSHOTS + id);
        report.note("removed unreadable snapshot " + id);
      }
    }
    return removed;
  }
}
