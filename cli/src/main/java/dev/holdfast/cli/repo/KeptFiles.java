package dev.holdfast.cli.repo;

import dev.holdfast.repository.restore.RestoreProgress;
import dev.holdfast.repository.tree.NodeType;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Remembers which files a restore left as they were, so that verifying passes them over. */
final class KeptFiles implements RestoreProgress {

  private final RestoreProgress next;
  private final Set<String> kept = ConcurrentHashMap.newKeySet();

  KeptFiles(RestoreProgress next) {
    this.next = next;
  }

  boolean has(String path) {
    return kept.contains(path);
  }

  @Override
  public void found(long files, long bytes) {
    next.found(files, bytes);
  }

  @Override
  public void written(long bytes) {
    next.written(bytes);
  }

  @Override
  public void done(String path, NodeType type, long size, Action action) {
    if (action == Action.SKIPPED) {
      kept.add(path);
    }
    next.done(path, type, size, action);
  }

  @Override
  public void failed(String path, String why) {
    kept.add(path);
    next.failed(path, why);
  }

  @Override
  public void warning(String message) {
    next.warning(message);
  }
}
