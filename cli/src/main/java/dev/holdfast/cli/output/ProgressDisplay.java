package dev.holdfast.cli.output;

import dev.holdfast.engine.Progress;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Shows a run: on a terminal one line that is redrawn, with a bar where the total is known, rate
 * and time left; elsewhere one plain line a phase. Warnings and errors are printed as they come, at
 * most {@value #SHOWN} of each; the rest is counted, and all are in the results.
 */
public final class ProgressDisplay implements Progress, AutoCloseable {

  private static final int SHOWN = 10;
  private static final int BAR = 24;
  private static final Duration REDRAW = Duration.ofMillis(100);
  private static final String CLEAR = "\r\u001b[K";

  private final PrintWriter out;
  private final Style style;
  private final int width;
  private final InstantSource clock;
  private final boolean quiet;

  private @Nullable Phase phase;
  private long drawnAt;
  private int warnings;
  private int errors;

  private static final class Phase {
    final String name;
    final long startedAt;
    long items;
    long bytes;
    long totalItems;
    long totalBytes;

    Phase(String name, long startedAt) {
      this.name = name;
      this.startedAt = startedAt;
    }
  }

  /**
   * @param quiet only errors are printed
   */
  public ProgressDisplay(Console console, InstantSource clock, boolean quiet) {
    this.out = console.err();
    this.style = console.errStyle();
    this.width = console.errWidth();
    this.clock = clock;
    this.quiet = quiet;
  }

  @Override
  public synchronized void phase(String name) {
    end();
    phase = new Phase(name, clock.millis());
    draw();
  }

  @Override
  public synchronized void total(long items, long bytes) {
    if (phase != null) {
      phase.totalItems = items;
      phase.totalBytes = bytes;
      draw();
    }
  }

  @Override
  public synchronized void advance(long items, long bytes) {
    if (phase != null) {
      phase.items += items;
      phase.bytes += bytes;
      if (clock.millis() - drawnAt >= REDRAW.toMillis()) {
        draw();
      }
    }
  }

  @Override
  public synchronized void note(String message) {
    if (!quiet) {
      note("  ", 2, message);
    }
  }

  @Override
  public synchronized void warning(String message) {
    if (!quiet && ++warnings <= SHOWN) {
      note(style.yellow("Warning: "), 9, message);
    }
  }

  @Override
  public synchronized void error(String message) {
    if (++errors <= SHOWN) {
      note(style.red("Error: "), 7, message);
    }
  }

  /** Ends the last phase and says how many warnings and errors were not shown. */
  @Override
  public synchronized void close() {
    end();
    if (warnings > SHOWN) {
      out.println(style.yellow("... and " + Units.count(warnings - SHOWN, "more warning")));
    }
    if (errors > SHOWN) {
      out.println(style.red("... and " + Units.count(errors - SHOWN, "more error")));
    }
    warnings = 0;
    errors = 0;
    out.flush();
  }

  private void note(String head, int indent, String message) {
    if (live()) {
      out.print(CLEAR);
    }
    List<String> lines = Words.wrap(message, width == 0 ? Integer.MAX_VALUE : width - indent);
    out.println(head + String.join("\n" + " ".repeat(indent), lines));
    draw();
  }

  private void end() {
    if (phase == null) {
      return;
    }
    if (!quiet) {
      String line = "  " + phase.name + ": " + done(phase) + time(phase);
      out.println(live() ? CLEAR + style.faint(line) : line);
      out.flush();
    }
    phase = null;
  }

  private boolean live() {
    return width > 0 && !quiet;
  }

  private void draw() {
    if (phase == null || !live()) {
      return;
    }
    drawnAt = clock.millis();
    String line = "  " + phase.name + " " + bar(phase) + done(phase) + rate(phase) + left(phase);
    out.print(CLEAR + (line.length() < width ? line : line.substring(0, width - 1)));
    out.flush();
  }

  private static String done(Phase phase) {
    StringBuilder text = new StringBuilder();
    if (phase.items > 0 || phase.totalItems > 0) {
      text.append(Units.count(phase.items));
      if (phase.totalItems > 0 && phase.totalItems != phase.items) {
        text.append('/').append(Units.count(phase.totalItems));
      }
      text.append(phase.items == 1 && phase.totalItems <= 1 ? " item  " : " items  ");
    }
    if (phase.bytes > 0) {
      text.append(Units.bytes(phase.bytes)).append("  ");
    }
    return text.toString();
  }

  private String time(Phase phase) {
    return Units.time(elapsed(phase));
  }

  private Duration elapsed(Phase phase) {
    return Duration.ofMillis(clock.millis() - phase.startedAt);
  }

  private String rate(Phase phase) {
    double seconds = elapsed(phase).toMillis() / 1000.0;
    if (seconds < 0.5 || phase.items == 0) {
      return "";
    }
    String items = Units.count(Math.round(phase.items / seconds)) + "/s  ";
    return phase.bytes == 0 ? items : items + Units.bytes(phase.bytes / seconds) + "/s  ";
  }

  private String left(Phase phase) {
    double share = share(phase);
    long millis = elapsed(phase).toMillis();
    if (share <= 0.01 || share >= 1 || millis < 1000) {
      return "";
    }
    return "ETA " + Units.age(Duration.ofSeconds(Math.round(millis * (1 - share) / share / 1000)));
  }

  private String bar(Phase phase) {
    if (phase.totalItems == 0 && phase.totalBytes == 0) {
      return "";
    }
    int full = (int) Math.round(share(phase) * BAR);
    return "[" + "=".repeat(full) + " ".repeat(BAR - full) + "] ";
  }

  private static double share(Phase phase) {
    double share =
        phase.totalBytes > 0
            ? (double) phase.bytes / phase.totalBytes
            : phase.totalItems > 0 ? (double) phase.items / phase.totalItems : 0;
    return Math.clamp(share, 0, 1);
  }
}
