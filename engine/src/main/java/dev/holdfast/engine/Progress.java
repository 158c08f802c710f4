package dev.holdfast.engine;

/**
 * Hears how a run gets on: the command draws bars from it, a server writes status, metrics count.
 * Called by many threads at once; must return quickly and not throw.
 */
public interface Progress {

  /** Hears nothing. */
  Progress SILENT = new Progress() {};

  /** A stage begins: one word or two, lower case, such as {@code collect}. Counts start again. */
  default void phase(String name) {}

  /**
   * How much the current phase will do, as far as it is known now; may be called again.
   *
   * @param bytes 0 where bytes are not counted
   */
  default void total(long items, long bytes) {}

  /** How much more is done since the last call. */
  default void advance(long items, long bytes) {}

  /** One sentence for the user about what the run waits for; it is in no result. */
  default void note(String message) {}

  /** One sentence for the user; it is in the results too. */
  default void warning(String message) {}

  /** One sentence for the user; it is in the results too, and the run ends partial or failed. */
  default void error(String message) {}
}
