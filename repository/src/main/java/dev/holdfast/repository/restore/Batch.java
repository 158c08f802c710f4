package dev.holdfast.repository.restore;

import dev.holdfast.repository.tree.Node;
import java.util.ArrayList;
import java.util.List;

/**
 * Some of the entries of a snapshot: the memory of a restore is that of two batches, whatever the
 * snapshot holds.
 */
final class Batch {

  private static final int FILES = 16_384;
  private static final int BLOBS = 65_536;

  /** Another name of a file that is restored in this batch or an earlier one. */
  record Link(Folder folder, Node node, PendingFile first) {}

  final List<PendingFile> files = new ArrayList<>();
  final List<Link> links = new ArrayList<>();

  /** Directories of which all entries are in this batch or earlier ones, children first. */
  final List<Folder> complete = new ArrayList<>();

  private int blobs;

  void add(PendingFile file) {
    files.add(file);
    blobs += file.node.content() == null ? 0 : file.node.content().size();
  }

  boolean isFull() {
    return files.size() + links.size() + complete.size() >= FILES || blobs >= BLOBS;
  }
}
