package dev.holdfast.cli.restore;

import dev.holdfast.cli.Session;
import dev.holdfast.cli.output.Format;
import dev.holdfast.cli.output.Style;
import dev.holdfast.engine.restore.Action;
import dev.holdfast.engine.restore.Plan;
import dev.holdfast.engine.restore.PlanEntry;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** A plan on the terminal: a line for each item, its changes below it, the counts at the end. */
final class PlanPrinter {

  private static final int VERB = 10;

  private final PrintWriter out;
  private final Style style;
  private final int width;

  private PlanPrinter(Session session) {
    this.out = session.out();
    this.style = session.style();
    this.width = session.console().outWidth();
  }

  /**
   * @param all also what is identical or skipped
   */
  static void print(Session session, Format format, Plan plan, boolean all) {
    switch (format) {
      case JSON, YAML -> session.out().print(format.text(plan.json()));
      case NAME -> plan.entries().forEach(entry -> session.out().println(entry.target()));
      case TABLE -> new PlanPrinter(session).print(plan, all);
    }
  }

  private void print(Plan plan, boolean all) {
    for (PlanEntry entry : plan.entries()) {
      if (all || !quiet(entry.action())) {
        print(entry);
      }
    }
    plan.volumes()
        .forEach(each ->
            out.println("volume".concat(" ".repeat(VERB - 6)) + each.volume() + ": " + each.way()));
    plan.remarks().forEach(remark -> out.println(style.yellow("Note: ") + remark));
    List<String> counts = new ArrayList<>();
    plan.counts().forEach((action, count) -> counts.add(count + " " + action.text()));
    out.println(
        style.bold("Plan: ") + (counts.isEmpty() ? "nothing to do" : String.join(", ", counts)));
  }

  private static boolean quiet(Action action) {
    return action == Action.IDENTICAL || action == Action.SKIP;
  }

  private void print(PlanEntry entry) {
    String then = entry.then();
    String verb = then == null ? entry.action().text() : then;
    StringBuilder line = new StringBuilder(colour(entry.action(), verb));
    line.repeat(' ', Math.max(1, VERB - verb.length())).append(entry.target());
    if (!entry.source().equals(entry.target())) {
      line.append(" (from ").append(entry.source()).append(')');
    }
    if (entry.reason() != null) {
      line.append(": ").append(entry.reason());
    }
    out.println(line);
    entry.changes().forEach(change -> out.println(style.faint(fitting("    " + change))));
    if (entry.more() > 0) {
      out.println(style.faint("    ... and " + entry.more() + " more fields"));
    }
  }

  private String fitting(String line) {
    return width == 0 || line.length() <= width ? line : line.substring(0, width - 1) + "…";
  }

  private String colour(Action action, String verb) {
    return switch (action) {
      case CREATE -> style.green(verb);
      case DIFFERS -> style.yellow(verb);
      case DENIED, FAILS, UNKNOWN -> style.red(verb);
      case IDENTICAL, SKIP -> style.faint(verb);
    };
  }
}
