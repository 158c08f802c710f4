package dev.holdfast.repository.restore;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.posix.PosixException;
import dev.holdfast.repository.restore.RestoreProgress.Action;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawName;
import dev.holdfast.repository.tree.RawPath;
import dev.holdfast.repository.walk.TreeLoader;
import java.util.concurrent.CompletableFuture;

/**
 * One restore of a tree into a directory, from an open repository whose index is loaded. While one
 * batch of files is filled the next is gathered. Nothing is written outside the target, whatever
 * the tree says and whoever changes the target meanwhile: every entry is reached from the target's
 * handle, name by name, and no link is followed. A restore that was stopped is repeated: what is
 * right already is kept.
 */
public final class RestoreRun {

  private static final int SETGID = 02000;

  private final Repository repository;
  private final RestoreOptions options;
  private final RestoreCounts progress;

  public RestoreRun(Repository repository, RestoreOptions options, RestoreProgress progress) {
    this.repository = repository;
    this.options = options;
    this.progress = new RestoreCounts(progress);
  }

  /**
   * @param files files, directories, links, devices and fifos that are as the snapshot has them
   * @param bytes of files
   * @param skipped entries that were left as they were, or cannot be restored by their nature
   * @param deleted entries that the snapshot does not have
   * @param failed entries that are not or not completely restored
   */
  public record Outcome(long files, long bytes, long skipped, long deleted, long failed) {}

  /**
   * Restores what is in a tree.
   *
   * @param target made if it is not there
   */
  public Outcome run(Operation op, Id tree, RawPath target) {
    if (options.dryRun()) {
      return dryRun(op, tree);
    }
    boolean fresh = makeTarget(target);
    try (Directory root = Directory.open(target);
        Folders folders = new Folders(root, fresh);
        Workers workers = new Workers(options.threads())) {
      Metadata metadata = new Metadata(progress, inherits(root));
      SpecialFiles special = new SpecialFiles(folders, metadata, options, progress);
      try (FileWriter writer = new FileWriter(folders, metadata, options, progress)) {
        ContentRestore content = new ContentRestore(repository, writer, workers);
        var pipeline =
            new Object() {
              CompletableFuture<?> running = CompletableFuture.completedFuture(null);

              void add(Batch batch) {
                Operation.join(running);
                running =
                    op.fork(() -> {
                      finish(op, batch, content, special, folders, metadata);
                      return batch;
                    });
              }
            };
        try {
          new TreeRestore(
                  new TreeLoader(repository), folders, special, options, progress, pipeline::add)
              .run(op, tree);
        } finally {
          Operation.join(pipeline.running);
        }
      }
    }
    return progress.outcome();
  }

  private Outcome dryRun(Operation op, Id tree) {
    try (Directory here = Directory.open(RawPath.of("."));
        Folders folders = new Folders(here, true)) {
      Metadata metadata = new Metadata(progress, false);
      SpecialFiles special = new SpecialFiles(folders, metadata, options, progress);
      new TreeRestore(new TreeLoader(repository), folders, special, options, progress, batch -> {})
          .run(op, tree);
    }
    return progress.outcome();
  }

  private void finish(
      Operation op,
      Batch batch,
      ContentRestore content,
      SpecialFiles special,
      Folders folders,
      Metadata metadata) {
    content.restore(op, batch.files);
    for (Batch.Link link : batch.links) {
      op.check();
      special.link(link);
    }
    for (Folder folder : batch.complete) {
      op.check();
      complete(folder, folders, metadata);
    }
  }

  private void complete(Folder folder, Folders folders, Metadata metadata) {
    try (Folders.Use use = folders.use(folder)) {
      if (folder.node != null) {
        metadata.apply(use.directory().attributes(), folder.node, folder.fresh);
      }
      progress.done(folder.path, NodeType.DIR, 0, Action.RESTORED);
    } catch (PosixException e) {
      progress.failed(folder.path, String.valueOf(e.getMessage()));
    }
  }

  /** Whether what is made in the target gets its group or its default ACL. */
  private static boolean inherits(Directory root) {
    return (root.stat().mode() & SETGID) != 0
        || root.attributes().xattrNames().contains("system.posix_acl_default");
  }

  /** Makes the target and what is above it; links in this path are the user's. */
  private static boolean makeTarget(RawPath target) {
    RawPath path = target.base();
    boolean made = false;
    for (RawName name : target.below()) {
      try (Directory above = Directory.open(path)) {
        above.makeDirectory(name);
        made = true;
      } catch (PosixException e) {
        if (e.errno() != PosixException.EEXIST) {
          throw new Failure.Invalid("The target cannot be made: " + e.getMessage(), null, e);
        }
        made = false;
      }
      path = path.child(name);
    }
    return made;
  }
}
