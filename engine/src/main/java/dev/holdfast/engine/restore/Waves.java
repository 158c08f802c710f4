package dev.holdfast.engine.restore;

import dev.holdfast.engine.spool.Spool;
import dev.holdfast.model.GroupResource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The order of a restore: waves one after the other, the items of a wave at the same time. A wave
 * is a place in Velero's order of types; what is owned comes after its owner, be it later than its
 * type's place, except what others need first. Items that own each other in a circle stay at their
 * places, without the references that close the circle: those are written afterwards.
 */
final class Waves {

  /** Place in the order of types, then steps behind an owner. */
  private record Place(int type, int step) implements Comparable<Place> {
    @Override
    public int compareTo(Place other) {
      return type != other.type
          ? Integer.compare(type, other.type)
          : Integer.compare(step, other.step);
    }
  }

  private final Spool spool;
  private final Owners owners;
  private final IntPredicate fixed;
  private final Map<Integer, Place> moved = new HashMap<>();
  private final Set<Integer> onTheWay = new HashSet<>();
  private final Set<Integer> late = new HashSet<>();
  private final Map<GroupResource, Place> places = new HashMap<>();

  private Waves(Spool spool, Owners owners, IntPredicate fixed) {
    this.spool = spool;
    this.owners = owners;
    this.fixed = fixed;
  }

  /**
   * @param waves numbers of items
   * @param late items that get owner references by a second write, when all are there
   */
  record Order(List<BitSet> waves, Set<Integer> late) {}

  /**
   * @param needed items that another one needs: they stay at their place, whoever owns them, as do
   *     all of the types that others need first
   */
  static Order of(Spool spool, Owners owners, BitSet numbers, BitSet needed) {
    Waves waves =
        new Waves(
            spool, owners, i -> needed.get(i) || Kinds.NEEDED_FIRST.contains(spool.key(i).type()));
    TreeMap<Place, BitSet> order = new TreeMap<>();
    for (int i = numbers.nextSetBit(0); i >= 0; i = numbers.nextSetBit(i + 1)) {
      order.computeIfAbsent(waves.place(i), _ -> new BitSet()).set(i);
    }
    return new Order(new ArrayList<>(order.values()), Set.copyOf(waves.late));
  }

  /** An item on the way to its owners: those that are still to be asked, and its place so far. */
  private final class Step {
    final int item;
    final Iterator<Integer> open;
    Place place;

    Step(int item) {
      this.item = item;
      this.open = owners.of(item).values().iterator();
      this.place = ownPlace(item);
    }

    void behind(Place owner) {
      if (owner.compareTo(place) < 0) {
        return;
      }
      if (fixed.test(item)) {
        late.add(item);
      } else {
        place = new Place(owner.type(), owner.step() + 1);
      }
    }
  }

  private @Nullable Place known(int item) {
    return owners.of(item).isEmpty() ? ownPlace(item) : moved.get(item);
  }

  /** Without recursion: how long a chain of owners is, the archive decides. */
  private Place place(int item) {
    Place known = known(item);
    if (known != null) {
      return known;
    }
    Deque<Step> way = new ArrayDeque<>();
    way.push(enter(item));
    while (true) {
      Step step = way.peek();
      if (step.open.hasNext()) {
        int owner = step.open.next();
        Place place = known(owner);
        if (onTheWay.contains(owner)) {
          late.add(step.item);
        } else if (place != null) {
          step.behind(place);
        } else {
          way.push(enter(owner));
        }
        continue;
      }
      way.pop();
      onTheWay.remove(step.item);
      moved.put(step.item, step.place);
      if (way.isEmpty()) {
        return step.place;
      }
      way.peek().behind(step.place);
    }
  }

  private Step enter(int item) {
    onTheWay.add(item);
    return new Step(item);
  }

  private Place ownPlace(int item) {
    return places.computeIfAbsent(spool.key(item).type(), t -> new Place(Priorities.of(t), 0));
  }
}
