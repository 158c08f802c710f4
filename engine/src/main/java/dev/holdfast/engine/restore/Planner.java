package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.ListOptions;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.restore.Preparation.Hopeless;
import dev.holdfast.engine.restore.Preparation.Ready;
import dev.holdfast.engine.restore.Preparation.Unwanted;
import dev.holdfast.engine.restore.action.Comparison;
import dev.holdfast.engine.restore.action.ServiceAccountMerge;
import dev.holdfast.engine.volume.VolumeRepositories;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import dev.holdfast.store.ObjectStore;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Says what a restore would do. It reads, and writes nothing, unless admission is to be asked: then
 * it sends what it would write with {@code dryRun=All}.
 *
 * <p>Objects of one type in one namespace are listed where there are several to look at, which
 * costs a request a page instead of one an item.
 */
public final class Planner {

  /** Up to so many items of a type and namespace are asked for one by one. */
  private static final int SINGLE = 3;

  /** Items of one type that go to one namespace. */
  private record Group(ResourceType type, String namespace) {}

  private enum Right {
    YES,
    NO,
    UNKNOWN
  }

  private final Cluster cluster;
  private final ObjectStore location;
  private final RestoreOptions options;
  private final boolean serverDryRun;
  private final Progress progress;
  private final @Nullable VolumeRepositories repositories;

  /**
   * @param serverDryRun ask admission too
   * @param repositories where the content of volumes is; null if there is no password
   */
  public Planner(
      Cluster cluster,
      ObjectStore location,
      RestoreOptions options,
      boolean serverDryRun,
      Progress progress,
      @Nullable VolumeRepositories repositories) {
    this.repositories = repositories;
    this.cluster = cluster;
    this.location = location;
    this.options = options;
    this.serverDryRun = serverDryRun;
    this.progress = progress;
  }

  /**
   * @throws Failure as {@link RestoreRun#run} does for a request that is wrong
   */
  public Plan plan(Operation op) {
    RestoreRules.check(options.spec());
    try (OpenBackup backup = new Opener(location, options, progress).open(op)) {
      Discovery discovery = cluster.discover(op);
      Draught draught =
          Draught.of(
              backup,
              discovery,
              options,
              RestoreRun.storageClasses(op, cluster, discovery, options),
              repositories != null && volumes());
      draught
          .remarks()
          .addAll(NodeCheck.check(op, cluster, discovery, options.inputs().nodeMapping()));
      if (repositories != null && volumes()) {
        VolumeContent.probe(op, draught, repositories);
      }
      return new Run(op, draught).plan();
    }
  }

  private boolean volumes() {
    return !Boolean.FALSE.equals(options.spec().restorePVs());
  }

  private final class Run {
    private final Operation op;
    private final Draught draught;
    private final DryRun dryRun;
    private final Recreation recreation;
    private final AtomicReferenceArray<PlanEntry> entries;
    private final Map<Group, Right> rights = new ConcurrentHashMap<>();
    private final Namespaces namespaces;

    /** Namespace → whether it is being deleted. */
    private final Map<String, Boolean> ending = new ConcurrentHashMap<>();

    Run(Operation op, Draught draught) {
      this.op = op;
      this.draught = draught;
      this.namespaces = new Namespaces(cluster, draught.discovery(), options.patience(), progress);
      this.dryRun = new DryRun(cluster, draught, namespaces);
      this.entries = new AtomicReferenceArray<>(draught.spool().size());
      this.recreation =
          new Recreation(cluster, draught.discovery(), options.patience(), draught::restoresTarget);
    }

    Plan plan() {
      progress.phase("plan");
      progress.total(draught.set().size(), 0);
      op.forEach(groups().entrySet().iterator(), 8, e -> look(e.getKey(), e.getValue()));
      List<PlanEntry> all = new ArrayList<>();
      for (BitSet wave : draught.order().waves()) {
        wave.stream().mapToObj(entries::get).filter(Objects::nonNull).forEach(all::add);
      }
      return new Plan(
          draught.backup().name(),
          all,
          volumes()
              ? new VolumePlan(op, cluster, draught, options, repositories != null).of(entries::get)
              : List.of(),
          remarks());
    }

    private List<String> remarks() {
      List<String> remarks = new ArrayList<>(draught.remarks());
      remarks.addAll(LocalVolumes.ways(op, cluster, draught));
      remarks.addAll(NotRestored.of(options.spec(), draught));
      draught.set().bare().stream()
          .filter(name -> cluster.get(op, namespaces.type(), "", name).isEmpty())
          .forEach(name -> remarks.add("Namespace " + name + " is created"));
      return remarks;
    }

    /** Decides what the item alone decides, and sorts the rest by where to look. */
    private Map<Group, List<Integer>> groups() {
      Map<Group, List<Integer>> groups = new LinkedHashMap<>();
      BitSet numbers = draught.set().numbers();
      for (int i = numbers.nextSetBit(0); i >= 0; i = numbers.nextSetBit(i + 1)) {
        ItemKey source = draught.spool().key(i);
        ItemKey target = draught.target(source);
        switch (draught.preparation().prepare(i)) {
          case Unwanted u -> decided(i, PlanEntry.of(source, target, Action.SKIP, u.reason()));
          case Hopeless h -> decided(i, hopeless(source, target, h));
          case Ready r ->
              groups
                  .computeIfAbsent(
                      new Group(r.type(), r.target().namespace()), _ -> new ArrayList<>())
                  .add(i);
        }
      }
      return groups;
    }

    private void decided(int number, PlanEntry entry) {
      entries.set(number, entry);
      progress.advance(1, 0);
    }

    /** What this restore defines itself cannot be there yet. */
    private PlanEntry hopeless(ItemKey source, ItemKey target, Hopeless hopeless) {
      boolean defined =
          !draught.preparation().serves(source.type())
              && draught.restoresTarget(
                  new ItemKey(Kinds.DEFINITIONS, "", source.type().toString()));
      if (!defined) {
        return PlanEntry.of(source, target, Action.FAILS, hopeless.reason());
      }
      PlanEntry entry = PlanEntry.of(source, target, Action.CREATE, "after its definition");
      ItemKey definition = new ItemKey(Kinds.DEFINITIONS, "", source.type().toString());
      return serverDryRun ? DryRun.unknown(entry, definition) : entry;
    }

    private void look(Group group, List<Integer> numbers) {
      try {
        if (ending(group.namespace())) {
          numbers.forEach(n -> later(n, "once its namespace, which is being deleted, has gone"));
        } else if (numbers.size() <= SINGLE) {
          numbers.forEach(n -> decide(n, single(group, n)));
        } else {
          listed(group, numbers);
        }
      } catch (Failure.Denied e) {
        numbers.forEach(n -> deny(group, n, e));
      }
      progress.advance(numbers.size(), 0);
    }

    private boolean ending(String namespace) {
      return !namespace.isEmpty()
          && ending.computeIfAbsent(
              namespace,
              name -> {
                try {
                  return cluster
                      .get(op, namespaces.type(), "", name)
                      .map(Target::tree)
                      .filter(Target::terminating)
                      .isPresent();
                } catch (Failure.Denied e) {
                  return false;
                }
              });
    }

    /** It is created when something has gone; until then nobody can say what admission says. */
    private void later(int number, String when) {
      ItemKey source = draught.spool().key(number);
      PlanEntry entry = PlanEntry.of(source, draught.target(source), Action.CREATE, when);
      entries.set(
          number,
          serverDryRun ? entry.because(Action.UNKNOWN, "admission can be asked " + when) : entry);
    }

    private Optional<ObjectNode> single(Group group, int number) {
      ItemKey target = draught.target(draught.spool().key(number));
      return cluster.get(op, group.type(), group.namespace(), target.name()).map(Target::tree);
    }

    private void listed(Group group, List<Integer> numbers) {
      Map<String, Integer> missing = new LinkedHashMap<>();
      numbers.forEach(n -> missing.put(draught.target(draught.spool().key(n)).name(), n));
      cluster.list(
          op,
          group.type(),
          group.namespace(),
          ListOptions.ALL,
          item -> {
            Integer number = missing.remove(item.name());
            if (number != null) {
              decide(number, Optional.of(Target.tree(item)));
            }
          });
      missing.values().forEach(n -> decide(n, Optional.empty()));
    }

    private void deny(Group group, int number, Failure.Denied denied) {
      ItemKey source = draught.spool().key(number);
      ItemKey target = draught.target(source);
      entries.set(
          number,
          mayCreate(group) == Right.NO
              ? PlanEntry.of(source, target, Action.DENIED, denied.getMessage())
              : PlanEntry.of(
                  source, target, Action.UNKNOWN, "it may not be read: " + denied.getMessage()));
    }

    private void decide(int number, Optional<ObjectNode> live) {
      if (!(draught.preparation().prepare(number) instanceof Ready ready)) {
        return;
      }
      if (ready.target().type().equals(Kinds.NAMESPACES)
          && live.filter(Target::terminating).isPresent()) {
        later(number, "once the one that is being deleted has gone");
        return;
      }
      if (live.filter(Target::terminating).isPresent()) {
        entries.set(
            number,
            PlanEntry.of(
                ready.item().source(),
                ready.target(),
                Action.UNKNOWN,
                "it is being deleted: it is created if it has gone by then"));
        return;
      }
      if (live.isPresent() && draught.set().ensured().get(number)) {
        return; // a namespace that only has to be there
      }
      PlanEntry entry = live.isPresent() ? existing(ready, live.get()) : absent(ready);
      entries.set(number, serverDryRun ? dryRun.ask(op, ready, live, entry) : entry);
    }

    private PlanEntry absent(Ready ready) {
      ItemKey source = ready.item().source();
      GroupResource type = ready.type().groupResource();
      return switch (mayCreate(new Group(ready.type(), ready.target().namespace()))) {
        case YES -> PlanEntry.of(source, ready.target(), Action.CREATE, null);
        case NO ->
            PlanEntry.of(
                source,
                ready.target(),
                Action.DENIED,
                "the caller may not create " + type + " there");
        case UNKNOWN ->
            PlanEntry.of(
                source,
                ready.target(),
                Action.UNKNOWN,
                "the server does not say whether the caller may create " + type);
      };
    }

    private Right mayCreate(Group group) {
      return rights.computeIfAbsent(
          group,
          g -> {
            try {
              return cluster.may(op, "create", g.type().groupResource(), g.namespace())
                  ? Right.YES
                  : Right.NO;
            } catch (Failure.Denied | Failure.Rejected | Failure.Absent e) {
              return Right.UNKNOWN;
            }
          });
    }

    private PlanEntry existing(Ready ready, ObjectNode live) {
      ItemKey source = ready.item().source();
      Comparison comparison = Comparison.of(ready.target().type(), live, ready.item().item());
      if (comparison.same()) {
        List<String> released = ReleasedVolume.warnings(ready.target().type(), live);
        return PlanEntry.of(
            source,
            ready.target(),
            Action.IDENTICAL,
            released.isEmpty() ? null : released.getFirst());
      }
      if (ready.target().type().equals(Kinds.SERVICE_ACCOUNTS)) {
        return ServiceAccountMerge.patch(live, ready.item().item()).isEmpty()
            ? PlanEntry.of(source, ready.target(), Action.IDENTICAL, null)
            : PlanEntry.differs(source, ready.target(), "merge", null, comparison.changes());
      }
      Optional<String> refusal =
          options.existing() == ExistingPolicy.RECREATE
              ? recreation.refusal(op, ready, live)
              : Optional.empty();
      String then =
          switch (options.existing()) {
            case NONE -> "keep";
            case UPDATE -> "update";
            case RECREATE -> refusal.isPresent() ? "keep" : "recreate";
          };
      return PlanEntry.differs(
          source, ready.target(), then, refusal.orElse(null), comparison.changes());
    }
  }
}
