package dev.holdfast.engine.backup;

import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.snapshot.SavedSnapshot;
import dev.holdfast.repository.snapshot.SnapshotFilter;
import dev.holdfast.repository.snapshot.Snapshots;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The last snapshot of each claim, as a repository had them when the first was asked for: hundreds
 * of volumes must not read thousands of snapshots each. There are only complete ones. Thread-safe.
 */
final class Parents {

  private static final String CLAIM = "pvc-uid=";

  private final Map<Repository, Map<String, Id>> known = new HashMap<>();

  /**
   * @param claim its uid
   */
  synchronized @Nullable Id of(Operation op, Repository repository, String claim) {
    Map<String, Id> byClaim = known.get(repository);
    if (byClaim == null) {
      byClaim = read(op, repository);
      known.put(repository, byClaim);
    }
    return byClaim.get(claim);
  }

  private static Map<String, Id> read(Operation op, Repository repository) {
    Map<String, Id> newest = new HashMap<>();
    for (SavedSnapshot each : new Snapshots(repository).list(op, SnapshotFilter.ALL)) {
      for (String tag : each.snapshot().tagsOrEmpty()) {
        if (tag.startsWith(CLAIM)) {
          newest.put(tag.substring(CLAIM.length()), each.id());
        }
      }
    }
    return newest;
  }
}
