package dev.holdfast.repository.check;

/** Follows a check. Calls come from several threads. */
public interface CheckProgress {

  /** Sees nothing. */
  CheckProgress SILENT = new CheckProgress() {};

  /** The next step begins, in restic's words. */
  default void step(String words) {}

  /**
   * How much there is to do in this step.
   *
   * @param items snapshots or packs
   * @param bytes 0 where nothing is read
   */
  default void total(long items, long bytes) {}

  default void advance(long items, long bytes) {}

  /** Something is damaged. */
  default void error(String message) {}

  /** Something is untidy, but no data is at risk. */
  default void hint(String message) {}
}
