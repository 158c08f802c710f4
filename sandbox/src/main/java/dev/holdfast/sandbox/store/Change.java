package dev.holdfast.sandbox.store;

import org.jspecify.annotations.Nullable;

/**
 * One committed change.
 *
 * @param version the resourceVersion of this change
 * @param before null if the object was created
 * @param after null if the object was removed
 */
public record Change(long version, @Nullable Stored before, @Nullable Stored after) {

  /**
   * The object as it was before, with this change's version: what a watch that loses it is told.
   */
  public Stored last() {
    if (before == null) {
      throw new IllegalStateException("There was nothing before");
    }
    return before.at(version);
  }

  /** The object in its newest form; for a removal its last one, with this change's version. */
  public Stored object() {
    if (after != null) {
      return after;
    }
    if (before == null) {
      throw new IllegalStateException("A change of nothing");
    }
    return before.at(version);
  }
}
