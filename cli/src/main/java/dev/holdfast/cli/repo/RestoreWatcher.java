package dev.holdfast.cli.repo;

import dev.holdfast.repository.restore.RestoreProgress;
import dev.holdfast.repository.restore.RestoreRun;
import dev.holdfast.repository.restore.RestoreVerification;

/** Who is told how a restore gets on and how it ended. */
interface RestoreWatcher extends RestoreProgress {

  void begins(ReadSnapshot read, String target);

  void finished(RestoreRun.Outcome outcome, boolean dryRun);

  /** The files are being read back. */
  void verifying(String target);

  void verified(RestoreVerification.Outcome outcome, String target);
}
