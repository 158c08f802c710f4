package dev.holdfast.cli.repo;

import dev.holdfast.cli.Session;
import dev.holdfast.cli.output.ProgressDisplay;
import dev.holdfast.repository.check.RepairProgress;

/** Shows a repair to a person, in restic's words. */
final class RepairReport implements RepairProgress, AutoCloseable {

  private final Session session;
  private final ProgressDisplay display;

  RepairReport(Session session) {
    this.session = session;
    this.display = session.progress();
  }

  @Override
  public void step(String words) {
    note(words);
  }

  @Override
  public void total(long files) {
    display.phase("packs");
    display.total(files, 0);
  }

  @Override
  public void advance() {
    display.advance(1, 0);
  }

  @Override
  public synchronized void note(String message) {
    if (!session.global().quiet()) {
      session.out().println(message);
    }
  }

  @Override
  public void lost(String message) {
    display.warning(message);
  }

  @Override
  public void close() {
    display.close();
    session.out().flush();
  }
}
