package dev.holdfast.sandbox.control;

import dev.holdfast.sandbox.store.Change;
import dev.holdfast.sandbox.store.ObjectStore;
import dev.holdfast.sandbox.store.Stored;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Hands every change to the controllers, on one virtual thread, as real ones run beside the API.
 */
public final class ControlLoop implements AutoCloseable {

  private final LinkedBlockingQueue<Change> changes = new LinkedBlockingQueue<>();
  private final List<Controller> controllers;
  private final Thread thread;

  public ControlLoop(ObjectStore store, List<Controller> controllers) {
    this.controllers = List.copyOf(controllers);
    store.onChange(changes::add);
    thread = Thread.ofVirtual().name("sandbox-controllers").unstarted(this::run);
  }

  /** Before the start: what an earlier process left is looked at as if it had just come. */
  public void resume(List<Stored> objects) {
    objects.forEach(each -> changes.add(new Change(each.version(), null, each)));
  }

  public void start() {
    thread.start();
  }

  private void run() {
    try {
      while (true) {
        Change change = changes.take();
        for (Controller controller : controllers) {
          try {
            controller.observe(change);
          } catch (RuntimeException e) {
            System.getLogger("dev.holdfast.sandbox")
                .log(System.Logger.Level.ERROR, controller.getClass().getSimpleName(), e);
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the end of the sandbox
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
