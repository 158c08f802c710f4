package dev.holdfast.cli.restore;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.output.Format;
import dev.holdfast.cli.output.Units;
import dev.holdfast.engine.restore.Outcome;
import dev.holdfast.engine.restore.RestoreOutcome;
import dev.holdfast.model.velero.Restore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What {@code restore create} and {@code resume} say at the end. */
final class Ending {

  private Ending() {}

  /** Prints it and returns the exit code. */
  static int report(Session session, Format format, RestoreOutcome outcome, Duration time) {
    Restore restore = outcome.document();
    String name = String.valueOf(restore.metadata().name());
    switch (format) {
      case JSON, YAML -> session.out().print(format.text(restore));
      case NAME -> session.out().println("restore.velero.io/" + name);
      case TABLE -> {
        String phase = restore.status() == null ? "" : String.valueOf(restore.status().phase());
        session
            .out()
            .println(
                "Restore "
                    + name
                    + " "
                    + session.style().phase(phase)
                    + ": "
                    + String.join(", ", counts(outcome))
                    + ", "
                    + Units.time(time));
        if (!outcome.complete()) {
          session.say("  what is missing: " + session.next("restore describe " + name));
        }
      }
    }
    return outcome.complete() ? ExitCode.OK : ExitCode.PARTIAL;
  }

  private static List<String> counts(RestoreOutcome outcome) {
    List<String> counts = new ArrayList<>();
    for (Outcome kind : Outcome.values()) {
      if (outcome.count(kind) > 0) {
        counts.add(Units.count(outcome.count(kind)) + " " + kind.text());
      }
    }
    if (counts.isEmpty()) {
      counts.add("nothing to do");
    }
    int warnings = outcome.results().warnings().count();
    if (warnings > 0) {
      counts.add(Units.count(warnings, "warning"));
    }
    return counts;
  }
}
