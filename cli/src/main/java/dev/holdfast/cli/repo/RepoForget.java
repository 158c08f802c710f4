package dev.holdfast.cli.repo;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.forget.KeepPolicy;
import dev.holdfast.repository.lock.HeldLock;
import dev.holdfast.repository.prune.Prune;
import dev.holdfast.repository.snapshot.SavedSnapshot;
import dev.holdfast.repository.snapshot.SnapshotFilter;
import dev.holdfast.repository.snapshot.SnapshotGroup;
import dev.holdfast.repository.snapshot.Snapshots;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast repo forget}. */
@Command(
    name = "forget",
    description = {
      "Remove snapshots: the named ones, or those that a policy does not keep.",
      "The policy is applied to each group of snapshots on its own. Data that no snapshot needs any"
          + " more stays until prune removes it."
    })
final class RepoForget implements Callable<Integer> {

  @Parameters(
      arity = "0..*",
      paramLabel = "SNAPSHOT",
      description = "Remove these, whatever the policy.")
  List<String> names = List.of();

  @Mixin final KeepFlags keep = new KeepFlags();

  @Option(
      names = "--host",
      paramLabel = "HOST",
      description = "Only snapshots of this host; may be repeated. Default: $$RESTIC_HOST, any.")
  List<String> hosts = List.of();

  @Option(
      names = "--tag",
      paramLabel = "TAG[,TAG...]",
      description = "Only snapshots that have all these tags; repeated: or all those.")
  List<String> tags = List.of();

  @Option(
      names = "--path",
      paramLabel = "PATH",
      description = "Only snapshots of this path; repeated: of all of them.")
  List<String> paths = List.of();

  @Option(
      names = {"-g", "--group-by"},
      paramLabel = "host,paths,tags",
      description = "What makes a group; '' for one of all. Default: ${DEFAULT-VALUE}.")
  String groupBy = "host,paths";

  @Option(
      names = "--unsafe-allow-remove-all",
      description = "Without a policy, remove all that --host, --tag and --path choose.")
  boolean removeAll;

  @Option(
      names = {"-c", "--compact"},
      description = "Fewer columns.")
  boolean compact;

  @Option(
      names = {"-n", "--dry-run"},
      description = "Remove nothing, only say what would be removed.")
  boolean dryRun;

  @Option(names = "--prune", description = "Then prune, if a snapshot was removed.")
  boolean prune;

  @Mixin final PruneFlags pruning = new PruneFlags();
  @Mixin final LockFlags locks = new LockFlags();
  @Mixin final RepoFlags flags;

  private final Session session;

  RepoForget(Session session) {
    this.session = session;
    this.flags = new RepoFlags(session);
  }

  @Override
  public Integer call() {
    if (session.global().yes()) {
      throw new Failure.Invalid(
          "forget asks nothing, so --yes was perhaps meant to be --keep-yearly: nothing was"
              + " removed");
    }
    KeepPolicy policy = keep.policy();
    SnapshotFilter filter = FilterFlags.of(hosts, tags, paths, session.console().environment());
    SnapshotGroup.By by = SnapshotGroup.By.parse(groupBy);
    refuseToRemoveAll(policy, filter);
    Operation op = session.operation();
    try (OpenRepository open = flags.open();
        HeldLock lock = locks.exclusive(open.repository(), session, dryRun)) {
      List<SavedSnapshot> found = new Snapshots(open.repository()).find(op, filter, names);
      List<Judged> judged =
          names.isEmpty() ? judge(op, policy, SnapshotGroup.group(found, by)) : List.of();
      List<SavedSnapshot> remove =
          names.isEmpty()
              ? judged.stream().flatMap(one -> one.verdict().remove().stream()).toList()
              : found;
      if (!flags.json()) {
        judged.forEach(one -> print(one, judged.size() > 1));
      }
      remove(op, open, lock, remove);
      if (flags.json() && names.isEmpty()) {
        session.out().println(Json.string(json(judged)));
      }
      if (prune && !remove.isEmpty()) {
        prune(op, open.repository(), lock, remove);
      }
    }
    return ExitCode.OK;
  }

  private void prune(
      Operation op, Repository repository, @Nullable HeldLock lock, List<SavedSnapshot> removed) {
    try (PruneReport report = new PruneReport(session, flags.json())) {
      Prune run = new Prune(repository, pruning.options(), report);
      Set<Id> without = removed.stream().map(SavedSnapshot::id).collect(Collectors.toSet());
      report.print(run.plan(op, without), dryRun);
      if (!dryRun && lock != null) {
        run.run(op, lock);
      }
    }
  }

  /** A group and what is to become of its snapshots. */
  private record Judged(SnapshotGroup group, KeepPolicy.Verdict verdict) {}

  private void refuseToRemoveAll(KeepPolicy policy, SnapshotFilter filter) {
    if (!names.isEmpty() || !policy.isEmpty()) {
      return;
    }
    if (!removeAll) {
      throw new Failure.Invalid(
          "No policy was given: nothing was removed",
          "give one of --keep-last, --keep-daily, …, --keep-within, --keep-tag, or name snapshots");
    }
    if (filter.isEmpty()) {
      throw new Failure.Invalid(
          "--unsafe-allow-remove-all needs one of --host, --tag and --path: nothing was removed");
    }
  }

  private List<Judged> judge(Operation op, KeepPolicy policy, List<SnapshotGroup> groups) {
    if (!flags.json()) {
      session.say("Applying policy: " + policy);
    }
    List<Judged> judged = new ArrayList<>();
    for (SnapshotGroup group : groups) {
      KeepPolicy.Verdict verdict =
          policy.apply(group.snapshots(), op.now(), ZoneId.systemDefault());
      if (verdict.keep().isEmpty() && !policy.isEmpty()) {
        throw new Failure.Invalid(
            "The policy keeps no snapshot of a group (" + group.key() + "): nothing was removed",
            "keep one with --keep-last 1, or name the snapshots that are to be removed");
      }
      judged.add(new Judged(group, verdict));
    }
    return judged;
  }

  private void remove(
      Operation op, OpenRepository open, @Nullable HeldLock lock, List<SavedSnapshot> remove) {
    if (dryRun || lock == null) {
      if (!flags.json() && !remove.isEmpty()) {
        session.say("Would have removed the following snapshots:");
        session.say(String.join(" ", remove.stream().map(SavedSnapshot::shortId).toList()));
      }
      return;
    }
    new Snapshots(open.repository()).remove(op, remove, lock);
    if (!flags.json() && (!remove.isEmpty() || !names.isEmpty())) {
      session.say("removed " + remove.size() + " snapshots");
    }
  }

  private void print(Judged judged, boolean several) {
    if (session.global().quiet()) {
      return;
    }
    var out = session.out();
    if (several) {
      out.println("snapshots for (" + judged.group().key() + "):");
    }
    SnapshotTable table = new SnapshotTable(compact);
    List<KeepPolicy.Kept> keep = judged.verdict().keep().reversed();
    if (!keep.isEmpty()) {
      Map<Id, List<String>> reasons = new HashMap<>();
      keep.forEach(kept -> reasons.put(kept.snapshot().id(), kept.reasons()));
      out.println("keep " + keep.size() + " snapshots:");
      table.print(out, keep.stream().map(KeepPolicy.Kept::snapshot).toList(), reasons);
      out.println();
    }
    List<SavedSnapshot> remove = judged.verdict().remove().reversed();
    if (!remove.isEmpty()) {
      out.println("remove " + remove.size() + " snapshots:");
      table.print(out, remove, Map.of());
      out.println();
    }
  }

  private static ArrayNode json(List<Judged> judged) {
    ArrayNode all = Json.MAPPER.createArrayNode();
    for (Judged one : judged) {
      ObjectNode key = one.group().key().json();
      ObjectNode group = all.addObject();
      group.set("tags", key.get("tags"));
      group.set("host", key.get("hostname"));
      group.set("paths", key.get("paths"));
      List<KeepPolicy.Kept> keep = one.verdict().keep();
      group.set("keep", list(keep.stream().map(KeepPolicy.Kept::snapshot).toList()));
      group.set("remove", list(one.verdict().remove()));
      ArrayNode reasons = Json.MAPPER.createArrayNode();
      for (KeepPolicy.Kept kept : keep) {
        ObjectNode reason = reasons.addObject();
        reason.set("snapshot", RepoSnapshots.json(kept.snapshot()));
        kept.reasons().forEach(reason.putArray("matches")::add);
      }
      group.set("reasons", reasons.isEmpty() ? Json.MAPPER.nullNode() : reasons);
    }
    return all;
  }

  /** restic writes null for none. */
  private static com.fasterxml.jackson.databind.JsonNode list(List<SavedSnapshot> snapshots) {
    if (snapshots.isEmpty()) {
      return Json.MAPPER.nullNode();
    }
    ArrayNode list = Json.MAPPER.createArrayNode();
    snapshots.forEach(snapshot -> list.add(RepoSnapshots.json(snapshot)));
    return list;
  }
}
