package dev.holdfast.cli.repo;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.lock.HeldLock;
import dev.holdfast.repository.select.PathPatterns;
import dev.holdfast.repository.snapshot.SavedSnapshot;
import dev.holdfast.repository.snapshot.Snapshots;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.walk.TreeLoader;
import dev.holdfast.repository.walk.TreeWalk;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast repo find}. */
@Command(name = "find", description = "Find files, or blobs, in snapshots.")
final class RepoFind implements Callable<Integer> {

  @Parameters(
      arity = "1..*",
      paramLabel = "PATTERN",
      description = "As in --exclude; with --blob or --tree ids or their beginnings.")
  List<String> patterns = List.of();

  @Option(
      names = {"-s", "--snapshot"},
      paramLabel = "SNAPSHOT",
      description = "Only in these; may be repeated.")
  List<String> snapshots = List.of();

  @Option(
      names = {"-O", "--oldest"},
      paramLabel = "TIME",
      description = "Only what was modified then or later: '2006-01-02[ 15:04:05]'.")
  @Nullable String oldest;

  @Option(
      names = {"-N", "--newest"},
      paramLabel = "TIME",
      description = "Only what was modified then or before.")
  @Nullable String newest;

  @Option(
      names = {"-i", "--ignore-case"},
      description = "Whatever the case.")
  boolean ignoreCase;

  @Option(names = "--blob", description = "Find the files that have these blobs.")
  boolean blobs;

  @Option(names = "--tree", description = "Find the directories that have these trees.")
  boolean trees;

  @Option(
      names = {"-l", "--long"},
      description = "Mode, owner, size and time, too.")
  boolean details;

  @Option(names = "--human-readable", description = "Sizes in units.")
  boolean human;

  @Option(
      names = {"-R", "--reverse"},
      description = "The oldest snapshot first.")
  boolean reverse;

  @Mixin final FilterFlags filter = new FilterFlags();
  @Mixin final LockFlags locks = new LockFlags();
  @Mixin final RepoFlags flags;

  private final Session session;
  private final ArrayNode found = Json.MAPPER.createArrayNode();

  RepoFind(Session session) {
    this.session = session;
    this.flags = new RepoFlags(session);
  }

  @Override
  public Integer call() {
    if (blobs && trees) {
      throw new Failure.Invalid("--blob and --tree cannot be used together");
    }
    var op = session.operation();
    try (OpenRepository open = flags.openToRead();
        HeldLock _ = locks.shared(open.repository(), session)) {
      List<SavedSnapshot> searched =
          new Snapshots(open.repository())
              .find(op, filter.filter(session.console().environment()), snapshots);
      open.repository().loadIndex(op, null);
      TreeLoader loader = new TreeLoader(open.repository());
      for (SavedSnapshot snapshot : reverse ? searched : searched.reversed()) {
        Matches matches = new Matches(snapshot);
        new TreeWalk(loader, blobs || trees ? objects(snapshot) : matches).run(op, snapshot.tree());
        matches.end();
      }
    }
    if (flags.json()) {
      session.out().println(Json.string(found));
    }
    return ExitCode.OK;
  }

  /** Entries of one snapshot whose paths match. */
  private final class Matches implements TreeWalk.Visitor {
    private final SavedSnapshot snapshot;
    private final PathPatterns wanted = PathPatterns.of(patterns, ignoreCase);
    private final @Nullable Instant from = oldest == null ? null : time(oldest);
    private final @Nullable Instant to = newest == null ? null : time(newest);
    private final ArrayNode matches = Json.MAPPER.createArrayNode();
    private boolean any;

    Matches(SavedSnapshot snapshot) {
      this.snapshot = snapshot;
    }

    @Override
    public boolean entry(String path, Node node, Id parent) {
      Instant mtime = node.mtime().toInstant();
      boolean then = (from == null || !mtime.isBefore(from)) && (to == null || !mtime.isAfter(to));
      if (then && wanted.matches(path)) {
        if (flags.json()) {
          matches.add(NodeText.match(path, node));
        } else {
          head();
          session.out().println(NodeText.line(path, node, details, human));
        }
      }
      return wanted.mayMatchBelow(path);
    }

    @Override
    public void damaged(String path, Failure.Corrupt why) {
      session.say("Unable to load the tree of " + path + " in snapshot " + snapshot.shortId());
    }

    private void head() {
      if (!any) {
        any = true;
        session.say(
            "Found matching entries in snapshot "
                + snapshot.shortId()
                + " from "
                + SnapshotTable.TIME.format(snapshot.time().atZone(ZoneId.systemDefault())));
      }
    }

    void end() {
      if (any) {
        session.say("");
      }
      if (!matches.isEmpty()) {
        ObjectNode json = found.addObject();
        json.set("matches", matches);
        json.put("hits", matches.size()).put("snapshot", snapshot.id().toString());
      }
    }
  }

  private TreeWalk.Visitor objects(SavedSnapshot snapshot) {
    Set<Id> seen = new HashSet<>();
    return (path, node, parent) -> {
      if (blobs && node.content() != null) {
        for (Id id : node.content()) {
          if (named(id)) {
            object("blob", id, path, parent, snapshot);
          }
        }
      }
      Id subtree = node.subtree();
      if (trees && subtree != null && named(subtree)) {
        object("tree", subtree, path, parent, snapshot);
      }
      return subtree != null && (trees || seen.add(subtree));
    };
  }

  private boolean named(Id id) {
    String text = id.toString();
    return patterns.stream().anyMatch(text::startsWith);
  }

  private void object(String kind, Id id, String path, Id parent, SavedSnapshot snapshot) {
    if (flags.json()) {
      found
          .addObject()
          .put("object_type", kind)
          .put("id", id.toString())
          .put("path", path)
          .put("parent_tree", parent.toString())
          .put("snapshot", snapshot.id().toString())
          .put("time", snapshot.snapshot().time());
      return;
    }
    var out = session.out();
    out.println("Found " + kind + " " + id);
    out.println(kind.equals("blob") ? " ... in file " + path : " ... path " + path);
    if (kind.equals("blob")) {
      out.println("     (tree " + parent + ")");
    }
    out.println(
        " ... in snapshot "
            + snapshot.shortId()
            + " ("
            + SnapshotTable.TIME.format(snapshot.time().atZone(ZoneId.systemDefault()))
            + ")");
  }

  private static Instant time(String text) {
    try {
      LocalDateTime time =
          text.length() == 10
              ? LocalDate.parse(text).atStartOfDay()
              : LocalDateTime.parse(text.length() == 16 ? text + ":00" : text, SnapshotTable.TIME);
      return Objects.requireNonNull(time).atZone(ZoneId.systemDefault()).toInstant();
    } catch (DateTimeException e) {
      throw new Failure.Invalid("'" + text + "' is not '2006-01-02 15:04:05'", null, e);
    }
  }
}
