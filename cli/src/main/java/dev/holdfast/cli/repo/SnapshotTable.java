package dev.holdfast.cli.repo;

import dev.holdfast.repository.Id;
import dev.holdfast.repository.snapshot.SavedSnapshot;
import dev.holdfast.repository.snapshot.Snapshot;
import java.io.PrintWriter;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Snapshots as restic lists them.
 *
 * @param compact fewer columns
 */
record SnapshotTable(boolean compact) {

  static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");

  /**
   * Prints them in their order.
   *
   * @param reasons why each is kept; empty for no such column
   */
  void print(PrintWriter out, List<SavedSnapshot> snapshots, Map<Id, List<String>> reasons) {
    boolean sizes = snapshots.stream().anyMatch(one -> one.snapshot().summary() != null);
    boolean why = !reasons.isEmpty() && !compact;
    ResticTable table = new ResticTable().column("ID").column("Time");
    if (compact) {
      table.column("Host").column("Tags  ");
    } else {
      table.column("Host      ").column("Tags      ");
    }
    if (why) {
      table.column("Reasons");
    }
    if (!compact) {
      table.column("Paths");
    }
    if (sizes) {
      table.rightColumn("Size");
    }
    table.spaced(
        !compact && snapshots.stream().anyMatch(one -> one.snapshot().pathsOrEmpty().size() > 1));
    for (SavedSnapshot one : snapshots) {
      Snapshot snapshot = one.snapshot();
      List<List<String>> cells = new ArrayList<>();
      cells.add(List.of(one.shortId()));
      cells.add(List.of(TIME.format(one.time().atZone(ZoneId.systemDefault()))));
      cells.add(List.of(snapshot.hostname() == null ? "" : snapshot.hostname()));
      List<String> tags = snapshot.tagsOrEmpty();
      cells.add(compact ? tags : List.of(String.join(",", tags)));
      if (why) {
        cells.add(reasons.getOrDefault(one.id(), List.of()));
      }
      if (!compact) {
        cells.add(snapshot.pathsOrEmpty());
      }
      if (sizes) {
        Snapshot.Summary summary = snapshot.summary();
        cells.add(List.of(summary == null ? "" : Sizes.text(summary.totalBytesProcessed())));
      }
      table.row(cells);
    }
    table.footer(snapshots.size() + " snapshots").print(out);
  }
}
