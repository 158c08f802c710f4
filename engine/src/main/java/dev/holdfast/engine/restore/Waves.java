package dev.holdfast.engine.restore;

import dev.holdfast.engine.spool.Spool;
import dev.holdfast.model.GroupResource;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The order of a restore: waves one after the other, the items of a wave at the same time. A wave
 * is a place in Velero's order of types; what is owned comes after its owner, be it later than its
 * type's place. Items that own each other in a circle stay at their places, without the references
 * that close the circle: those are written afterwards.
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
  private final Set<Integer> fixed;
  private final Map<Integer, Place> moved = new HashMap<>();
  private final Set<Integer> onTheWay = new HashSet<>();
  private final Set<Integer> late = new HashSet<>();
  private final Map<GroupResource, Place> places = new HashMap<>();

  private Waves(Spool spool, Owners owners, Set<Integer> fixed) {
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
   * @param needed items that another one needs: they stay at their place, whoever owns them
   */
  static Order of(Spool spool, Owners owners, BitSet numbers, BitSet needed) {
    Set<Integer> fixed = new HashSet<>();
    needed.stream().forEach(fixed::add);
    Waves waves = new Waves(spool, owners, fixed);
    TreeMap<Place, BitSet> order = new TreeMap<>();
    for (int i = numbers.nextSetBit(0); i >= 0; i = numbers.nextSetBit(i + 1)) {
      order.computeIfAbsent(waves.place(i), _ -> new BitSet()).set(i);
    }
    return new Order(new ArrayList<>(order.values()), Set.copyOf(waves.late));
  }

  private Place place(int item) {
    if (owners.of(item).isEmpty()) {
      return ownPlace(item);
    }
    Place known = moved.get(item);
    if (known != null) {
      return known;
    }
    onTheWay.add(item);
    Place place = ownPlace(item);
    for (int owner : owners.of(item).values()) {
      if (onTheWay.contains(owner)) {
        late.add(item);
        continue;
      }
      Place before = place(owner);
      if (before.compareTo(place) < 0) {
        continue;
      }
      if (fixed.contains(item)) {
        late.add(item);
      } else {
        place = new Place(before.type(), before.step() + 1);
      }
    }
    onTheWay.remove(item);
    moved.put(item, place);
    return place;
  }

  private Place ownPlace(int item) {
    return places.computeIfAbsent(spool.key(item).type(), t -> new Place(Priorities.of(t), 0));
  }
}
