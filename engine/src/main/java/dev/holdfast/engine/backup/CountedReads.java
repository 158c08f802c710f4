package dev.holdfast.engine.backup;

import dev.holdfast.engine.Progress;
import dev.holdfast.repository.backup.BackupProgress;

/** Tells a run's progress of the bytes that a mover reads. */
record CountedReads(Progress progress) implements BackupProgress {

  @Override
  public void read(long size) {
    progress.advance(0, size);
  }
}
