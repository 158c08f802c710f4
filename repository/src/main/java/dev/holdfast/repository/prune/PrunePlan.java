package dev.holdfast.repository.prune;

import dev.holdfast.repository.Id;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which packs are removed, rewritten and kept: restic's rules. */
final class PrunePlan {

  private static final long MIN_PACK = 4 << 20;

  /** Fewer small packs are not worth it, and one would be rewritten each time. */
  private static final int SMALL_PACKS = 10;

  private final PackUses uses;
  private final PruneOptions options;
  private final int version;

  /** Needed by nobody. */
  final Set<Id> remove = new HashSet<>();

  final Set<Id> repack = new HashSet<>();

  /** In the index but not there, and not needed. */
  final Set<Id> ignore = new HashSet<>();

  private final List<Map.Entry<Id, PackUse>> candidates = new ArrayList<>();
  private final long smallBelow;
  private long keep;
  private long repackBlobs;
  private long repackBytes;
  private long repackRemoveBlobs;
  private long repackRemoveBytes;
  private long removeBlobs;
  private long removeBytes;
  private long uncompressed;

  PrunePlan(PackUses uses, PruneOptions options, int version) {
    this.uses = uses;
    this.options = options;
    this.version = version;
    this.smallBelow = smallBelow();
    List<Map.Entry<Id, PackUse>> small = new ArrayList<>();
    uses.packs().entrySet().forEach(pack -> sort(pack, small));
    if (small.size() < SMALL_PACKS) {
      keep += small.size();
    } else {
      candidates.addAll(small);
    }
    choose();
  }

  /** Four fifths of what nearly all packs have, 4 MiB at least. */
  private long smallBelow() {
    if (options.smallerThan() > 0 || uses.packs().isEmpty()) {
      return options.smallerThan();
    }
    long[] sizes = uses.packs().values().stream().mapToLong(use -> use.size).sorted().toArray();
    return Math.max(MIN_PACK, sizes[sizes.length * 3 / 100]) * 4 / 5;
  }

  private void sort(Map.Entry<Id, PackUse> pack, List<Map.Entry<Id, PackUse>> small) {
    PackUse use = pack.getValue();
    if (use.usedBlobs == 0) {
      (use.listed ? remove : ignore).add(pack.getKey());
      removeBlobs += use.unusedBlobs;
      removeBytes += use.unusedSize;
      return;
    }
    uncompressed += use.uncompressed ? use.size : 0;
    if (options.cacheableOnly() && use.dataOnly()) {
      keep++;
    } else if (use.unusedBlobs > 0 || use.mixed || mustCompress(use)) {
      candidates.add(pack);
    } else if (use.size < smallBelow) {
      small.add(pack);
    } else {
      keep++;
    }
  }

  private boolean mustCompress(PackUse use) {
    return version > 1 && use.uncompressed && (use.treesOnly() || options.uncompressed());
  }

  /** Trees first, then small packs, then those with the largest unused part. */
  private void choose() {
    candidates.sort(
        Comparator.<Map.Entry<Id, PackUse>, Boolean>comparing(pack -> pack.getValue().dataOnly())
            .thenComparing(pack -> pack.getValue().size >= smallBelow)
            .thenComparingDouble(
                pack -> -(double) pack.getValue().unusedSize / pack.getValue().usedSize()));
    long limit = options.maxUnused().applyAsLong(uses.usedBytes);
    for (var pack : candidates) {
      PackUse use = pack.getValue();
      long unusedLeft = uses.duplicateBytes + uses.unusedBytes - removeBytes - repackRemoveBytes;
      boolean enough = unusedLeft < limit && use.size >= smallBelow;
      boolean must = !use.dataOnly() || mustCompress(use);
      if (repackBytes + use.size >= options.maxRepack() || (!must && enough)) {
        keep++;
      } else {
        repack(pack.getKey(), use);
      }
    }
  }

  private void repack(Id pack, PackUse use) {
    repack.add(pack);
    repackBlobs += use.usedBlobs + use.unusedBlobs;
    repackBytes += use.size;
    repackRemoveBlobs += use.unusedBlobs;
    repackRemoveBytes += use.unusedSize;
    uncompressed -= use.uncompressed ? use.size : 0;
  }

  /** Packs that will not be there any more. */
  Set<Id> leaving() {
    Set<Id> leaving = new HashSet<>(remove);
    leaving.addAll(repack);
    leaving.addAll(ignore);
    return leaving;
  }

  PruneStats stats() {
    long full = 0;
    long partly = 0;
    long unused = 0;
    for (PackUse use : uses.packs().values()) {
      if (use.usedBlobs == 0) {
        unused++;
      } else if (use.unusedBlobs == 0) {
        full++;
      } else {
        partly++;
      }
    }
    long orphanBytes = uses.orphans().values().stream().mapToLong(Long::longValue).sum();
    return new PruneStats(
        new PruneStats.Blobs(
            uses.usedBlobs,
            uses.duplicateBlobs,
            uses.unusedBlobs,
            repackBlobs,
            repackRemoveBlobs,
            removeBlobs),
        new PruneStats.Bytes(
            uses.usedBytes,
            uses.duplicateBytes,
            uses.unusedBytes,
            orphanBytes,
            repackBytes,
            repackRemoveBytes,
            removeBytes),
        new PruneStats.Packs(
            full, partly, unused, uses.orphans().size(), keep, repack.size(), remove.size()),
        version > 1 ? uncompressed : 0);
  }
}
