package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.restore.ItemWriter.Written;
import dev.holdfast.engine.restore.Preparation.Hopeless;
import dev.holdfast.engine.restore.Preparation.Prepared;
import dev.holdfast.engine.restore.Preparation.Ready;
import dev.holdfast.engine.restore.Preparation.Unwanted;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Operation;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Writes the items of a restore, wave by wave, the items of a wave at the same time. An item that
 * cannot be written is a result like any other; only what concerns all of them ends the restore.
 */
final class Apply {

  /** From here on come what uses claims, and what makes it. */
  private static final int PODS = Priorities.of(new GroupResource("", "pods"));

  private final Cluster cluster;
  private final Draught draught;
  private final Ledger ledger;
  private final Journal journal;
  private final RunMark mark;
  private final RestoreOptions options;
  private final Progress progress;
  private final ItemWriter writer;
  private final Namespaces namespaces;
  private final Links links;
  private final SecondWrites second;
  private final List<String> remarks = new CopyOnWriteArrayList<>();
  private final List<String> problems = new CopyOnWriteArrayList<>();
  private final @Nullable VolumeFill fill;

  /** Null until the claims are filled, before what uses them comes. */
  private volatile @Nullable HeldBack held;

  /** Namespaces that were still being deleted when patience ended: nothing can be created there. */
  private final Set<String> ending = ConcurrentHashMap.newKeySet();

  /**
   * @param fill run before the first wave of pods; null if volumes are not filled
   */
  Apply(
      Cluster cluster,
      Draught draught,
      Ledger ledger,
      Journal journal,
      RunMark mark,
      RestoreOptions options,
      Progress progress,
      @Nullable VolumeFill fill) {
    this.fill = fill;
    this.cluster = cluster;
    this.draught = draught;
    this.ledger = ledger;
    this.journal = journal;
    this.mark = mark;
    this.options = options;
    this.progress = progress;
    this.namespaces = new Namespaces(cluster, draught.discovery(), options.patience(), progress);
    this.links = new Links(cluster, draught, ledger);
    this.second = new SecondWrites(cluster, mark, options.existing());
    this.writer =
        new ItemWriter(
            cluster,
            mark,
            options.existing(),
            Boolean.TRUE.equals(options.spec().preserveNodePorts()),
            new Recreation(
                cluster, draught.discovery(), options.patience(), draught::restoresTarget),
            second,
            intents(),
            fill == null ? _ -> false : fill::fills);
  }

  private ItemWriter.Intents intents() {
    return new ItemWriter.Intents() {
      @Override
      public void add(ItemKey source) {
        journal.add(ledger.intend(source));
        journal.flush();
      }

      @Override
      public boolean contain(ItemKey source) {
        return ledger.intended(source);
      }
    };
  }

  /** What the user should know beyond single items. */
  List<String> remarks() {
    List<String> all = new ArrayList<>(remarks);
    all.addAll(fill == null ? List.of() : fill.remarks());
    return all;
  }

  /** How many items took a second write. */
  long secondWrites() {
    return second.count();
  }

  /**
   * @throws Failure if the cluster, the journal or the user ends it; it can then be resumed
   */
  void run(Operation op) {
    count();
    boolean named = false;
    boolean filled = false;
    for (BitSet wave : draught.order().waves()) {
      if (!filled && Priorities.of(draught.spool().key(wave.nextSetBit(0)).type()) >= PODS) {
        fill(op);
        filled = true;
      }
      if (!named && Priorities.of(draught.spool().key(wave.nextSetBit(0)).type()) > 0) {
        bareNamespaces(op);
        named = true;
      }
      wave(op, wave);
    }
    if (!filled) {
      fill(op);
    }
    lateLinks(op);
    links.missing(op).ifPresent(remarks::add);
    journal.flush();
  }

  private void fill(Operation op) {
    if (fill != null) {
      journal.flush();
      fill.run(op);
      count();
    }
    held =
        new HeldBack(
            fill == null ? Set.of() : fill.unsafe(),
            NotRestored.emptyClaims(options.spec(), draught, ledger),
            mark);
  }

  /** Begins to count where the ledger is. */
  private void count() {
    progress.phase("restore");
    progress.total(draught.set().size(), 0);
    progress.advance(draught.set().numbers().stream().filter(ledger::done).count(), 0);
  }

  /** The user should know something that came after all items. */
  void remark(String sentence) {
    remarks.add(sentence);
  }

  /** Something is missing that came after all items. */
  void problem(String sentence) {
    problems.add(sentence);
  }

  /** What is missing beyond single items. */
  List<String> problems() {
    List<String> all = new ArrayList<>(fill == null ? List.of() : fill.problems());
    all.addAll(problems);
    return all;
  }

  private void wave(Operation op, BitSet wave) {
    op.forEach(
        wave.stream().filter(n -> !ledger.done(n)).boxed().iterator(),
        options.parallel(),
        number -> one(op, number));
    if (draught.spool().key(wave.nextSetBit(0)).type().equals(Kinds.DEFINITIONS)) {
      establish(op, wave);
    }
  }

  private void one(Operation op, int number) {
    journal.check();
    Prepared prepared = draught.preparation().prepare(number);
    HeldBack holding = held;
    if (holding != null && prepared instanceof Ready ready) {
      prepared = holding.hold(ready);
    }
    switch (prepared) {
      case Unwanted unwanted -> note(number, skipped(number, unwanted.reason()));
      case Hopeless hopeless -> note(number, failed(number, hopeless.reason()));
      case Ready ready when ending.contains(ready.target().namespace()) -> notTried(ready);
      case Ready ready -> write(op, ready);
    }
    progress.advance(1, 0);
  }

  /** Named in the results; the user heard it once, of the namespace. */
  private void notTried(Ready ready) {
    String error = "not tried: namespace " + ready.target().namespace() + " is being deleted";
    journal.add(ledger.record(failed(ready.number(), error), null));
  }

  private Optional<ObjectNode> settled(Operation op, String namespace) {
    try {
      return namespaces.settled(op, namespace);
    } catch (Failure.Conflict e) {
      ending.add(namespace);
      throw e;
    }
  }

  private void write(Operation op, Ready ready) {
    int number = ready.number();
    try {
      if (ready.target().type().equals(Kinds.NAMESPACES)) {
        Optional<ObjectNode> live = settled(op, ready.target().name());
        if (foreign(live) && draught.set().ensured().get(number)) {
          live.ifPresent(namespace -> ledger.present(number, Target.uid(namespace)));
          return;
        }
      }
      Written written = writer.write(op, ready, links.of(op, ready));
      note(number, written.result(), written.uid());
    } catch (Failure.Unreachable e) {
      if (!namespaces.answers(op)) {
        throw e;
      }
      note(number, failed(number, e.describe()));
    } catch (Failure.Cancelled | Failure.Throttled | Failure.Locked e) {
      throw e;
    } catch (Failure e) {
      if (e instanceof Failure.Denied denied && denied.ofEverything()) {
        throw e;
      }
      note(number, failed(number, e.describe()));
    }
  }

  /** Whether it is there, and not by this restore's doing. */
  private boolean foreign(Optional<ObjectNode> live) {
    return live.isPresent() && mark.of(live.get()).isEmpty();
  }

  private ItemResult skipped(int number, String reason) {
    ItemKey source = draught.spool().key(number);
    return ItemResult.skipped(source, draught.target(source), reason);
  }

  private ItemResult failed(int number, String error) {
    ItemKey source = draught.spool().key(number);
    return ItemResult.failed(source, draught.target(source), error);
  }

  private void note(int number, ItemResult result) {
    note(number, result, "");
  }

  private void note(int number, ItemResult result, String uid) {
    boolean asked = draught.owners().owns(number) && !uid.isEmpty();
    journal.add(ledger.record(result, asked ? uid : null));
    result.warnings().forEach(progress::warning);
    if (result.error() != null) {
      progress.error(result.target() + ": " + result.error());
    }
  }

  /** Namespaces that items go to and of which the backup has no object. */
  private void bareNamespaces(Operation op) {
    for (String name : draught.set().bare()) {
      ItemKey key = new ItemKey(Kinds.NAMESPACES, "", name);
      try {
        if (!foreign(settled(op, name))) {
          namespaces.createBare(op, name, draught.backup().name(), mark);
          journal.add(ledger.record(ItemResult.of(key, key, Outcome.CREATED), null));
        }
      } catch (Failure.Denied | Failure.Rejected | Failure.Conflict e) {
        journal.add(ledger.record(ItemResult.failed(key, key, e.describe()), null));
        progress.error(key + ": " + e.describe());
      }
    }
  }

  private void establish(Operation op, BitSet wave) {
    List<String> names = new ArrayList<>();
    wave.stream()
        .filter(n -> ledger.outcome(n).filter(o -> o != Outcome.FAILED).isPresent())
        .filter(n -> ledger.outcome(n).filter(o -> o != Outcome.IDENTICAL).isPresent())
        .forEach(n -> names.add(draught.spool().key(n).name()));
    if (names.isEmpty()) {
      return;
    }
    draught
        .discovery()
        .find(Kinds.DEFINITIONS)
        .ifPresent(type -> {
          Discovery now =
              new Definitions(cluster, type, options.patience()).await(op, names, remarks::add);
          draught.preparation().served(now);
        });
  }

  /**
   * References that close a circle, lead to an owner that had to come later, or to one that only
   * this attempt could write.
   */
  private void lateLinks(Operation op) {
    op.forEach(
        links.late().boxed().iterator(),
        options.parallel(),
        number -> {
          Optional<Outcome> outcome = ledger.outcome(number);
          if (outcome.isPresent()
              && outcome.get() != Outcome.FAILED
              && outcome.get() != Outcome.SKIPPED
              && draught.preparation().prepare(number) instanceof Ready ready) {
            link(op, ready);
          }
        });
  }

  private void link(Operation op, Ready ready) {
    ArrayNode owners = links.of(op, ready);
    try {
      second.link(op, ready, owners);
    } catch (Failure.Denied | Failure.Rejected | Failure.Absent | Failure.Conflict e) {
      if (e instanceof Failure.Denied denied && denied.ofEverything()) {
        throw e;
      }
      remarks.add(ready.target() + " is restored without its owner: " + e.describe());
    }
  }
}
