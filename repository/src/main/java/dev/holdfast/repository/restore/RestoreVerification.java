package dev.holdfast.repository.restore;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.index.BlobTable;
import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.posix.OpenFile;
import dev.holdfast.repository.posix.PosixException;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawName;
import dev.holdfast.repository.tree.RawPath;
import dev.holdfast.repository.walk.TreeLoader;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/** Reads restored files back and compares their content with the snapshot's. */
public final class RestoreVerification {

  private static final int BATCH = 4096;

  private final Repository repository;
  private final RestoreOptions options;
  private final RestoreProgress progress;
  private final Predicate<String> kept;
  private final AtomicLong verified = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private final List<PendingFile> waiting = new ArrayList<>();

  /**
   * @param kept paths of files that the restore was told to leave as they are
   */
  public RestoreVerification(
      Repository repository,
      RestoreOptions options,
      RestoreProgress progress,
      Predicate<String> kept) {
    this.repository = repository;
    this.options = options;
    this.progress = progress;
    this.kept = kept;
  }

  /**
   * @param files that were compared and are right
   * @param failed that are not
   */
  public record Outcome(long files, long failed) {}

  public Outcome run(Operation op, Id tree, RawPath target) {
    try (Directory root = Directory.open(target);
        Folders folders = new Folders(root, false);
        Workers workers = new Workers(options.threads())) {
      walk(op, new TreeLoader(repository), folders, workers, folders.root(), tree);
      compare(op, folders, workers);
    }
    return new Outcome(verified.get(), failed.get());
  }

  private void walk(
      Operation op, TreeLoader trees, Folders folders, Workers workers, Folder folder, Id tree) {
    List<Node> below = new ArrayList<>();
    try {
      trees.read(
          op,
          tree,
          node -> {
            RawName name = node.name();
            String path = folder.path + "/" + name;
            if (!name.isSafe()) {
              return; // the restore has refused it and said so
            }
            if (node.type() == NodeType.DIR) {
              below.add(node);
            } else if (node.type() == NodeType.FILE
                && options.part().has(path)
                && !kept.test(path)) {
              waiting.add(new PendingFile(folder, node));
            }
          });
    } catch (Failure.Corrupt e) {
      wrong(folder.path, e.getMessage());
    }
    if (waiting.size() >= BATCH) {
      compare(op, folders, workers);
    }
    for (Node node : below) {
      Folder child = new Folder(folder, node.name(), node);
      boolean wanted = options.part().has(child.path) || options.part().hasBelow(child.path);
      if (wanted && node.subtree() != null) {
        walk(op, trees, folders, workers, child, node.subtree());
      }
    }
  }

  private void compare(Operation op, Folders folders, Workers workers) {
    workers.forEach(
        op,
        waiting,
        file -> {
          try (Folders.Use folder = folders.use(file.folder);
              OpenFile open = folder.directory().read(file.node.name())) {
            compare(file, open);
          } catch (PosixException e) {
            wrong(file.path(), String.valueOf(e.getMessage()));
          }
        });
    waiting.clear();
  }

  private void compare(PendingFile file, OpenFile open) {
    long position = 0;
    for (Id id : file.content()) {
      BlobTable.Location copy = repository.index().find(BlobType.DATA, id);
      int length = copy == null ? 0 : copy.blob().plainLength();
      byte[] buffer = Workers.buffer(length);
      if (copy == null
          || open.read(position, buffer, 0, length) != length
          || !Id.hash(buffer, 0, length).equals(id)) {
        wrong(file.path(), "its content at offset " + position + " is not the snapshot's");
        return;
      }
      position += length;
    }
    if (open.stat().size() != position) {
      wrong(file.path(), "it is longer than in the snapshot");
      return;
    }
    verified.incrementAndGet();
    progress.written(position);
  }

  private void wrong(String path, String why) {
    failed.incrementAndGet();
    progress.failed(path, why);
  }
}
