package dev.holdfast.engine.restore;

import dev.holdfast.engine.restore.action.ItemTransform;
import dev.holdfast.engine.restore.action.Transformed;
import dev.holdfast.engine.spool.Spool;
import dev.holdfast.engine.volume.SnapshotTypes;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The items of a restore: those that were selected, and those that they need.
 *
 * @param numbers all of them, as numbers of the spool
 * @param needed those that were not selected but are needed by another
 * @param ensured Namespaces that only have to be there, whatever they look like
 * @param bare names of namespaces in the target that have to be there and of which the backup has
 *     no Namespace
 * @param remarks what the user should know, each a sentence
 */
record RestoreSet(
    BitSet numbers, BitSet needed, BitSet ensured, Set<String> bare, List<String> remarks) {

  /** Only items of these types need others; to look at them is to transform them. */
  private static final Set<GroupResource> NEEDING =
      Set.of(Kinds.PODS, Kinds.CLAIMS, SnapshotTypes.SNAPSHOTS, SnapshotTypes.CONTENTS);

  int size() {
    return numbers.cardinality();
  }

  /** Adds to what is selected what that needs. */
  static RestoreSet of(OpenBackup backup, Selection selection, Preparation preparation) {
    return new Closure(backup, selection, preparation).run();
  }

  private static final class Closure {
    private final OpenBackup backup;
    private final Spool spool;
    private final Selection selection;
    private final Preparation preparation;
    private final BitSet numbers;
    private final BitSet needed = new BitSet();
    private final BitSet ensured = new BitSet();
    private final Set<String> bare = new TreeSet<>();
    private final Deque<Integer> open = new ArrayDeque<>();
    private final List<String> remarks = new ArrayList<>();

    Closure(OpenBackup backup, Selection selection, Preparation preparation) {
      this.backup = backup;
      this.spool = backup.spool();
      this.selection = selection;
      this.preparation = preparation;
      this.numbers = selection.numbers();
    }

    RestoreSet run() {
      definitions();
      numbers.stream().forEach(open::add);
      while (!open.isEmpty()) {
        expand(open.remove());
      }
      namespaces();
      return new RestoreSet(numbers, needed, ensured, bare, remarks);
    }

    private void expand(int number) {
      ItemKey key = spool.key(number);
      if (!NEEDING.contains(key.type())) {
        return;
      }
      try {
        Transformed item = ItemTransform.apply(key, backup.item(number), preparation.context());
        if (!item.skipped()) {
          item.additional().forEach(other -> need(key, other));
        }
      } catch (Failure e) {
        // The item itself fails later, with this message; it then needs nothing.
      }
    }

    private void need(ItemKey key, ItemKey other) {
      var number = spool.find(other);
      if (number.isPresent()) {
        if (selection.admits(other)) {
          add(number.getAsInt());
        }
      } else if (!other.name().startsWith("system-")) {
        remarks.add(key + " needs " + other + ", which the backup does not hold");
      }
    }

    private void add(int number) {
      if (!numbers.get(number)) {
        numbers.set(number);
        needed.set(number);
        open.add(number);
      }
    }

    /** A custom resource brings its definition along if the target does not know its type. */
    private void definitions() {
      Set<GroupResource> seen = new HashSet<>();
      for (int i = numbers.nextSetBit(0); i >= 0; i = numbers.nextSetBit(i + 1)) {
        ItemKey key = spool.key(i);
        if (seen.add(key.type()) && !preparation.serves(key.type())) {
          ItemKey definition = new ItemKey(Kinds.DEFINITIONS, "", key.type().toString());
          var number = spool.find(definition);
          if (number.isPresent() && selection.admits(definition)) {
            add(number.getAsInt());
          }
        }
      }
      open.clear();
    }

    /** Where items go there must be a namespace, whether it was selected or not. */
    private void namespaces() {
      Set<String> sources = new HashSet<>();
      for (int i = numbers.nextSetBit(0); i >= 0; i = numbers.nextSetBit(i + 1)) {
        ItemKey key = spool.key(i);
        if (key.namespaced()) {
          sources.add(key.namespace());
        } else if (key.type().equals(Kinds.NAMESPACES) && mapped(key.name())) {
          ensured.set(i);
        }
      }
      for (String source : sources) {
        var number = spool.find(new ItemKey(Kinds.NAMESPACES, "", source));
        if (number.isEmpty()) {
          bare.add(preparation.context().targetNamespace(source));
        } else if (!numbers.get(number.getAsInt())) {
          numbers.set(number.getAsInt());
          ensured.set(number.getAsInt());
        }
      }
    }

    /** An existing namespace that others are restored into is not made equal to theirs. */
    private boolean mapped(String namespace) {
      return !preparation.context().targetNamespace(namespace).equals(namespace);
    }
  }
}
