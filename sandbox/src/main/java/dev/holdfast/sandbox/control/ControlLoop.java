package dev.holdfast.sandbox.control;

import dev.holdfast.sandbox.store.Change;
import dev.holdfast.sandbox.store.ObjectStore;
import dev.holdfast.sandbox.store.Stored;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Hands every change to the controllers, on one virtual thread, as real ones run beside the API. A
 * controller that fails is given the change again, later, as a real one's work queue would.
 */
public final class ControlLoop implements AutoCloseable {

  private static final int ATTEMPTS = 5;
  private static final Duration PAUSE = Duration.ofMillis(200);

  private final LinkedBlockingQueue<Turn> turns = new LinkedBlockingQueue<>();
  private final List<Controller> controllers;
  private final Thread thread;

  /** Turns that are waiting, being taken, or to be taken again later. */
  private final AtomicInteger open = new AtomicInteger();

  /**
   * A change for some controllers.
   *
   * @param attempt from 1
   */
  private record Turn(Change change, List<Controller> controllers, int attempt) {}

  public ControlLoop(ObjectStore store, List<Controller> controllers) {
    this.controllers = List.copyOf(controllers);
    store.onChange(this::add);
    thread = Thread.ofVirtual().name("sandbox-controllers").unstarted(this::run);
  }

  /** Before the start: what an earlier process left is looked at as if it had just come. */
  public void resume(List<Stored> objects) {
    objects.forEach(each -> add(new Change(each.version(), null, each)));
  }

  public void start() {
    thread.start();
  }

  private void add(Change change) {
    open.incrementAndGet();
    turns.add(new Turn(change, controllers, 1));
  }

  /** Whether the controllers have seen every change, and those that they made of it. */
  public boolean settled() {
    return open.get() == 0;
  }

  private void run() {
    try {
      while (true) {
        Turn turn = turns.take();
        for (Controller controller : turn.controllers()) {
          try {
            controller.observe(turn.change());
          } catch (RuntimeException e) {
            failed(turn, controller, e);
          }
        }
        open.decrementAndGet();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the end of the sandbox
    }
  }

  private void failed(Turn turn, Controller controller, RuntimeException e) {
    boolean last = turn.attempt() == ATTEMPTS;
    System.getLogger("dev.holdfast.sandbox")
        .log(
            last ? System.Logger.Level.ERROR : System.Logger.Level.DEBUG,
            controller.getClass().getSimpleName(),
            e);
    if (!last) {
      open.incrementAndGet();
      Turn next = new Turn(turn.change(), List.of(controller), turn.attempt() + 1);
      CompletableFuture.delayedExecutor(
              PAUSE.multipliedBy(turn.attempt()).toMillis(), TimeUnit.MILLISECONDS)
          .execute(() -> turns.add(next));
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
