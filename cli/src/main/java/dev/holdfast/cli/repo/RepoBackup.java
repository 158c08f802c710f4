package dev.holdfast.cli.repo;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.backup.BackupOptions;
import dev.holdfast.repository.backup.Comparison;
import dev.holdfast.repository.backup.SnapshotRun;
import dev.holdfast.repository.backup.TargetScan;
import dev.holdfast.repository.backup.Targets;
import dev.holdfast.repository.lock.HeldLock;
import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.posix.PosixException;
import dev.holdfast.repository.snapshot.SavedSnapshot;
import dev.holdfast.repository.snapshot.SnapshotFilter;
import dev.holdfast.repository.snapshot.SnapshotGroup;
import dev.holdfast.repository.snapshot.Snapshots;
import dev.holdfast.repository.tree.RawPath;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast repo backup}. */
@Command(
    name = "backup",
    description = {
      "Save files and directories as a new snapshot.",
      "Ends with 3 if something could not be read: the snapshot then holds the rest."
    })
final class RepoBackup implements Callable<Integer> {

  @Parameters(
      arity = "0..*",
      paramLabel = "PATH",
      description = "What is saved; '.' saves the content of the current directory as the root.")
  List<String> paths = List.of();

  @Mixin final SourceFlags source = new SourceFlags();

  @Option(names = "--stdin", description = "Save standard input as a file.")
  boolean stdin;

  @Option(
      names = "--stdin-from-command",
      description = "Save what a command prints, the arguments, if it ends with 0.")
  boolean stdinFromCommand;

  @Option(
      names = "--stdin-filename",
      paramLabel = "NAME",
      description = "The name of that file. Default: ${DEFAULT-VALUE}.")
  String stdinFilename = "stdin";

  @Option(
      names = "--tag",
      paramLabel = "TAG[,TAG...]",
      description = "Tags of the snapshot; may be repeated.")
  List<String> tags = List.of();

  @Option(
      names = {"-H", "--host"},
      paramLabel = "HOST",
      description = "Host name of the snapshot. Default: $$RESTIC_HOST, this machine's.")
  @Nullable String host;

  @Option(
      names = "--time",
      paramLabel = "TIME",
      description = "Time of the snapshot, '2006-01-02 15:04:05'. Default: now.")
  @Nullable String time;

  @Option(
      names = "--parent",
      paramLabel = "SNAPSHOT",
      description = "Files unchanged since it are not read. Default: the newest of host and paths.")
  @Nullable String parent;

  @Option(
      names = {"-g", "--group-by"},
      paramLabel = "host,paths,tags",
      description = "What a parent must agree in. Default: ${DEFAULT-VALUE}.")
  String groupBy = "host,paths";

  @Option(
      names = {"-f", "--force"},
      description = "Read all files.")
  boolean force;

  @Option(names = "--ignore-ctime", description = "A changed ctime alone is no change.")
  boolean ignoreCtime;

  @Option(names = "--ignore-inode", description = "Nor is a changed inode or ctime.")
  boolean ignoreInode;

  @Option(names = "--with-atime", description = "Keep access times.")
  boolean withAtime;

  @Option(
      names = "--skip-if-unchanged",
      description = "Make no snapshot that would equal its parent.")
  boolean skipIfUnchanged;

  @Option(
      names = {"-n", "--dry-run"},
      description = "Write nothing, only say what would be done.")
  boolean dryRun;

  @Option(names = "--no-scan", description = "Do not count beforehand: no time left is shown.")
  boolean noScan;

  @Option(
      names = "--read-concurrency",
      paramLabel = "N",
      description = "Threads that read, hash and compress. Default: one a core, at least 2.")
  int readConcurrency;

  @Mixin final LockFlags locks = new LockFlags();
  @Mixin final WriteFlags write = new WriteFlags();
  @Mixin final RepoFlags flags;

  private final Session session;

  RepoBackup(Session session) {
    this.session = session;
    this.flags = new RepoFlags(session);
  }

  @Override
  public Integer call() {
    boolean stream = stdin || stdinFromCommand;
    refuseContradictions(stream);
    locks.needLockUnless(dryRun);
    try (OpenRepository open = flags.open(write::limited);
        HeldLock _ = locks.shared(open.repository(), session)) {
      BackupWatcher watcher = flags.json() ? new BackupJson(session) : new BackupReport(session);
      SnapshotRun.Outcome outcome =
          stream ? saveStream(open.repository(), watcher) : savePaths(open.repository(), watcher);
      watcher.finished(outcome, dryRun);
      return outcome.failed() > 0 ? ExitCode.PARTIAL : ExitCode.OK;
    }
  }

  private void refuseContradictions(boolean stream) {
    if (stream && source.namesFiles()) {
      throw new Failure.Invalid("--stdin and --files-from cannot be used together");
    }
    if (stdin && !paths.isEmpty()) {
      throw new Failure.Invalid(
          "--stdin was given, and paths too", "use --stdin-from-command to run a command");
    }
    if (stdinFromCommand && paths.isEmpty()) {
      throw new Failure.Invalid("--stdin-from-command needs a command");
    }
  }

  private SnapshotRun.Outcome saveStream(Repository repository, BackupWatcher watcher) {
    RawPath name = RawPath.of("/" + stdinFilename);
    if (name.names().isEmpty()) {
      throw new Failure.Invalid("--stdin-filename " + stdinFilename + " is no name");
    }
    Operation op = session.operation();
    repository.loadIndex(op, null);
    SnapshotRun run = new SnapshotRun(repository, options(List.of(name), null), watcher);
    if (stdin) {
      return run.run(op, name, session.console().bytes().in());
    }
    return CommandStream.saved(op, paths, stream -> run.run(op, name, stream));
  }

  private SnapshotRun.Outcome savePaths(Repository repository, BackupWatcher watcher) {
    Operation op = session.operation();
    RawPath current = RawPath.of(Path.of("").toAbsolutePath().toString());
    List<RawPath> named = source.targets(paths, session.console().bytes().in());
    if (named.isEmpty()) {
      throw new Failure.Invalid("Nothing to save: no path was given", "for example: repo backup .");
    }
    List<RawPath> targets = new ArrayList<>();
    for (RawPath target : named) {
      if (exists(target)) {
        targets.add(target);
      } else {
        watcher.failed(target.toString(), "it does not exist");
      }
    }
    if (targets.isEmpty()) {
      throw new Failure.Absent("Nothing to save: none of the paths exists");
    }
    List<RawPath> absolute = targets.stream().map(path -> path.in(current)).toList();
    Id base = parent(repository, absolute);
    if (!flags.json()) {
      session.say(
          base == null
              ? "no parent snapshot found, will read all files"
              : "using parent snapshot " + base.shortText());
    }
    repository.loadIndex(op, null);
    BackupOptions options = options(absolute, base);
    Operation scanning = op;
    if (!noScan && watcher.wantsTotals()) {
      TargetScan scan = new TargetScan(options.selection(), watcher);
      Thread.ofPlatform().daemon().start(() -> scanQuietly(scan, scanning, targets, current));
    }
    SnapshotRun run = new SnapshotRun(repository, options, watcher);
    SnapshotRun.Outcome outcome = run.run(op, Targets.of(targets), current);
    int absent = named.size() - targets.size();
    return new SnapshotRun.Outcome(outcome.id(), outcome.snapshot(), outcome.failed() + absent);
  }

  private static void scanQuietly(
      TargetScan scan, Operation op, List<RawPath> targets, RawPath current) {
    try {
      scan.run(op, targets, current);
    } catch (RuntimeException | Error e) {
      // It only counts ahead; the backup meets the same, and says so.
    }
  }

  private static boolean exists(RawPath target) {
    if (target.names().isEmpty() || target.below().isEmpty()) {
      return true;
    }
    try (Directory directory = Directory.open(target.parent())) {
      return directory.stat(target.names().getLast()).mode() != 0;
    } catch (PosixException e) {
      return false;
    }
  }

  private @Nullable Id parent(Repository repository, List<RawPath> absolute) {
    if (force) {
      return null;
    }
    Operation op = session.operation();
    SnapshotGroup.By by = SnapshotGroup.By.parse(groupBy);
    List<String> texts = absolute.stream().map(RawPath::toString).toList();
    SnapshotFilter like =
        new SnapshotFilter(
            by.host() ? List.of(identity().hostname()) : List.of(),
            by.tags() ? List.of(flatTags()) : List.of(),
            by.paths() ? texts : List.of());
    Snapshots snapshots = new Snapshots(repository);
    if (parent != null) {
      return snapshots.one(op, like, parent).snapshot().id();
    }
    Instant limit = time == null ? op.now() : parse(time);
    return snapshots.latest(op, like, limit).map(SavedSnapshot::id).orElse(null);
  }

  private BackupOptions options(List<RawPath> absolute, @Nullable Id base) {
    Map<String, String> environment = session.console().environment();
    int cores = Runtime.getRuntime().availableProcessors();
    return new BackupOptions.Builder(absolute.stream().map(RawPath::toString).toList(), identity())
        .time(time == null ? null : parse(time))
        .parent(base)
        .tags(flatTags())
        .selection(source.selection(environment), source.record(environment))
        .comparison(new Comparison(!ignoreCtime && !ignoreInode, !ignoreInode))
        .withAtime(withAtime)
        .program("holdfast " + Session.version())
        .packs(write.packSize(environment), write.level(environment))
        .parallel(readConcurrency > 0 ? readConcurrency : Math.max(2, cores), 2)
        .dryRun(dryRun)
        .skipIfUnchanged(skipIfUnchanged)
        .build();
  }

  private Repository.Identity identity() {
    return Identities.of(host, session.console().environment());
  }

  private List<String> flatTags() {
    return SnapshotFilter.tagLists(tags).stream()
        .flatMap(List::stream)
        .filter(tag -> !tag.isEmpty())
        .toList();
  }

  private static Instant parse(String time) {
    try {
      return LocalDateTime.parse(time, SnapshotTable.TIME)
          .atZone(ZoneId.systemDefault())
          .toInstant();
    } catch (DateTimeException e) {
      throw new Failure.Invalid("--time " + time + " is not '2006-01-02 15:04:05'", null, e);
    }
  }
}
