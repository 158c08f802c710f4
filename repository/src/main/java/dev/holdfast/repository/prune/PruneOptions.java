package dev.holdfast.repository.prune;

import java.util.function.LongUnaryOperator;

/**
 * What a prune may leave and how much it may rewrite.
 *
 * @param maxUnused used bytes → unused bytes that may stay in packs
 * @param maxRepack bytes of packs that are rewritten at most
 * @param cacheableOnly rewrite only packs of trees
 * @param uncompressed rewrite packs with data that is not compressed, too
 * @param smallerThan rewrite packs smaller than this, if there are ten of them; 0 to find a measure
 */
public record PruneOptions(
    LongUnaryOperator maxUnused,
    long maxRepack,
    boolean cacheableOnly,
    boolean uncompressed,
    long smallerThan) {

  /** restic's: 5 % may be unused. */
  public static final PruneOptions DEFAULT =
      new PruneOptions(percent(5), Long.MAX_VALUE, false, false, 0);

  /**
   * A part of what is there after the prune.
   *
   * @param percent 0 or more, less than 100
   */
  public static LongUnaryOperator percent(double percent) {
    return used -> (long) (percent / (100 - percent) * used);
  }

  /** The same with other bytes that may stay unused. */
  public PruneOptions withMaxUnused(LongUnaryOperator maxUnused) {
    return new PruneOptions(maxUnused, maxRepack, cacheableOnly, uncompressed, smallerThan);
  }
}
