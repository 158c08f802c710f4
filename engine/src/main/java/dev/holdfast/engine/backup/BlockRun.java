package dev.holdfast.engine.backup;

import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.hook.Hook;
import dev.holdfast.engine.hook.HookRunner;
import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Operation;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The fifth stage, block by block: what can be done before, pre hooks, the volumes, post hooks. CSI
 * snapshots are moved or kept when the block has thawed again, for they hold what they hold. Post
 * hooks always run once a pre hook was started, after a failure and after a cancellation too; what
 * they are is written down before, so that the next run can make up for one that was killed.
 */
final class BlockRun {

  private final HookRunner runner;
  private final OpenHooks open;
  private final PodVolumes volumes;
  private final CsiSnapshots snapshots;
  private final Findings findings;
  private final Set<ItemKey> excluded = ConcurrentHashMap.newKeySet();
  private final AtomicInteger attempted = new AtomicInteger();
  private final AtomicInteger failed = new AtomicInteger();

  BlockRun(
      Cluster cluster,
      OpenHooks open,
      PodVolumes volumes,
      CsiSnapshots snapshots,
      Findings findings) {
    this.snapshots = snapshots;
    this.runner = new HookRunner(cluster);
    this.open = open;
    this.volumes = volumes;
    this.findings = findings;
  }

  /** Pods that are not stored, because a pre hook failed whose onError is Fail. */
  Set<ItemKey> excluded() {
    return excluded;
  }

  int attempted() {
    return attempted.get();
  }

  int failed() {
    return failed.get();
  }

  /**
   * Works on all blocks.
   *
   * @param parallel how many at a time
   * @param progress told of each
   */
  void run(Operation op, List<Block> blocks, MoverShares shares, int parallel, Progress progress) {
    var queue = new BlockQueue<>(blocks, shares::of);
    op.forEach(
        IntStream.range(0, parallel).iterator(),
        parallel,
        _ -> {
          for (Block block = queue.take(); block != null; block = queue.take()) {
            boolean done = false;
            try {
              run(op, block);
              shares.done(block);
              progress.advance(1, 0);
              done = true;
            } finally {
              queue.done(block);
              if (!done) {
                queue.stop();
              }
            }
          }
        });
  }

  private void run(Operation op, Block block) {
    volumes.prepare(op, block);
    List<CsiSnapshots.Taken> taken = new ArrayList<>();
    try {
      frozen(op, block, taken);
    } catch (RuntimeException | Error e) {
      snapshots.abandon(taken);
      throw e;
    }
    snapshots.finish(op, taken);
  }

  /** From the first pre hook to the last post hook. */
  private void frozen(Operation op, Block block, List<CsiSnapshots.Taken> taken) {
    OpenHooks.Entry note = open.begin(op, block);
    // Not under op, which may be cancelled: each has its own time-out.
    Operation thaw = Operation.start(op.clock(), op.random());
    try (OpenHooks.Entry _ = () -> thaw(thaw, block, note)) {
      for (Block.Pod pod : block.pods()) {
        if (!all(op, pod, pod.pre())) {
          var _ = excluded.add(pod.key());
          findings.error(
              Findings.About.item(pod.key()),
              "is not in the backup, because a pre hook failed whose onError is Fail");
        }
      }
      if (block.pods().stream().anyMatch(pod -> excluded.contains(pod.key()))) {
        block.snapshots().forEach(snapshots::leave);
      } else {
        snapshots.take(op, block.snapshots(), taken);
      }
      for (Block.Pod pod : block.pods()) {
        if (!excluded.contains(pod.key())) {
          pod.volumes().forEach(task -> volumes.save(op, task));
        } else {
          pod.volumes().forEach(volumes::leave);
        }
      }
    }
  }

  /**
   * Runs the post hooks of every pod, whatever those of others end with. Where some did not run to
   * their end the note stays, and the next run makes up for them.
   */
  private void thaw(Operation op, Block block, OpenHooks.Entry note) {
    @Nullable Throwable broken = null;
    for (Block.Pod pod : block.pods()) {
      try {
        var _ = all(op, pod, pod.post());
      } catch (RuntimeException | Error e) {
        broken = broken == null ? e : broken;
      }
    }
    Operation.rethrow(broken);
    note.close();
  }

  /** False if one failed that stops the others. */
  private boolean all(Operation op, Block.Pod pod, Iterable<Hook> hooks) {
    for (Hook hook : hooks) {
      if (!one(op, pod, hook) && hook.stopsOnError()) {
        return false;
      }
    }
    return true;
  }

  private boolean one(Operation op, Block.Pod pod, Hook hook) {
    Findings.About about = Findings.About.item(pod.key());
    attempted.incrementAndGet();
    HookRunner.Outcome outcome;
    try {
      outcome = runner.run(op, pod.key().namespace(), pod.key().name(), pod.container(), hook);
    } catch (Failure.Cancelled e) {
      failed.incrementAndGet();
      throw e;
    }
    if (!outcome.output().isBlank()) {
      findings.info(about, hook.name() + " wrote: " + outcome.output().strip());
    }
    if (outcome.succeeded()) {
      findings.info(about, hook.name() + " has run");
      return true;
    }
    failed.incrementAndGet();
    findings.error(about, hook.name() + " failed: " + outcome.problem());
    return false;
  }
}
