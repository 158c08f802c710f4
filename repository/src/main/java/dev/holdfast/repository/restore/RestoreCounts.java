package dev.holdfast.repository.restore;

import dev.holdfast.repository.tree.NodeType;
import java.util.concurrent.atomic.LongAdder;

/** Counts what a restore tells, and passes it on. */
final class RestoreCounts implements RestoreProgress {

  private final RestoreProgress next;
  private final LongAdder files = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final LongAdder skipped = new LongAdder();
  private final LongAdder deleted = new LongAdder();
  private final LongAdder failed = new LongAdder();

  RestoreCounts(RestoreProgress next) {
    this.next = next;
  }

  RestoreRun.Outcome outcome() {
    return new RestoreRun.Outcome(
        files.sum(), bytes.sum(), skipped.sum(), deleted.sum(), failed.sum());
  }

  @Override
  public void found(long moreFiles, long moreBytes) {
    next.found(moreFiles, moreBytes);
  }

  @Override
  public void written(long more) {
    next.written(more);
  }

  @Override
  public void done(String path, NodeType type, long size, Action action) {
    switch (action) {
      case RESTORED, UPDATED, UNCHANGED -> {
        files.increment();
        bytes.add(size);
      }
      case SKIPPED -> skipped.increment();
      case DELETED -> deleted.increment();
    }
    next.done(path, type, size, action);
  }

  @Override
  public void failed(String path, String why) {
    failed.increment();
    next.failed(path, why);
  }

  @Override
  public void warning(String message) {
    next.warning(message);
  }
}
