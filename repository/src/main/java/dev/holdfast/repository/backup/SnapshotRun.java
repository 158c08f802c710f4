package dev.holdfast.repository.backup;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobSink;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.PackWriter;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.chunk.Chunker;
import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.posix.ThisProcess;
import dev.holdfast.repository.snapshot.RootTag;
import dev.holdfast.repository.snapshot.Snapshot;
import dev.holdfast.repository.tree.GoTime;
import dev.holdfast.repository.tree.RawPath;
import java.io.InputStream;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One backup into an open repository whose index is loaded: blobs, then index, then the snapshot. A
 * run that is stopped leaves packs that the next one uses.
 */
public final class SnapshotRun {

  private final Repository repository;
  private final BackupOptions options;
  private final BackupProgress progress;

  /**
   * @param id null where no snapshot was made: a dry run, or nothing changed
   * @param failed entries that could not be read: the snapshot is incomplete
   */
  public record Outcome(@Nullable Id id, Snapshot snapshot, long failed) {}

  public SnapshotRun(Repository repository, BackupOptions options, BackupProgress progress) {
    this.repository = repository;
    this.options = options;
    this.progress = progress;
  }

  /**
   * Saves the directory's content; its tree becomes the root of the snapshot.
   *
   * @param source the directory's absolute path, which patterns are tested against
   */
  public Outcome run(Operation op, Directory root, RawPath source) {
    return run(
        op,
        (sink, counts, before) ->
            walk(op, sink, counts).save(op, root, source, before, options.threads()));
  }

  /**
   * Saves the targets with what is above them, as restic does.
   *
   * @param current the current directory, absolute
   */
  public Outcome run(Operation op, Targets targets, RawPath current) {
    return run(
        op,
        (sink, counts, before) ->
            walk(op, sink, counts).save(op, targets, current, before, options.threads()));
  }

  /** Saves a stream as a file; there is no parent. */
  public Outcome run(Operation op, RawPath name, InputStream stream) {
    return run(op, name, stream, () -> {});
  }

  /**
   * Saves a stream as a file; there is no parent.
   *
   * @param proof asked once the stream has ended and before there is a snapshot: fails if the end
   *     is not the true one
   */
  public Outcome run(Operation op, RawPath name, InputStream stream, Runnable proof) {
    return run(
        op,
        (sink, counts, before) -> {
          Id tree =
              new StreamBackup(sink, chunker(), time(op), counts)
                  .save(op, name, stream, options.threads());
          proof.run();
          return tree;
        });
  }

  /**
   * Saves what a tar stream holds; its top becomes the root of the snapshot.
   *
   * @param proof asked once the stream has ended and before there is a snapshot: fails if the end
   *     is not the true one
   */
  public Outcome runTar(Operation op, InputStream tar, Runnable proof) {
    return run(
        op,
        (sink, counts, before) -> {
          Id tree = new TarBackup(sink, chunker(), counts).save(op, tar, options.threads());
          proof.run();
          return tree;
        });
  }

  /** Walks, reads and hands on, wherever that may be. */
  @FunctionalInterface
  public interface Saving {

    /**
     * Saves everything.
     *
     * @param counts is told what is done
     * @param before the root tree of the parent snapshot, or null
     * @return the id of the root tree
     */
    Id save(BlobSink sink, BackupCounts counts, @Nullable Id before);
  }

  /** Makes a snapshot of what is saved here or elsewhere. */
  public Outcome run(Operation op, Saving saving) {
    Instant start = op.now();
    BackupCounts counts = new BackupCounts(progress);
    @Nullable Id before =
        options.parent() == null
            ? null
            : Id.parse(repository.snapshot(op, options.parent()).tree());
    if (options.dryRun()) {
      Id tree = saving.save(new DryRun(repository), counts, before);
      return new Outcome(null, snapshot(op, start, tree, counts, 0), counts.failed());
    }
    try (PackWriter packs =
        new PackWriter(
            op, repository, options.packSize(), options.level(), options.connections())) {
      Id tree = saving.save(packs, counts, before);
      packs.flush(op);
      Snapshot snapshot = snapshot(op, start, tree, counts, packs.storedBytes());
      boolean unchanged = options.skipIfUnchanged() && tree.equals(before);
      return new Outcome(
          unchanged ? null : repository.save(op, snapshot), snapshot, counts.failed());
    }
  }

  private DirectoryBackup walk(Operation op, BlobSink sink, BackupCounts counts) {
    op.check();
    return new DirectoryBackup(
        sink,
        chunker(),
        options.parent() == null ? ParentTrees.NONE : new RepositoryTrees(repository),
        options.selection(),
        options.comparison(),
        options.withAtime(),
        counts);
  }

  private Chunker chunker() {
    return new Chunker(repository.config().polynomial());
  }

  private Instant time(Operation op) {
    return options.time() == null ? op.now() : options.time();
  }

  private Snapshot snapshot(
      Operation op, Instant start, Id tree, BackupCounts counts, long storedBytes) {
    if (counts.saved() == 0 && counts.failed() > 0) {
      throw new Failure.Invalid("Nothing could be read: no snapshot was made");
    }
    long uid = Integer.toUnsignedLong(ThisProcess.uid());
    long gid = Integer.toUnsignedLong(ThisProcess.gid());
    return new Snapshot(
        text(options.time() == null ? start : options.time()),
        options.parent() == null ? null : options.parent().toString(),
        tree.toString(),
        options.paths(),
        options.identity().hostname(),
        options.identity().username(),
        uid == 0 ? null : uid,
        gid == 0 ? null : gid,
        options.excludes(),
        tags(counts.root()),
        null,
        options.program(),
        counts.summary(text(start), text(op.now()), storedBytes),
        null);
  }

  private List<String> tags(@Nullable RootTag root) {
    return root == null
        ? options.tags()
        : Stream.concat(options.tags().stream(), Stream.of(root.toString())).toList();
  }

  private static String text(Instant time) {
    return GoTime.format(OffsetDateTime.ofInstant(time, ZoneId.systemDefault()));
  }
}
