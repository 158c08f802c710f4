package dev.holdfast.repository.prune;

/**
 * What a prune finds and does, counted as restic counts it. Bytes are as stored.
 *
 * @param uncompressed bytes of packs with data that is not compressed
 */
public record PruneStats(Blobs blobs, Bytes bytes, Packs packs, long uncompressed) {

  /**
   * @param duplicate further copies of used ones
   * @param repack in packs that are rewritten
   * @param repackRemove of these, left out
   * @param remove in packs that are removed
   */
  public record Blobs(
      long used, long duplicate, long unused, long repack, long repackRemove, long remove) {

    public long total() {
      return used + duplicate + unused;
    }

    public long removeTotal() {
      return remove + repackRemove;
    }

    public long remaining() {
      return total() - removeTotal();
    }
  }

  /**
   * As for blobs.
   *
   * @param unreferenced of packs that are in no index
   */
  public record Bytes(
      long used,
      long duplicate,
      long unused,
      long unreferenced,
      long repack,
      long repackRemove,
      long remove) {

    public long total() {
      return used + duplicate + unused + unreferenced;
    }

    public long removeTotal() {
      return remove + repackRemove + unreferenced;
    }

    public long remaining() {
      return total() - removeTotal();
    }

    public long remainingUnused() {
      return duplicate + unused - remove - repackRemove;
    }
  }

  /**
   * @param used all of whose blobs are
   * @param keep left as they are
   */
  public record Packs(
      long used,
      long partlyUsed,
      long unused,
      long unreferenced,
      long keep,
      long repack,
      long remove) {

    public long total() {
      return used + partlyUsed + unused + unreferenced;
    }
  }
}
