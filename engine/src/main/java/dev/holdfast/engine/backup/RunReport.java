package dev.holdfast.engine.backup;

import dev.holdfast.archive.RunLog;
import dev.holdfast.engine.Progress;
import dev.holdfast.model.Operation;
import java.io.ByteArrayOutputStream;

/** The log of a run while it grows, and what it found. */
final class RunReport {

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final RunLog log;
  private final Findings findings;

  RunReport(Operation op, BackupRequest request, Progress progress) {
    log = new RunLog(bytes, op.clock(), "backup", request.namespace() + "/" + request.name());
    findings = new Findings(log, progress);
  }

  Findings findings() {
    return findings;
  }

  /** Ends the log and gives the gzipped file; nothing may be logged any more. */
  byte[] closeLog() {
    log.close();
    return bytes.toByteArray();
  }
}
