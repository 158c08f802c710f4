package dev.holdfast.repository.check;

import dev.holdfast.repository.Id;
import java.util.List;

/**
 * What a check found.
 *
 * @param errors how many were reported
 * @param brokenPacks packs that are missing, of the wrong size, or hold a damaged blob
 * @param brokenSnapshots snapshot files that cannot be read
 * @param affected snapshots that cannot be restored completely
 * @param repairIndex whether {@code repair index} would mend something
 * @param prune whether {@code prune} would tidy something up
 */
public record CheckOutcome(
    int errors,
    List<Id> brokenPacks,
    List<Id> brokenSnapshots,
    List<AffectedSnapshot> affected,
    boolean repairIndex,
    boolean prune) {

  public CheckOutcome {
    brokenPacks = List.copyOf(brokenPacks);
    brokenSnapshots = List.copyOf(brokenSnapshots);
    affected = List.copyOf(affected);
  }

  /** Whether every snapshot is complete, as far as was looked. */
  public boolean intact() {
    return errors == 0;
  }
}
