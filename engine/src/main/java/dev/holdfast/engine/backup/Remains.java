package dev.holdfast.engine.backup;

import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.Claim;
import dev.holdfast.archive.Claiming;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.store.ObjectStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What stands in a backup's folder while there is no {@code velero-backup.json}: either somebody is
 * writing it, or he is gone and it is rubbish.
 *
 * @param newest when the newest object was written
 */
record Remains(List<ObjectStore.Meta> objects, List<Claiming.Seen> claims, Instant newest) {

  static Remains of(Operation op, ObjectStore store, BackupKeys keys) {
    List<ObjectStore.Meta> objects = new ArrayList<>();
    store.listAll(op, keys.root(), objects::add);
    Instant newest =
        objects.stream()
            .map(ObjectStore.Meta::modified)
            .max(Instant::compareTo)
            .orElse(Instant.EPOCH);
    return new Remains(objects, new ClaimStore(op, store).list(keys.claimPrefix()), newest);
  }

  /** Whether somebody may still be writing. A claim that cannot be read counts by its age. */
  boolean live(Instant now) {
    return newest.plus(Claim.DEAD_AFTER).isAfter(now)
        || claims.stream().anyMatch(claim -> refreshed(claim).plus(Claim.DEAD_AFTER).isAfter(now));
  }

  private static Instant refreshed(Claiming.Seen seen) {
    try {
      return Claim.read(seen.body(), seen.key()).lastRefresh();
    } catch (Failure e) {
      return seen.modified();
    }
  }

  long bytes() {
    return objects.stream().mapToLong(ObjectStore.Meta::size).sum();
  }
}
