package dev.holdfast.cli.repo;

import dev.holdfast.cli.Session;
import dev.holdfast.cli.output.ProgressDisplay;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.check.AffectedSnapshot;
import dev.holdfast.repository.check.CheckOutcome;
import java.util.List;
import java.util.stream.Collectors;

/** Shows a check to a person: restic's words, then what is affected and what to do about it. */
final class CheckReport implements CheckWatcher {

  /** Paths of a snapshot that are shown; all are in the JSON. */
  private static final int SHOWN = 10;

  private final Session session;
  private final ProgressDisplay display;

  CheckReport(Session session) {
    this.session = session;
    this.display = session.progress();
  }

  @Override
  public void step(String words) {
    display.close();
    if (!session.global().quiet()) {
      session.out().println(words);
      session.out().flush();
    }
  }

  @Override
  public void total(long items, long bytes) {
    display.phase(bytes == 0 ? "snapshots" : "packs");
    display.total(items, bytes);
  }

  @Override
  public void advance(long items, long bytes) {
    display.advance(items, bytes);
  }

  @Override
  public void error(String message) {
    display.error(message);
  }

  @Override
  public void hint(String message) {
    display.note(message);
  }

  @Override
  public void finished(CheckOutcome outcome) {
    display.close();
    if (outcome.intact()) {
      if (!session.global().quiet()) {
        session.out().println("no errors were found");
      }
      return;
    }
    outcome.affected().forEach(this::affected);
    next(outcome);
  }

  private void affected(AffectedSnapshot affected) {
    var snapshot = affected.snapshot();
    session
        .err()
        .println(
            "snapshot "
                + snapshot.shortId()
                + " of "
                + snapshot.snapshot().pathsOrEmpty()
                + " at "
                + snapshot.snapshot().time()
                + " lacks "
                + (affected.entries() == 1 ? "1 entry:" : affected.entries() + " entries:"));
    List<String> paths = affected.paths();
    paths.stream().limit(SHOWN).forEach(path -> session.err().println("  " + path));
    if (affected.entries() > SHOWN) {
      session
          .err()
          .println("  … and " + (affected.entries() - SHOWN) + " more (--json names them)");
    }
  }

  private void next(CheckOutcome outcome) {
    if (outcome.repairIndex()) {
      session.say(
          "The index is damaged, the data need not be: run holdfast repo repair index, then"
              + " check again.");
      return;
    }
    if (outcome.affected().isEmpty() && outcome.brokenSnapshots().isEmpty()) {
      session.say("All snapshots that were looked at can be restored.");
    } else if (!outcome.affected().isEmpty()) {
      session.say(
          "What is not named here can be restored: restore skips what is lost and says so.");
    }
    if (!outcome.brokenPacks().isEmpty()) {
      session.say(
          "To mend: keep a copy of the damaged files. Run holdfast repo backup of what is still"
              + " there: it stores lost content again. Otherwise: holdfast repo repair packs "
              + ids(outcome.brokenPacks())
              + ", then holdfast repo repair snapshots --forget.");
    }
    if (!outcome.brokenSnapshots().isEmpty()) {
      session.say(
          "Snapshot files that cannot be read are removed by holdfast repo repair snapshots"
              + " --forget "
              + ids(outcome.brokenSnapshots()));
    }
  }

  private static String ids(List<Id> ids) {
    return ids.stream().map(Id::toString).collect(Collectors.joining(" "));
  }
}
