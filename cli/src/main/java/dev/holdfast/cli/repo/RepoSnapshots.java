package dev.holdfast.cli.repo;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.model.Json;
import dev.holdfast.repository.lock.HeldLock;
import dev.holdfast.repository.snapshot.SavedSnapshot;
import dev.holdfast.repository.snapshot.SnapshotFilter;
import dev.holdfast.repository.snapshot.SnapshotGroup;
import dev.holdfast.repository.snapshot.Snapshots;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast repo snapshots}. */
@Command(name = "snapshots", description = "List snapshots.")
final class RepoSnapshots implements Callable<Integer> {

  @Parameters(arity = "0..*", paramLabel = "SNAPSHOT", description = "Only these. Default: all.")
  List<String> names = List.of();

  @Mixin final FilterFlags filter = new FilterFlags();

  @Option(
      names = {"-c", "--compact"},
      description = "Fewer columns.")
  boolean compact;

  @Option(names = "--latest", paramLabel = "N", description = "Only the newest N of each group.")
  int latest;

  @Option(
      names = {"-g", "--group-by"},
      paramLabel = "host,paths,tags",
      description = "Separate lists, by any of these.")
  @Nullable String groupBy;

  @Mixin final LockFlags locks = new LockFlags();
  @Mixin final RepoFlags flags;

  private final Session session;

  RepoSnapshots(Session session) {
    this.session = session;
    this.flags = new RepoFlags(session);
  }

  @Override
  public Integer call() {
    SnapshotGroup.By by = SnapshotGroup.By.parse(groupBy == null ? "" : groupBy);
    SnapshotFilter wanted = filter.filter(session.console().environment());
    try (OpenRepository open = flags.openToRead();
        HeldLock _ = locks.shared(open.repository(), session)) {
      List<SavedSnapshot> found =
          new Snapshots(open.repository()).find(session.operation(), wanted, names);
      List<SnapshotGroup> groups =
          SnapshotGroup.group(found, by).stream().map(this::newest).toList();
      if (flags.json()) {
        session.out().println(Json.string(json(groups)));
      } else if (groups.isEmpty()) {
        session.say("There is no snapshot" + (found.isEmpty() && wanted.isEmpty() ? " yet." : "."));
      } else {
        groups.forEach(this::print);
      }
    }
    return ExitCode.OK;
  }

  /** With {@code --latest}: the newest of those that agree in host and paths. */
  private SnapshotGroup newest(SnapshotGroup group) {
    if (latest <= 0) {
      return group;
    }
    List<SavedSnapshot> kept = new ArrayList<>();
    for (SnapshotGroup inner :
        SnapshotGroup.group(group.snapshots(), SnapshotGroup.By.HOST_AND_PATHS)) {
      List<SavedSnapshot> all = inner.snapshots();
      kept.addAll(all.subList(Math.max(0, all.size() - latest), all.size()));
    }
    kept.sort(java.util.Comparator.comparing(SavedSnapshot::time));
    return new SnapshotGroup(group.key(), kept);
  }

  private ArrayNode json(List<SnapshotGroup> groups) {
    ArrayNode all = Json.MAPPER.createArrayNode();
    for (SnapshotGroup group : groups) {
      ArrayNode target = all;
      if (groupBy != null && !groupBy.isEmpty()) {
        ObjectNode object = all.addObject();
        object.set("group_key", group.key().json());
        target = object.putArray("snapshots");
      }
      for (SavedSnapshot snapshot : group.snapshots()) {
        target.add(json(snapshot));
      }
    }
    return all;
  }

  /** The snapshot's own members, and its id. */
  static ObjectNode json(SavedSnapshot snapshot) {
    ObjectNode json = Json.tree(snapshot.snapshot());
    return json.put("id", snapshot.id().toString()).put("short_id", snapshot.shortId());
  }

  private void print(SnapshotGroup group) {
    if (groupBy != null && !groupBy.isEmpty()) {
      session.out().println("snapshots for (" + group.key() + "):");
    }
    new SnapshotTable(compact).print(session.out(), group.snapshots(), Map.of());
  }
}
