package dev.holdfast.engine.backup;

import dev.holdfast.archive.Results;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.model.velero.Backup;
import java.util.List;

/**
 * What a finished run stored.
 *
 * @param document as it is stored; its phase is Completed, or PartiallyFailed if there are errors
 * @param items how many are in the backup
 * @param bytes of the items, unpacked, each counted once
 */
public record BackupOutcome(
    Backup document, Results results, List<VolumeInfo> volumes, int items, long bytes) {

  public BackupOutcome {
    volumes = List.copyOf(volumes);
  }

  /** {@code Completed} or {@code PartiallyFailed}. */
  public String phase() {
    return partial() ? "PartiallyFailed" : "Completed";
  }

  /** Whether something that was asked for is missing. */
  public boolean partial() {
    return results.errors().count() > 0;
  }

  /** 0, or 3 if partial (design, "The command and its codes"). */
  public int exitCode() {
    return partial() ? 3 : 0;
  }
}
