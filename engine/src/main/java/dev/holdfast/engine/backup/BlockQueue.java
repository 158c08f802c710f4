package dev.holdfast.engine.backup;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Hands out blocks in their order, but none that needs something which another one has at the time:
 * whoever got a block has what it needs to itself until it is done, so that no pod is frozen while
 * it waits for another one's volume. Thread-safe.
 *
 * @param <N> what blocks need
 */
final class BlockQueue<N> {

  private final List<Block> waiting;
  private final Function<Block, ? extends Collection<N>> needs;
  private final Set<N> taken = new HashSet<>();

  BlockQueue(List<Block> blocks, Function<Block, ? extends Collection<N>> needs) {
    this.waiting = new ArrayList<>(blocks);
    this.needs = needs;
  }

  /** The next block, once there is one that can be worked on; null if there are no more. */
  synchronized @Nullable Block take() throws InterruptedException {
    while (!waiting.isEmpty()) {
      for (Iterator<Block> all = waiting.iterator(); all.hasNext(); ) {
        Block block = all.next();
        Collection<N> needed = needs.apply(block);
        if (needed.stream().noneMatch(taken::contains)) {
          all.remove();
          taken.addAll(needed);
          return block;
        }
      }
      wait();
    }
    return null;
  }

  /** Gives back what a block had. */
  synchronized void done(Block block) {
    taken.removeAll(needs.apply(block));
    notifyAll();
  }

  /** Hands out no more. */
  synchronized void stop() {
    waiting.clear();
    notifyAll();
  }
}
