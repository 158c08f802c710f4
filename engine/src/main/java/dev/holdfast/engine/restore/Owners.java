package dev.holdfast.engine.restore;

import dev.holdfast.engine.spool.Spool;
import dev.holdfast.model.ItemKey;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Who owns whom among the items of a restore, and which references lead out of it: to what is not
 * restored, or was another object of the same name. To keep such a reference blindly would let the
 * garbage collector delete what was just restored.
 */
final class Owners {

  /** Owned item → its owners' numbers, by the owner's uid in the backup. */
  private final Map<Integer, Map<String, Integer>> owners = new HashMap<>();

  private final Map<Integer, List<ItemScan.Owner>> outside = new HashMap<>();
  private final BitSet owning = new BitSet();

  private Owners() {}

  static Owners of(Spool spool, KnownTypes known, BitSet numbers) {
    Owners all = new Owners();
    Map<Integer, String> uids = new HashMap<>();
    for (int i = numbers.nextSetBit(0); i >= 0; i = numbers.nextSetBit(i + 1)) {
      ItemKey key = spool.key(i);
      if (Kinds.ADOPTED.contains(key.type())) {
        continue;
      }
      for (ItemScan.Owner owner : ItemScan.read(spool.json(i)).owners()) {
        OptionalInt number = find(spool, known, key, owner);
        if (number.isPresent()
            && numbers.get(number.getAsInt())
            && uids.computeIfAbsent(number.getAsInt(), n -> ItemScan.read(spool.json(n)).uid())
                .equals(owner.uid())) {
          all.link(i, owner.uid(), number.getAsInt());
        } else {
          all.outside.computeIfAbsent(i, _ -> new ArrayList<>()).add(owner);
        }
      }
    }
    return all;
  }

  /** In the item's own namespace, or cluster-scoped. */
  private static OptionalInt find(
      Spool spool, KnownTypes known, ItemKey item, ItemScan.Owner owner) {
    var type = known.ofKind(owner.group(), owner.kind());
    if (type.isEmpty()) {
      return OptionalInt.empty();
    }
    OptionalInt near = spool.find(new ItemKey(type.get(), item.namespace(), owner.name()));
    return near.isPresent() ? near : spool.find(new ItemKey(type.get(), "", owner.name()));
  }

  void link(int item, String uid, int owner) {
    owners.computeIfAbsent(item, _ -> new HashMap<>()).put(uid, owner);
    owning.set(owner);
  }

  /** The owners of an item that are restored with it: uid in the backup → number. */
  Map<String, Integer> of(int item) {
    return owners.getOrDefault(item, Map.of());
  }

  /** The owners of an item that this restore does not bring. */
  List<ItemScan.Owner> outside(int item) {
    return outside.getOrDefault(item, List.of());
  }

  /** Whether another item's reference needs this item's new uid. */
  boolean owns(int item) {
    return owning.get(item);
  }

  /** Items whose owners are restored with them. */
  Set<Integer> owned() {
    return owners.keySet();
  }

  /** Items with an owner that this restore does not bring. */
  Set<Integer> left() {
    return outside.keySet();
  }
}
