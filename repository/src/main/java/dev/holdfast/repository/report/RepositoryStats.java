package dev.holdfast.repository.report;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.crypto.MasterKey;
import dev.holdfast.repository.index.BlobTable;
import dev.holdfast.repository.snapshot.SavedSnapshot;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.walk.TreeLoader;
import dev.holdfast.repository.walk.TreeWalk;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Sizes of snapshots, counted in restic's four ways. */
public final class RepositoryStats {

  /** What is counted. */
  public enum Mode {
    /** What restoring every snapshot would write. */
    RESTORE_SIZE,
    /** Files of equal content once. */
    FILES_BY_CONTENTS,
    /** Distinct blobs of each file. */
    BLOBS_PER_FILE,
    /** Blobs as they are stored. */
    RAW_DATA
  }

  /**
   * @param size bytes
   * @param files 0 where files are not counted
   * @param blobs 0 where blobs are not counted
   * @param uncompressed bytes of stored blobs without compression; 0 where that is not counted
   * @param compressed stored bytes of the blobs that are compressed
   * @param compressedFrom bytes of these without compression
   */
  public record Outcome(
      long size,
      long files,
      long blobs,
      int snapshots,
      long uncompressed,
      long compressed,
      long compressedFrom) {}

  private final Repository repository;
  private final TreeLoader trees;
  private final Mode mode;
  private final Set<List<Id>> contents = new HashSet<>();
  private final Map<String, Set<Id>> blobsByPath = new HashMap<>();
  private final BlobSet used = new BlobSet();
  private long size;
  private long files;
  private long blobs;

  public RepositoryStats(Repository repository, Mode mode) {
    this.repository = repository;
    this.trees = new TreeLoader(repository);
    this.mode = mode;
  }

  /** Counts the snapshots together. */
  public Outcome run(Operation op, List<SavedSnapshot> snapshots) {
    for (SavedSnapshot snapshot : snapshots) {
      if (mode == Mode.RAW_DATA) {
        collect(op, snapshot.tree());
      } else {
        Set<List<Long>> links = new HashSet<>();
        new TreeWalk(trees, (path, node, parent) -> count(path, node, links))
            .run(op, snapshot.tree());
      }
    }
    return mode == Mode.RAW_DATA
        ? raw(snapshots.size())
        : new Outcome(size, files, blobs, snapshots.size(), 0, 0, 0);
  }

  private boolean count(String path, Node node, Set<List<Long>> links) {
    switch (mode) {
      case RESTORE_SIZE -> {
        files++;
        boolean again =
            node.links() > 1
                && node.type() != NodeType.DIR
                && node.inode() != 0
                && !links.add(List.of(node.inode(), node.deviceId()));
        size += again ? 0 : node.size();
      }
      case FILES_BY_CONTENTS -> {
        if (contents.add(node.content() == null ? List.of() : node.content())) {
          files++;
          size += node.size();
        }
      }
      case BLOBS_PER_FILE -> {
        if (contents.add(node.content() == null ? List.of() : node.content())) {
          blobs(path, node);
        }
      }
      case RAW_DATA -> throw new IllegalStateException("Raw data are counted without walking");
    }
    return true;
  }

  private void blobs(String path, Node node) {
    for (Id id : node.content() == null ? List.<Id>of() : node.content()) {
      Set<Id> known = blobsByPath.get(path);
      if (known == null) {
        known = new HashSet<>();
        blobsByPath.put(path, known);
        files++;
      }
      if (known.add(id)) {
        size += find(BlobType.DATA, id).blob().plainLength();
        blobs++;
      }
    }
  }

  /** All blobs of a tree; each tree is read once, however many snapshots have it. */
  private void collect(Operation op, Id tree) {
    if (used.trees.add(tree)) {
      trees.read(
          op,
          tree,
          node -> {
            if (node.content() != null) {
              used.data.addAll(node.content());
            }
            if (node.subtree() != null) {
              collect(op, node.subtree());
            }
          });
    }
  }

  private Outcome raw(int snapshots) {
    long uncompressed = 0;
    long compressed = 0;
    long compressedFrom = 0;
    for (BlobType type : BlobType.values()) {
      for (Id id : used.of(type)) {
        var blob = find(type, id).blob();
        long plain = blob.plainLength() + (long) MasterKey.OVERHEAD;
        size += blob.length();
        blobs++;
        uncompressed += repository.config().version() > 1 ? plain : 0;
        compressed += blob.compressed() ? blob.length() : 0;
        compressedFrom += blob.compressed() ? plain : 0;
      }
    }
    return new Outcome(size, 0, blobs, snapshots, uncompressed, compressed, compressedFrom);
  }

  private BlobTable.Location find(BlobType type, Id id) {
    BlobTable.Location copy = repository.index().find(type, id);
    if (copy == null) {
      throw new Failure.Corrupt(
          "The " + type.text() + " blob " + id + " is in no index",
          "run repo repair index, then repo check",
          null);
    }
    return copy;
  }
}
