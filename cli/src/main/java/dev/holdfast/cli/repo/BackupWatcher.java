package dev.holdfast.cli.repo;

import dev.holdfast.repository.backup.BackupProgress;
import dev.holdfast.repository.backup.SnapshotRun;
import dev.holdfast.repository.backup.TargetScan;

/** Who is told how a backup gets on and how it ended. */
interface BackupWatcher extends BackupProgress, TargetScan.Totals {

  /** Whether anybody sees how much is left, so that counting it beforehand is worth its time. */
  boolean wantsTotals();

  void finished(SnapshotRun.Outcome outcome, boolean dryRun);
}
