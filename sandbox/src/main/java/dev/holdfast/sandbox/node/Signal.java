package dev.holdfast.sandbox.node;

import java.time.Duration;

/** Says that something has changed, to whoever waits. */
final class Signal {

  private long count;

  synchronized long count() {
    return count;
  }

  synchronized void give() {
    count++;
    notifyAll();
  }

  /** Waits until there were more signals than seen, or the time is over. */
  synchronized void await(long seen, Duration longest) throws InterruptedException {
    long end = System.nanoTime() + longest.toNanos();
    long left = longest.toMillis();
    while (count <= seen && left > 0) {
      wait(left);
      left = (end - System.nanoTime()) / 1_000_000;
    }
  }
}
