package dev.holdfast.cli.repo;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.output.ProgressDisplay;
import dev.holdfast.model.Json;
import dev.holdfast.repository.prune.PruneProgress;
import dev.holdfast.repository.prune.PruneStats;
import java.util.Locale;

/** Shows a prune, in restic's words and shapes. */
final class PruneReport implements PruneProgress, AutoCloseable {

  private final Session session;
  private final ProgressDisplay display;
  private final boolean json;

  PruneReport(Session session, boolean json) {
    this.session = session;
    this.display = session.progress();
    this.json = json;
  }

  @Override
  public synchronized void step(String words) {
    display.close(); // what was counted before stands above what comes next
    if (!json) {
      session.say(words);
    }
  }

  @Override
  public void total(String what, long count) {
    display.phase(what);
    display.total(count, 0);
  }

  @Override
  public void advance() {
    display.advance(1, 0);
  }

  @Override
  public void close() {
    display.close();
  }

  /** Prints what was planned. */
  void print(PruneStats stats, boolean dryRun) {
    if (json) {
      session.out().println(Json.string(json(stats)));
    } else if (!session.global().quiet()) {
      text(stats, dryRun);
    }
    session.out().flush();
  }

  private void text(PruneStats stats, boolean dryRun) {
    PruneStats.Blobs blobs = stats.blobs();
    PruneStats.Bytes bytes = stats.bytes();
    line("");
    if (dryRun) {
      line("Would have made the following changes:");
      line("");
    }
    if (session.global().verbose()) {
      found(stats);
    }
    row("to repack:", blobs.repack(), bytes.repack());
    row("this removes:", blobs.repackRemove(), bytes.repackRemove());
    row("to delete:", blobs.remove(), bytes.remove() + bytes.unreferenced());
    row("total prune:", blobs.removeTotal(), bytes.removeTotal());
    if (stats.uncompressed() > 0) {
      line("not yet compressed:              " + Sizes.text(stats.uncompressed()));
    }
    row("remaining:", blobs.remaining(), bytes.remaining());
    line(
        "unused size after prune: "
            + Sizes.text(bytes.remainingUnused())
            + " ("
            + percent(bytes.remainingUnused(), bytes.remaining())
            + " of remaining size)");
    line("");
    if (session.global().verbose()) {
      packs(stats.packs());
    }
  }

  private void found(PruneStats stats) {
    PruneStats.Blobs blobs = stats.blobs();
    PruneStats.Bytes bytes = stats.bytes();
    row("used:", blobs.used(), bytes.used());
    if (blobs.duplicate() > 0) {
      row("duplicates:", blobs.duplicate(), bytes.duplicate());
    }
    row("unused:", blobs.unused(), bytes.unused());
    if (bytes.unreferenced() > 0) {
      line("unreferenced:                    " + Sizes.text(bytes.unreferenced()));
    }
    row("total:", blobs.total(), bytes.total());
    line(
        "unused size: "
            + percent(bytes.duplicate() + bytes.unused(), bytes.total())
            + " of total size");
    line("");
  }

  private void packs(PruneStats.Packs packs) {
    packs("totally used packs:", packs.used());
    packs("partly used packs:", packs.partlyUsed());
    packs("unused packs:", packs.unused());
    line("");
    packs("to keep:", packs.keep());
    packs("to repack:", packs.repack());
    packs("to delete:", packs.remove() + packs.unreferenced());
    line("");
  }

  private void row(String what, long blobs, long bytes) {
    line(String.format(Locale.ROOT, "%-13s %10d blobs / %s", what, blobs, Sizes.text(bytes)));
  }

  private void packs(String what, long packs) {
    line(String.format(Locale.ROOT, "%-19s %10d", what, packs));
  }

  private static String percent(long part, long whole) {
    return String.format(Locale.ROOT, "%.2f%%", whole == 0 ? 0 : 100.0 * part / whole);
  }

  private void line(String text) {
    session.out().println(text);
  }

  private static ObjectNode json(PruneStats stats) {
    ObjectNode json = Json.MAPPER.createObjectNode().put("message_type", "summary");
    PruneStats.Blobs blobs = stats.blobs();
    json.putObject("blobs")
        .put("used", blobs.used())
        .put("duplicate", blobs.duplicate())
        .put("unused", blobs.unused())
        .put("total", blobs.total())
        .put("repack", blobs.repack())
        .put("repack_remove", blobs.repackRemove())
        .put("remove", blobs.remove())
        .put("remove_total", blobs.removeTotal())
        .put("remaining", blobs.remaining());
    PruneStats.Bytes bytes = stats.bytes();
    json.putObject("bytes")
        .put("used", bytes.used())
        .put("duplicate", bytes.duplicate())
        .put("unused", bytes.unused())
        .put("unreferenced", bytes.unreferenced())
        .put("uncompressed", stats.uncompressed())
        .put("total", bytes.total())
        .put("repack", bytes.repack())
        .put("repack_remove", bytes.repackRemove())
        .put("remove", bytes.remove())
        .put("remove_total", bytes.removeTotal())
        .put("remaining", bytes.remaining())
        .put("remaining_unused", bytes.remainingUnused());
    PruneStats.Packs packs = stats.packs();
    json.putObject("packfiles")
        .put("used", packs.used())
        .put("unused", packs.unused())
        .put("partly_used", packs.partlyUsed())
        .put("unreferenced", packs.unreferenced())
        .put("total", packs.total())
        .put("keep", packs.keep())
        .put("repack", packs.repack())
        .put("remove", packs.remove())
        .put("remove_total", packs.unreferenced() + packs.remove());
    return json;
  }
}
