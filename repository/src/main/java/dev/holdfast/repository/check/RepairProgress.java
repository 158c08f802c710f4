package dev.holdfast.repository.check;

/** Follows a repair. Calls come from several threads. */
public interface RepairProgress {

  /** Sees nothing. */
  RepairProgress SILENT = new RepairProgress() {};

  /** The next step begins, in restic's words. */
  default void step(String words) {}

  /** How many files this step is about. */
  default void total(long files) {}

  default void advance() {}

  /** What was found or changed. */
  default void note(String message) {}

  /** What cannot be mended. */
  default void lost(String message) {}
}
