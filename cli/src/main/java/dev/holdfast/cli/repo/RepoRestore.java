package dev.holdfast.cli.repo;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.model.velero.BackupStorageLocation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.lock.HeldLock;
import dev.holdfast.repository.restore.RestoreOptions;
import dev.holdfast.repository.restore.RestorePart;
import dev.holdfast.repository.restore.RestoreProgress;
import dev.holdfast.repository.restore.RestoreRun;
import dev.holdfast.repository.restore.RestoreVerification;
import dev.holdfast.repository.select.PathPatterns;
import dev.holdfast.repository.tree.RawPath;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast repo restore}. */
@Command(
    name = "restore",
    description = {
      "Restore a snapshot, or a part of it, into a directory.",
      "Files that are there keep the blocks that are right. Ends with 3 if something could not be"
          + " restored: each such entry is named."
    })
final class RepoRestore implements Callable<Integer> {

  @Parameters(
      paramLabel = "SNAPSHOT[:DIR]",
      description = "An id, its beginning, or latest; with :DIR only what is in DIR.")
  String snapshot = "";

  @Option(
      names = {"-t", "--target"},
      required = true,
      paramLabel = "DIR",
      description = "Where to; made if it is not there.")
  String target = "";

  @Option(
      names = {"-i", "--include"},
      paramLabel = "PATTERN",
      description = "Only what matches, with all below it; may be repeated.")
  List<String> includes = List.of();

  @Option(
      names = "--iinclude",
      paramLabel = "PATTERN",
      description = "The same, whatever the case.")
  List<String> insensitiveIncludes = List.of();

  @Option(names = "--include-file", paramLabel = "FILE", description = "Patterns, one a line.")
  List<String> includeFiles = List.of();

  @Option(
      names = {"-e", "--exclude"},
      paramLabel = "PATTERN",
      description = "All but what matches; may be repeated.")
  List<String> excludes = List.of();

  @Option(
      names = "--iexclude",
      paramLabel = "PATTERN",
      description = "The same, whatever the case.")
  List<String> insensitiveExcludes = List.of();

  @Option(names = "--exclude-file", paramLabel = "FILE", description = "Patterns, one a line.")
  List<String> excludeFiles = List.of();

  @Option(names = "--sparse", description = "Make holes where the content is zero.")
  boolean sparse;

  @Option(
      names = "--overwrite",
      paramLabel = "WHEN",
      description = "Files that are there: always (default), if-changed, if-newer, never.")
  String overwrite = "always";

  @Option(names = "--delete", description = "Delete what is there and not in the snapshot.")
  boolean delete;

  @Option(
      names = {"-n", "--dry-run"},
      description = "Write nothing, only say what would be done.")
  boolean dryRun;

  @Option(names = "--verify", description = "Read the files back and compare them.")
  boolean verify;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description =
          "Threads that read, decrypt and write. Default: one a core, six more for a bucket, as far"
              + " as --memory has 28m for each.")
  int threads;

  @Mixin final FilterFlags filter = new FilterFlags();
  @Mixin final LockFlags locks = new LockFlags();
  @Mixin final RepoFlags flags;

  /** A range of a pack, a chunk of it as it is stored, and its content. */
  private static final long WORKER = 28 << 20;

  private final Session session;

  RepoRestore(Session session) {
    this.session = session;
    this.flags = new RepoFlags(session);
  }

  @Override
  public Integer call() {
    Operation op = session.operation();
    Map<String, String> environment = session.console().environment();
    RestoreOptions options =
        new RestoreOptions(part(environment), sparse, overwrite(), delete, dryRun, threads());
    RawPath to = RawPath.of(target);
    RestoreWatcher watcher = flags.json() ? new RestoreJson(session) : new RestoreReport(session);
    try (OpenRepository open = flags.openToRead();
        HeldLock _ = locks.shared(open.repository(), session)) {
      Repository repository = open.repository();
      ReadSnapshot read = ReadSnapshot.of(op, repository, filter.filter(environment), snapshot);
      Id tree = read.tree();
      watcher.begins(read, target);
      KeptFiles kept = new KeptFiles(watcher);
      RestoreProgress progress = options.overwrite().keepsFiles() ? kept : watcher;
      RestoreRun.Outcome outcome = new RestoreRun(repository, options, progress).run(op, tree, to);
      watcher.finished(outcome, dryRun);
      long wrong = 0;
      if (verify && !dryRun) {
        watcher.verifying(target);
        var verified =
            new RestoreVerification(repository, options, watcher, kept::has).run(op, tree, to);
        watcher.verified(verified, target);
        wrong = verified.failed();
      }
      return outcome.failed() + wrong > 0 ? ExitCode.PARTIAL : ExitCode.OK;
    }
  }

  /**
   * A bucket's answers are waited for; a directory's come at once, and more threads only collide.
   */
  private int threads() {
    if (threads > 0) {
      return threads;
    }
    boolean directory = flags.place().spec().provider().equals(BackupStorageLocation.DIRECTORY);
    int wanted = Math.max(2, Runtime.getRuntime().availableProcessors()) + (directory ? 0 : 6);
    return HeapRoom.workers(wanted, WORKER);
  }

  private RestorePart part(Map<String, String> environment) {
    return new RestorePart(
        List.of(
            PathPatterns.of(with(includes, includeFiles, environment), false),
            PathPatterns.of(insensitiveIncludes, true)),
        List.of(
            PathPatterns.of(with(excludes, excludeFiles, environment), false),
            PathPatterns.of(insensitiveExcludes, true)));
  }

  private static List<String> with(
      List<String> patterns, List<String> files, Map<String, String> environment) {
    List<String> all = new ArrayList<>(patterns);
    files.forEach(file -> all.addAll(SourceFlags.patterns(file, environment)));
    return all;
  }

  private RestoreOptions.Overwrite overwrite() {
    return switch (overwrite) {
      case "always" -> RestoreOptions.Overwrite.ALWAYS;
      case "if-changed" -> RestoreOptions.Overwrite.IF_CHANGED;
      case "if-newer" -> RestoreOptions.Overwrite.IF_NEWER;
      case "never" -> RestoreOptions.Overwrite.NEVER;
      default ->
          throw new Failure.Invalid(
              "--overwrite " + overwrite, "use always, if-changed, if-newer or never");
    };
  }
}
