package dev.holdfast.repository.backup;

import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.snapshot.RootTag;
import dev.holdfast.repository.snapshot.Snapshot;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Counts what a backup tells, for the summary, and passes it on. */
public final class BackupCounts implements BackupProgress {

  private final BackupProgress next;
  private final LongAdder filesNew = new LongAdder();
  private final LongAdder filesChanged = new LongAdder();
  private final LongAdder filesUnmodified = new LongAdder();
  private final LongAdder dirsNew = new LongAdder();
  private final LongAdder dirsChanged = new LongAdder();
  private final LongAdder dirsUnmodified = new LongAdder();
  private final LongAdder dataBlobs = new LongAdder();
  private final LongAdder treeBlobs = new LongAdder();
  private final LongAdder added = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private volatile @Nullable RootTag root;

  /**
   * What one part of a backup has done, for the counts of the whole.
   *
   * @param bytes of the files, also of those that were not read
   */
  public record Tally(
      long filesNew,
      long filesChanged,
      long filesUnmodified,
      long dirsNew,
      long dirsChanged,
      long dirsUnmodified,
      long bytes) {}

  public BackupCounts(BackupProgress next) {
    this.next = next;
  }

  /** Files and directories so far. */
  public Tally tally() {
    return new Tally(
        filesNew.sum(),
        filesChanged.sum(),
        filesUnmodified.sum(),
        dirsNew.sum(),
        dirsChanged.sum(),
        dirsUnmodified.sum(),
        bytes.sum());
  }

  /** Adds what was counted elsewhere. */
  public void add(Tally part) {
    filesNew.add(part.filesNew());
    filesChanged.add(part.filesChanged());
    filesUnmodified.add(part.filesUnmodified());
    dirsNew.add(part.dirsNew());
    dirsChanged.add(part.dirsChanged());
    dirsUnmodified.add(part.dirsUnmodified());
    bytes.add(part.bytes());
  }

  /** The directory that is the snapshot's root; null if nobody told. */
  public @Nullable RootTag root() {
    return root;
  }

  /** Entries that could not be read. */
  long failed() {
    return failed.sum();
  }

  /** Files and directories that were saved. */
  long saved() {
    return files() + dirsNew.sum() + dirsChanged.sum() + dirsUnmodified.sum();
  }

  private long files() {
    return filesNew.sum() + filesChanged.sum() + filesUnmodified.sum();
  }

  /**
   * @param stored bytes that were written to the repository's packs
   */
  Snapshot.Summary summary(String start, String end, long stored) {
    return new Snapshot.Summary(
        start,
        end,
        filesNew.sum(),
        filesChanged.sum(),
        filesUnmodified.sum(),
        dirsNew.sum(),
        dirsChanged.sum(),
        dirsUnmodified.sum(),
        dataBlobs.sum(),
        treeBlobs.sum(),
        added.sum(),
        stored,
        files(),
        bytes.sum());
  }

  @Override
  public void read(long size) {
    next.read(size);
  }

  @Override
  public void unread(long size) {
    next.unread(size);
  }

  @Override
  public void added(BlobType type, long size) {
    (type == BlobType.DATA ? dataBlobs : treeBlobs).increment();
    added.add(size);
    next.added(type, size);
  }

  @Override
  public void done(String path, Node node, @Nullable Node old) {
    if (node.type() == NodeType.DIR) {
      (old == null ? dirsNew : sameDirectory(node, old) ? dirsUnmodified : dirsChanged).increment();
    } else {
      (old == null ? filesNew : sameFile(node, old) ? filesUnmodified : filesChanged).increment();
      bytes.add(node.size());
    }
    next.done(path, node, old);
  }

  private static boolean sameDirectory(Node node, Node old) {
    return Objects.equals(node.subtree(), old.subtree()) && sameMetadata(node, old);
  }

  private static boolean sameFile(Node node, Node old) {
    return Objects.equals(node.content(), old.content()) && sameMetadata(node, old);
  }

  private static boolean sameMetadata(Node node, Node old) {
    return node.mode() == old.mode()
        && node.uid() == old.uid()
        && node.gid() == old.gid()
        && node.inode() == old.inode()
        && node.links() == old.links()
        && node.mtime().isEqual(old.mtime())
        && node.ctime().isEqual(old.ctime());
  }

  @Override
  public void root(RootTag directory) {
    root = directory;
    next.root(directory);
  }

  @Override
  public void failed(String path, String why) {
    failed.increment();
    next.failed(path, why);
  }

  @Override
  public void vanished(String path) {
    failed.increment();
    next.vanished(path);
  }

  @Override
  public void changed(String path, String how) {
    next.changed(path, how);
  }
}
