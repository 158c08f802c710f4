package dev.holdfast.engine.backup;

import dev.holdfast.model.Failure;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Which backups stay. A backup stays if any rule keeps it; the newest that is complete always does.
 * Days, weeks (ISO, from Monday), months and years are UTC's; of each that has backups the newest
 * one is kept.
 *
 * @param last the newest so many; 0 for no such rule, as for the next four
 * @param within all that are younger; null for no such rule
 * @param expired also delete those whose ttl has passed, whatever rule keeps them
 */
public record KeepPolicy(
    int last,
    int daily,
    int weekly,
    int monthly,
    int yearly,
    @Nullable Duration within,
    boolean expired) {

  /** Deletes nothing but what dead runs left. */
  public static final KeepPolicy ALL = new KeepPolicy(0, 0, 0, 0, 0, null, false);

  public KeepPolicy {
    if (last < 0 || daily < 0 || weekly < 0 || monthly < 0 || yearly < 0) {
      throw new Failure.Invalid("The number of backups to keep cannot be negative");
    }
    if (within != null && within.isNegative()) {
      throw new Failure.Invalid("The age of backups to keep cannot be negative");
    }
  }

  /** Whether any rule says what to keep; without one everything stays that has not expired. */
  boolean hasRules() {
    return last > 0 || daily > 0 || weekly > 0 || monthly > 0 || yearly > 0 || within != null;
  }
}
