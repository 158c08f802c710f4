package dev.holdfast.cli;

import dev.holdfast.model.Operation;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C and SIGTERM: cancels the operation and gives it time to end cleanly; then the JVM ends
 * with 130 or 143, as it does for these signals.
 */
final class Interrupt implements AutoCloseable {

  /**
   * How long a cancelled run may take to clean up. A second signal cannot shorten it; SIGKILL can.
   */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final CountDownLatch ended = new CountDownLatch(1);
  private final Operation operation;
  private final PrintWriter err;

  Interrupt(Operation operation, PrintWriter err) {
    this.operation = operation;
    this.err = err;
    Runtime.getRuntime().addShutdownHook(new Thread(this::interrupted, "interrupt"));
  }

  private void interrupted() {
    if (ended.getCount() == 0) {
      return;
    }
    operation.cancel("Interrupted");
    try {
      if (!ended.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        err.println("Gave up waiting for a clean end; the same command again picks up from here.");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The command has ended by itself. */
  @Override
  public void close() {
    ended.countDown();
  }
}
