package dev.holdfast.sandbox.node;

/**
 * Threads that wait for processes. A pipe of a process blocks the thread that carries a virtual
 * one, and a few of them would stop all of a small machine's virtual threads: so these are real.
 */
final class Threads {

  private Threads() {}

  static Thread start(String name, Runnable task) {
    return Thread.ofPlatform().daemon().name("sandbox-" + name).start(task);
  }
}
