package dev.holdfast.cli.repo;

import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.snapshot.SavedSnapshot;
import dev.holdfast.repository.snapshot.SnapshotFilter;
import dev.holdfast.repository.snapshot.Snapshots;
import dev.holdfast.repository.tree.RawPath;
import dev.holdfast.repository.walk.TreeLoader;
import dev.holdfast.repository.walk.TreePath;

/**
 * A snapshot that a word of the command line means, and the tree that it means in it.
 *
 * @param tree the root's, or that of the directory after the colon
 */
record ReadSnapshot(SavedSnapshot saved, Id tree, TreeLoader trees) {

  /** Finds the snapshot, then loads the index: in this order what the snapshot needs is in it. */
  static ReadSnapshot of(Operation op, Repository repository, SnapshotFilter filter, String word) {
    Snapshots.Target found = new Snapshots(repository).one(op, filter, word);
    repository.loadIndex(op, null);
    return of(op, repository, found);
  }

  /** What was found, in a repository whose index is loaded. */
  static ReadSnapshot of(Operation op, Repository repository, Snapshots.Target found) {
    TreeLoader trees = new TreeLoader(repository);
    RawPath path = RawPath.of("/" + found.path());
    Id tree = new TreePath(trees).directory(op, found.snapshot().tree(), path);
    return new ReadSnapshot(found.snapshot(), tree, trees);
  }

  /** {@code snapshot 12345678 of [/data] at TIME by user@host}. */
  String describe() {
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
}
