package dev.holdfast.repository.restore;

/**
 * How a snapshot is restored.
 *
 * @param part what of it
 * @param sparse holes are made where the content is zero
 * @param overwrite what happens to files that are there already
 * @param delete what is in the target's directories, but not in the snapshot, is deleted
 * @param dryRun nothing is written
 * @param threads that read, decrypt, decompress and write at once
 */
public record RestoreOptions(
    RestorePart part,
    boolean sparse,
    Overwrite overwrite,
    boolean delete,
    boolean dryRun,
    int threads) {

  /** What happens to files that are there already. */
  public enum Overwrite {
    /** They become what the snapshot has; only blocks that differ are written. */
    ALWAYS,
    /** The same, but files of the same size and mtime are believed to be equal. */
    IF_CHANGED,
    /** Only files that are older than the snapshot's are changed. */
    IF_NEWER,
    /** None is changed. */
    NEVER;

    /** Whether a file may stay that is not what the snapshot has. */
    public boolean keepsFiles() {
      return this == IF_NEWER || this == NEVER;
    }
  }

  /** Everything, with as many threads as cores and two more that wait for the store. */
  public static final RestoreOptions DEFAULT =
      new RestoreOptions(
          RestorePart.ALL,
          false,
          Overwrite.ALWAYS,
          false,
          false,
          Runtime.getRuntime().availableProcessors() + 2);
}
