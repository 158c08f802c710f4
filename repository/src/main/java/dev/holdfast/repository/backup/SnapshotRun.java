package dev.holdfast.repository.backup;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.PackWriter;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.chunk.Chunker;
import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.snapshot.Snapshot;
import dev.holdfast.repository.tree.GoTime;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.TreeWriter;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * One backup of a directory into an open repository whose index is loaded: blobs, then index, then
 * the snapshot. A run that is stopped leaves packs that the next one uses.
 */
public final class SnapshotRun {

  private static final Id EMPTY_TREE = Id.hash(new TreeWriter().finish());

  private final Repository repository;
  private final Options options;
  private final BackupProgress progress;

  /**
   * @param paths what the snapshot says it saved: absolute paths
   * @param parent for change detection, or null
   * @param excluded asked for every path below the root
   * @param level zstd level, 0 for none
   * @param threads that read, hash and compress
   * @param connections packs that may be on their way to the store at once
   */
  public record Options(
      List<String> paths,
      @Nullable Id parent,
      List<String> tags,
      Repository.Identity identity,
      BiPredicate<String, NodeType> excluded,
      List<String> excludes,
      boolean withAtime,
      int packSize,
      int level,
      int threads,
      int connections) {

    /** restic's defaults. */
    public static Options of(String path, Repository.Identity identity) {
      int cores = Runtime.getRuntime().availableProcessors();
      return new Options(
          List.of(path),
          null,
          List.of(),
          identity,
          (p, t) -> false,
          List.of(),
          false,
          PackWriter.PACK_SIZE,
          3,
          Math.max(2, cores),
          2);
    }

    public Options withParent(@Nullable Id parent) {
      return new Options(
          paths,
          parent,
          tags,
          identity,
          excluded,
          excludes,
          withAtime,
          packSize,
          level,
          threads,
          connections);
    }
  }

  /**
   * @param failed entries that could not be read: the snapshot is incomplete
   */
  public record Outcome(Id id, Snapshot snapshot, long failed) {}

  public SnapshotRun(Repository repository, Options options, BackupProgress progress) {
    this.repository = repository;
    this.options = options;
    this.progress = progress;
  }

  /** Saves the directory's content; its tree becomes the root of the snapshot. */
  public Outcome run(Operation op, Directory root) {
    Instant start = op.now();
    Counts counts = new Counts(progress);
    @Nullable Snapshot parent =
        options.parent() == null ? null : repository.snapshot(op, options.parent());
    ParentTrees trees = parent == null ? ParentTrees.NONE : new RepositoryTrees(repository);
    try (PackWriter packs =
        new PackWriter(
            op, repository, options.packSize(), options.level(), options.connections())) {
      DirectoryBackup backup =
          new DirectoryBackup(
              packs,
              new Chunker(repository.config().polynomial()),
              trees,
              options.excluded(),
              options.withAtime(),
              counts);
      @Nullable Id before = parent == null ? null : Id.parse(parent.tree());
      Id tree = backup.save(op, root, before, options.threads());
      packs.flush(op);
      Snapshot snapshot = snapshot(op, start, tree, counts, backup, packs);
      Id id = repository.save(op, snapshot);
      return new Outcome(id, snapshot, counts.failed.get());
    }
  }

  private Snapshot snapshot(
      Operation op,
      Instant start,
      Id tree,
      Counts counts,
      DirectoryBackup backup,
      PackWriter packs) {
    if (tree.equals(EMPTY_TREE) && counts.failed.get() > 0) {
      throw new Failure.Invalid("Nothing could be read: no snapshot was made");
    }
    var summary =
        new Snapshot.Summary(
            text(start),
            text(op.now()),
            counts.filesNew.get(),
            counts.filesChanged.get(),
            counts.filesUnmodified.get(),
            counts.dirsNew.get(),
            counts.dirsChanged.get(),
            counts.dirsUnmodified.get(),
            backup.dataBlobs(),
            backup.treesAdded(),
            backup.dataAdded(),
            packs.storedBytes(),
            counts.files(),
            counts.bytes.get());
    return new Snapshot(
        text(start),
        options.parent() == null ? null : options.parent().toString(),
        tree.toString(),
        options.paths(),
        options.identity().hostname(),
        options.identity().username(),
        null,
        null,
        options.excludes(),
        options.tags(),
        null,
        "holdfast",
        summary,
        null);
  }

  private static String text(Instant time) {
    return GoTime.format(OffsetDateTime.ofInstant(time, ZoneId.systemDefault()));
  }

  /** Counts what is reported, and passes it on. */
  private static final class Counts implements BackupProgress {
    private final BackupProgress next;
    final AtomicLong filesNew = new AtomicLong();
    final AtomicLong filesChanged = new AtomicLong();
    final AtomicLong filesUnmodified = new AtomicLong();
    final AtomicLong dirsNew = new AtomicLong();
    final AtomicLong dirsChanged = new AtomicLong();
    final AtomicLong dirsUnmodified = new AtomicLong();
    final AtomicLong bytes = new AtomicLong();
    final AtomicLong failed = new AtomicLong();

    Counts(BackupProgress next) {
      this.next = next;
    }

    long files() {
      return filesNew.get() + filesChanged.get() + filesUnmodified.get();
    }

    @Override
    public void done(String path, boolean directory, long size, Change change) {
      AtomicLong counter =
          switch (change) {
            case NEW -> directory ? dirsNew : filesNew;
            case CHANGED -> directory ? dirsChanged : filesChanged;
            case UNMODIFIED -> directory ? dirsUnmodified : filesUnmodified;
          };
      counter.incrementAndGet();
      bytes.addAndGet(size);
      next.done(path, directory, size, change);
    }

    @Override
    public void failed(String path, String why) {
      failed.incrementAndGet();
      next.failed(path, why);
    }
  }
}
