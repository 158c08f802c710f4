package dev.holdfast.engine.restore;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.holdfast.engine.restore.action.FieldDiff;
import dev.holdfast.model.ItemKey;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a restore would do with one item.
 *
 * @param source its key in the backup, {@code TYPE/NAMESPACE/NAME}
 * @param target its key in the cluster
 * @param then where the object {@link Action#DIFFERS}, what the policy does: {@code keep}, {@code
 *     update}, {@code recreate} or {@code merge}; null otherwise
 * @param reason why; null where there is nothing to explain
 * @param changes the fields that differ, from the cluster's value to the backup's; a Secret's
 *     values are hidden
 * @param more how many fields differ beyond those
 */
public record PlanEntry(
    ItemKey source,
    ItemKey target,
    Action action,
    @Nullable String then,
    @Nullable String reason,
    List<FieldDiff.Change> changes,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) int more) {

  /** Beyond these, changes are only counted. */
  private static final int MOST_CHANGES = 20;

  /** Beyond this many characters a value is cut. */
  private static final int LONGEST = 160;

  public PlanEntry {
    changes = List.copyOf(changes);
  }

  static PlanEntry of(ItemKey source, ItemKey target, Action action, @Nullable String reason) {
    return new PlanEntry(source, target, action, null, reason, List.of(), 0);
  }

  static PlanEntry differs(
      ItemKey source,
      ItemKey target,
      String then,
      @Nullable String reason,
      List<FieldDiff.Change> changes) {
    List<FieldDiff.Change> shown =
        changes.stream()
            .limit(MOST_CHANGES)
            .map(c -> new FieldDiff.Change(c.path(), cut(c.before()), cut(c.after())))
            .toList();
    return new PlanEntry(
        source, target, Action.DIFFERS, then, reason, shown, changes.size() - shown.size());
  }

  PlanEntry because(Action other, String why) {
    return new PlanEntry(source, target, other, null, why, List.of(), 0);
  }

  /** The same, of which it is not known whether it can be done. */
  PlanEntry unsure(String why) {
    return new PlanEntry(source, target, Action.UNKNOWN, then, why, changes, more);
  }

  private static @Nullable String cut(@Nullable String value) {
    return value == null || value.length() <= LONGEST ? value : value.substring(0, LONGEST) + "…";
  }
}
