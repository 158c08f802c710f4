package dev.holdfast.cli.repo;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.check.CheckOutcome;
import dev.holdfast.repository.check.PackSubset;
import dev.holdfast.repository.check.RepositoryCheck;
import dev.holdfast.repository.lock.HeldLock;
import dev.holdfast.repository.snapshot.SavedSnapshot;
import dev.holdfast.repository.snapshot.SnapshotFilter;
import dev.holdfast.repository.snapshot.Snapshots;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast repo check}. */
@Command(
    name = "check",
    description = {
      "Check a repository: index, packs and trees; with --read-data every byte.",
      "Ends with 5 if anything is damaged: the snapshots and files that it touches are named."
    })
final class RepoCheck implements Callable<Integer> {

  @Parameters(
      arity = "0..*",
      paramLabel = "SNAPSHOT",
      description = "Only what these need. Default: the whole repository.")
  List<String> names = List.of();

  @Option(names = "--read-data", description = "Read every pack.")
  boolean readData;

  @Option(
      names = "--read-data-subset",
      paramLabel = "PART",
      description =
          "Read group n of t, 'n/t', of all packs; or a random part: '2.5%%' or a size, '10G'.")
  @Nullable String subset;

  @Option(names = "--with-cache", hidden = true, description = "For restic's sake: there is none.")
  boolean withCache;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description =
          "Threads that read and hash. Default: one a core, and one more, as far as --memory has"
              + " 34m for each.")
  int threads;

  @Mixin final FilterFlags filter = new FilterFlags();
  @Mixin final LockFlags locks = new LockFlags();
  @Mixin final RepoFlags flags;

  /** What was read of a pack, a chunk of it as it is stored, and its content. */
  private static final long WORKER = 34 << 20;

  private final Session session;

  RepoCheck(Session session) {
    this.session = session;
    this.flags = new RepoFlags(session);
  }

  @Override
  public Integer call() {
    PackSubset packs = subset();
    Operation op = session.operation();
    CheckWatcher watcher = flags.json() ? new CheckJson(session) : new CheckReport(session);
    try (OpenRepository open = flags.openToRead();
        HeldLock _ = lock(open.repository(), watcher)) {
      int wanted = Runtime.getRuntime().availableProcessors() + 1;
      int workers = threads > 0 ? threads : HeapRoom.workers(wanted, WORKER);
      CheckOutcome outcome =
          new RepositoryCheck(open.repository(), packs, workers, watcher)
              .run(op, wanted(op, open.repository()));
      watcher.finished(outcome);
      return outcome.intact() ? ExitCode.OK : ExitCode.DAMAGED;
    }
  }

  private @Nullable HeldLock lock(Repository repository, CheckWatcher watcher) {
    if (locks.noLock) {
      return null;
    }
    watcher.step("create exclusive lock for repository");
    return locks.of(repository, session).exclusive(session.operation());
  }

  /** Null for everything. */
  private @Nullable Predicate<SavedSnapshot> wanted(Operation op, Repository repository) {
    SnapshotFilter like = filter.filter(session.console().environment());
    if (!names.isEmpty()) {
      Set<Id> ids =
          new Snapshots(repository)
              .find(op, like, names).stream().map(SavedSnapshot::id).collect(Collectors.toSet());
      return saved -> ids.contains(saved.id());
    }
    return filter.isEmpty() ? null : saved -> like.matches(saved.snapshot());
  }

  private PackSubset subset() {
    if (subset == null) {
      return readData ? new PackSubset.All() : new PackSubset.None();
    }
    if (readData) {
      throw new Failure.Invalid(
          "check flags --read-data and --read-data-subset cannot be used together", "use one");
    }
    return part(subset);
  }

  /** {@code n/t}, {@code x%}, or a size. */
  static PackSubset part(String text) {
    try {
      int slash = text.indexOf('/');
      if (slash >= 0) {
        int number = Integer.parseInt(text.substring(0, slash));
        int groups = Integer.parseInt(text.substring(slash + 1));
        if (number < 1 || number > groups || groups > 256) {
          throw wrong(text);
        }
        return new PackSubset.Group(number, groups);
      }
      if (text.endsWith("%")) {
        double percent = Double.parseDouble(text.substring(0, text.length() - 1));
        if (!(percent > 0 && percent <= 100)) {
          throw wrong(text);
        }
        return new PackSubset.Percent(percent);
      }
    } catch (NumberFormatException e) {
      throw wrong(text);
    }
    long bytes = Sizes.parse("--read-data-subset", text);
    if (bytes == 0) {
      throw wrong(text);
    }
    return new PackSubset.Bytes(bytes);
  }

  private static Failure.Invalid wrong(String text) {
    return new Failure.Invalid(
        "--read-data-subset " + text + " is no part of the packs",
        "n/t with 1 <= n <= t <= 256, a percentage above 0% and at most 100%, or a size");
  }
}
