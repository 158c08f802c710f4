package dev.holdfast.engine.restore;

import dev.holdfast.model.ItemKey;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of one item of a restore: an entry of the results and of the journal.
 *
 * @param source its key in the backup
 * @param target its key in the cluster
 * @param error why it failed; null if it did not
 * @param reason why it was left alone, where that is no cause for concern; null otherwise
 * @param warnings what the user should know, each a sentence
 */
public record ItemResult(
    ItemKey source,
    ItemKey target,
    Outcome outcome,
    @Nullable String error,
    @Nullable String reason,
    List<String> warnings) {

  public ItemResult {
    warnings = List.copyOf(warnings);
  }

  static ItemResult of(ItemKey source, ItemKey target, Outcome outcome) {
    return new ItemResult(source, target, outcome, null, null, List.of());
  }

  static ItemResult failed(ItemKey source, ItemKey target, String error) {
    return new ItemResult(source, target, Outcome.FAILED, error, null, List.of());
  }

  static ItemResult skipped(ItemKey source, ItemKey target, String reason) {
    return new ItemResult(source, target, Outcome.SKIPPED, null, reason, List.of());
  }

  /** Why it is not as in the backup: the error, the reason, or the warnings; null if it is. */
  public @Nullable String why() {
    if (error != null || reason != null) {
      return error != null ? error : reason;
    }
    return warnings.isEmpty() ? null : String.join("; ", warnings);
  }

  ItemResult warned(List<String> more) {
    if (more.isEmpty()) {
      return this;
    }
    List<String> all = new java.util.ArrayList<>(warnings);
    all.addAll(more);
    return new ItemResult(source, target, outcome, error, reason, all);
  }
}
