package dev.holdfast.cli.repo;

import dev.holdfast.cli.Session;
import dev.holdfast.cli.output.ProgressDisplay;
import dev.holdfast.repository.backup.SnapshotRun;
import dev.holdfast.repository.snapshot.Snapshot;
import dev.holdfast.repository.tree.GoTime;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Shows a backup to a person: progress while it runs, restic's summary at its end. */
final class BackupReport implements BackupWatcher {

  private final Session session;
  private final ProgressDisplay display;
  private final boolean verbose;

  BackupReport(Session session) {
    this.session = session;
    this.display = session.progress();
    this.verbose = session.global().verbose();
    display.phase("backup");
  }

  @Override
  public boolean wantsTotals() {
    return session.console().errWidth() > 0 && !session.global().quiet();
  }

  @Override
  public void counted(long files, long bytes) {
    display.total(files, bytes);
  }

  @Override
  public void read(long bytes) {
    display.advance(0, bytes);
  }

  @Override
  public void unread(long bytes) {
    display.advance(0, bytes);
  }

  @Override
  public void done(String path, Node node, @Nullable Node old) {
    if (node.type() == NodeType.FILE) {
      display.advance(1, 0);
    }
    if (verbose) {
      session.out().println(word(node, old) + path);
    }
  }

  private static String word(Node node, @Nullable Node old) {
    if (old == null) {
      return "new       ";
    }
    boolean same =
        java.util.Objects.equals(node.content(), old.content())
            && java.util.Objects.equals(node.subtree(), old.subtree());
    return same ? "unchanged " : "modified  ";
  }

  @Override
  public void failed(String path, String why) {
    display.error(path + ": " + why);
  }

  @Override
  public void finished(SnapshotRun.Outcome outcome, boolean dryRun) {
    display.close();
    if (session.global().quiet()) {
      return;
    }
    Snapshot.Summary summary = java.util.Objects.requireNonNull(outcome.snapshot().summary());
    line("");
    counts("Files:", summary.filesNew(), summary.filesChanged(), summary.filesUnmodified());
    counts("Dirs: ", summary.dirsNew(), summary.dirsChanged(), summary.dirsUnmodified());
    line(
        (dryRun ? "Would add" : "Added")
            + " to the repository: "
            + Sizes.text(summary.dataAdded())
            + (dryRun ? "" : " (" + Sizes.text(summary.dataAddedPacked()) + " stored)"));
    line("");
    Duration time =
        Duration.between(GoTime.parse(summary.backupStart()), GoTime.parse(summary.backupEnd()));
    line(
        "processed "
            + summary.totalFilesProcessed()
            + " files, "
            + Sizes.text(summary.totalBytesProcessed())
            + " in "
            + Sizes.time(time));
    if (outcome.id() != null) {
      line("snapshot " + outcome.id().shortText() + " saved");
    } else if (!dryRun) {
      line("skipped creating snapshot: nothing changed");
    }
    if (outcome.failed() > 0) {
      session.say(
          "Warning: "
              + outcome.failed()
              + " entries could not be read and are not in the snapshot; all else is.");
    }
  }

  private void counts(String what, long added, long changed, long same) {
    line(
        String.format(
            Locale.ROOT,
            "%s       %5d new, %5d changed, %5d unmodified",
            what,
            added,
            changed,
            same));
  }

  private void line(String text) {
    session.out().println(text);
  }
}
