package dev.holdfast.cli.repo;

import dev.holdfast.repository.check.CheckOutcome;
import dev.holdfast.repository.check.CheckProgress;

/** Sees a check from its begin to its end. */
interface CheckWatcher extends CheckProgress {

  void finished(CheckOutcome outcome);
}
