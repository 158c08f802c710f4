package dev.holdfast.cli.repo;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.output.ProgressDisplay;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.copy.CopyProgress;
import dev.holdfast.repository.copy.SnapshotCopy;
import dev.holdfast.repository.lock.HeldLock;
import dev.holdfast.repository.snapshot.SavedSnapshot;
import dev.holdfast.repository.snapshot.Snapshots;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code holdfast repo copy}. */
@Command(
    name = "copy",
    description = {
      "Copy snapshots of --from-repo into --repo, with only what is missing there.",
      "Chunks are copied as they are: for later backups into both, make --repo with: repo init"
          + " --from-repo … --copy-chunker-params."
    })
final class RepoCopy implements Callable<Integer> {

  @Parameters(arity = "0..*", paramLabel = "SNAPSHOT", description = "Only these. Default: all.")
  List<String> names = List.of();

  @Mixin final FromFlags from = new FromFlags();
  @Mixin final FilterFlags filter = new FilterFlags();
  @Mixin final LockFlags locks = new LockFlags();
  @Mixin final WriteFlags write = new WriteFlags();
  @Mixin final RepoFlags flags;

  private final Session session;

  RepoCopy(Session session) {
    this.session = session;
    this.flags = new RepoFlags(session);
  }

  @Override
  public Integer call() {
    Operation op = session.operation();
    Map<String, String> environment = session.console().environment();
    try (OpenRepository source = from.open(session, flags);
        OpenRepository target = flags.open(write::limited)) {
      if (source.repository().config().id().equals(target.repository().config().id())) {
        throw new Failure.Invalid(
            "Source and destination are the same repository", "nothing was copied");
      }
      try (HeldLock _ = locks.shared(source.repository(), session);
          HeldLock _ = locks.of(target.repository(), session).shared(op);
          Report report = new Report()) {
        List<SavedSnapshot> snapshots =
            new Snapshots(source.repository()).find(op, filter.filter(environment), names);
        load(op, source.repository());
        load(op, target.repository());
        int threads = Math.max(2, Runtime.getRuntime().availableProcessors());
        new SnapshotCopy(source.repository(), target.repository(), threads, report)
            .run(op, snapshots, write.packSize(environment), write.level(environment));
      }
    }
    return ExitCode.OK;
  }

  private static void load(Operation op, Repository repository) {
    repository.loadIndex(op, null);
  }

  /** Shows the copy, in restic's words. */
  private final class Report implements CopyProgress, AutoCloseable {

    private final ProgressDisplay display = session.progress();
    private long blobs;
    private long bytes;

    @Override
    public void begins(SavedSnapshot snapshot) {
      say("\n" + describe(snapshot));
      say("  copy started, this may take a while...");
      blobs = 0;
      bytes = 0;
      display.phase("blobs");
    }

    @Override
    public void skipped(SavedSnapshot snapshot, Id there) {
      say("\n" + describe(snapshot));
      say(
          "skipping source snapshot "
              + snapshot.shortId()
              + ", was already copied to snapshot "
              + there.shortText());
    }

    @Override
    public synchronized void found(long more, long size) {
      blobs += more;
      bytes += size;
      display.total(blobs, bytes);
    }

    @Override
    public void copied(long done, long size) {
      display.advance(done, size);
    }

    @Override
    public void saved(SavedSnapshot snapshot, Id there) {
      display.close();
      say(
          "snapshot "
              + there.shortText()
              + " saved, copied from source snapshot "
              + snapshot.shortId());
    }

    private static String describe(SavedSnapshot saved) {
      var snapshot = saved.snapshot();
      return "snapshot "
          + saved.shortId()
          + " of "
          + snapshot.pathsOrEmpty()
          + " at "
          + snapshot.time()
          + " by "
          + snapshot.username()
          + "@"
          + snapshot.hostname();
    }

    private void say(String line) {
      if (!session.global().quiet()) {
        session.out().println(line);
        session.out().flush();
      }
    }

    @Override
    public void close() {
      display.close();
    }
  }
}
