package dev.holdfast.cli.repo;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.model.Json;
import dev.holdfast.repository.lock.HeldLock;
import dev.holdfast.repository.report.SnapshotDiff;
import dev.holdfast.repository.snapshot.SnapshotFilter;
import dev.holdfast.repository.snapshot.Snapshots;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast repo diff}. */
@Command(
    name = "diff",
    description = {
      "Show what differs between two snapshots.",
      "+ new, - gone, M other content, T other type, U other metadata; ? after M: equal metadata,"
          + " perhaps damage."
    })
final class RepoDiff implements Callable<Integer> {

  @Parameters(index = "0", paramLabel = "SNAPSHOT[:DIR]", description = "The older one.")
  String first = "";

  @Parameters(index = "1", paramLabel = "SNAPSHOT[:DIR]", description = "The newer one.")
  String second = "";

  @Option(names = "--metadata", description = "Changes of metadata alone, too.")
  boolean metadata;

  @Mixin final LockFlags locks = new LockFlags();
  @Mixin final RepoFlags flags;

  private final Session session;

  RepoDiff(Session session) {
    this.session = session;
    this.flags = new RepoFlags(session);
  }

  @Override
  public Integer call() {
    var op = session.operation();
    try (OpenRepository open = flags.openToRead();
        HeldLock _ = locks.shared(open.repository(), session)) {
      Snapshots snapshots = new Snapshots(open.repository());
      Snapshots.Target before = snapshots.one(op, SnapshotFilter.ALL, first);
      Snapshots.Target after = snapshots.one(op, SnapshotFilter.ALL, second);
      open.repository().loadIndex(op, null);
      ReadSnapshot old = ReadSnapshot.of(op, open.repository(), before);
      ReadSnapshot now = ReadSnapshot.of(op, open.repository(), after);
      if (!flags.json()) {
        session.say(
            "comparing snapshot " + old.saved().shortId() + " to " + now.saved().shortId() + ":");
        session.say("");
      }
      SnapshotDiff.Outcome outcome =
          new SnapshotDiff(open.repository(), metadata, this::change)
              .run(op, old.tree(), now.tree());
      if (flags.json()) {
        session.out().println(Json.string(json(outcome)));
      } else {
        print(outcome);
      }
    }
    return ExitCode.OK;
  }

  private void change(String modifier, String path) {
    if (flags.json()) {
      session
          .out()
          .println(
              Json.string(
                  Json.MAPPER
                      .createObjectNode()
                      .put("message_type", "change")
                      .put("path", path)
                      .put("modifier", modifier)));
    } else if (!session.global().quiet()) {
      session.out().println(String.format(Locale.ROOT, "%-5s%s", modifier, path));
    }
  }

  private ObjectNode json(SnapshotDiff.Outcome outcome) {
    ObjectNode json =
        Json.MAPPER
            .createObjectNode()
            .put("message_type", "statistics")
            .put("source_snapshot", first)
            .put("target_snapshot", second)
            .put("changed_files", outcome.changedFiles());
    side(json.putObject("added"), outcome.added());
    side(json.putObject("removed"), outcome.removed());
    return json;
  }

  private static void side(ObjectNode json, SnapshotDiff.Side side) {
    json.put("files", side.files())
        .put("dirs", side.dirs())
        .put("others", side.others())
        .put("data_blobs", side.dataBlobs())
        .put("tree_blobs", side.treeBlobs())
        .put("bytes", side.bytes());
  }

  private void print(SnapshotDiff.Outcome outcome) {
    SnapshotDiff.Side added = outcome.added();
    SnapshotDiff.Side removed = outcome.removed();
    var out = session.out();
    out.println();
    out.println(
        counts("Files:     ", added.files(), removed.files())
            + String.format(Locale.ROOT, ", %5d changed", outcome.changedFiles()));
    out.println(counts("Dirs:      ", added.dirs(), removed.dirs()));
    out.println(counts("Others:    ", added.others(), removed.others()));
    out.println(counts("Data Blobs:", added.dataBlobs(), removed.dataBlobs()));
    out.println(counts("Tree Blobs:", added.treeBlobs(), removed.treeBlobs()));
    out.println("  Added:   " + Sizes.text(added.bytes()));
    out.println("  Removed: " + Sizes.text(removed.bytes()));
  }

  private static String counts(String what, long added, long removed) {
    return String.format(Locale.ROOT, "%s  %5d new, %5d removed", what, added, removed);
  }
}
