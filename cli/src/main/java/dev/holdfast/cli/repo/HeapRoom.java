package dev.holdfast.cli.repo;

/**
 * How many workers fit in the heap that {@code --memory} sets: each holds the longest chunk of a
 * file several times, and a machine with many cores has no more memory for that.
 */
final class HeapRoom {

  /** For the index, trees and everything else, in a small repository. */
  private static final long REST = 32 << 20;

  private HeapRoom() {}

  /**
   * As many as wanted, or as fit; at least one.
   *
   * @param each bytes that a worker needs at most
   */
  static int workers(int wanted, long each) {
    return workers(wanted, each, Runtime.getRuntime().maxMemory());
  }

  static int workers(int wanted, long each, long heap) {
    return (int) Math.max(1, Math.min(wanted, (heap - REST) / each));
  }
}
