package dev.holdfast.engine.restore;

import dev.holdfast.archive.Results;
import dev.holdfast.model.velero.Restore;
import java.util.Map;

/**
 * How a restore ended.
 *
 * @param document with its status: {@code Completed}, or {@code PartiallyFailed} if anything is
 *     missing
 * @param results warnings and errors, as they stand in the records
 * @param counts how many items had which outcome
 * @param secondWrites how many writes were needed beyond one per item: managed fields, status,
 *     owner references that close a circle
 */
public record RestoreOutcome(
    Restore document, Results results, Map<Outcome, Integer> counts, long secondWrites) {

  public RestoreOutcome {
    counts = Map.copyOf(counts);
  }

  public int count(Outcome outcome) {
    return counts.getOrDefault(outcome, 0);
  }

  /** Whether nothing is missing. */
  public boolean complete() {
    return results.errors().count() == 0;
  }
}
