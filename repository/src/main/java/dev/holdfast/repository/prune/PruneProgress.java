package dev.holdfast.repository.prune;

/** Follows a prune. Calls come from several threads. */
public interface PruneProgress {

  /** Sees nothing. */
  PruneProgress SILENT = new PruneProgress() {};

  /** The next step begins, in restic's words. */
  default void step(String words) {}

  /** What this step counts, and how many of them there are. */
  default void total(String what, long count) {}

  default void advance() {}
}
