package dev.holdfast.cli.repo;

import dev.holdfast.cli.Session;
import dev.holdfast.cli.output.ProgressDisplay;
import dev.holdfast.repository.restore.RestoreRun;
import dev.holdfast.repository.restore.RestoreVerification;
import dev.holdfast.repository.tree.NodeType;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/** Shows a restore to a person. */
final class RestoreReport implements RestoreWatcher {

  private final Session session;
  private final ProgressDisplay display;
  private Instant start;
  private long totalFiles;
  private long totalBytes;

  RestoreReport(Session session) {
    this.session = session;
    this.display = session.progress();
    this.start = session.operation().now();
  }

  @Override
  public void begins(ReadSnapshot read, String target) {
    session.say("restoring " + read.describe() + " to " + target);
    start = session.operation().now();
    display.phase("restore");
  }

  @Override
  public synchronized void found(long files, long bytes) {
    totalFiles += files;
    totalBytes += bytes;
    if ((totalFiles & 0xff) == 0) {
      display.total(totalFiles, totalBytes);
    }
  }

  @Override
  public void written(long bytes) {
    display.advance(0, bytes);
  }

  @Override
  public void done(String path, NodeType type, long size, Action action) {
    display.advance(1, 0);
    if (session.global().verbose()) {
      session.out().printf("%-9s %s%n", action.name().toLowerCase(Locale.ROOT), path);
    }
  }

  @Override
  public void failed(String path, String why) {
    display.error(path + ": " + why);
  }

  @Override
  public void warning(String message) {
    display.warning(message);
  }

  @Override
  public void finished(RestoreRun.Outcome outcome, boolean dryRun) {
    display.close();
    StringBuilder line = new StringBuilder("Summary: ");
    line.append(dryRun ? "Would restore " : "Restored ");
    line.append(outcome.files()).append(" files/dirs (").append(Sizes.text(outcome.bytes()));
    line.append(") in ").append(time());
    if (outcome.skipped() > 0) {
      line.append(", skipped ").append(outcome.skipped());
    }
    if (outcome.deleted() > 0) {
      line.append(", deleted ").append(outcome.deleted());
    }
    if (!session.global().quiet()) {
      session.out().println(line);
    }
    if (outcome.failed() > 0) {
      session.say(
          "Warning: "
              + outcome.failed()
              + " entries were not or not completely restored; all else is as the snapshot has it.");
    }
  }

  @Override
  public void verifying(String target) {
    session.say("verifying files in " + target);
    start = session.operation().now();
    display.phase("verify");
  }

  @Override
  public void verified(RestoreVerification.Outcome outcome, String target) {
    display.close();
    if (!session.global().quiet()) {
      session
          .out()
          .println(
              "finished verifying "
                  + outcome.files()
                  + " files in "
                  + target
                  + " (took "
                  + time()
                  + ")");
    }
    if (outcome.failed() > 0) {
      session.say("Warning: " + outcome.failed() + " files are not what the snapshot has.");
    }
  }

  private String time() {
    return Sizes.time(Duration.between(start, session.operation().now()));
  }
}
