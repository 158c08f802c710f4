package dev.holdfast.engine.restore;

import dev.holdfast.engine.select.IncludesExcludes;
import dev.holdfast.engine.select.LabelFilter;
import dev.holdfast.engine.select.NamespaceFilter;
import dev.holdfast.engine.select.TypeNames;
import dev.holdfast.engine.spool.Spool;
import dev.holdfast.engine.volume.SnapshotTypes;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.velero.Restore;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which items of a backup a Restore asks for (velero.md 5.3), before those that they need are added
 * ({@link #admits}).
 */
final class Selection {

  /** Whoever wants a claim wants what is in it. */
  private static final Set<GroupResource> SNAPSHOTS =
      Set.of(SnapshotTypes.SNAPSHOTS, SnapshotTypes.CONTENTS, SnapshotTypes.CLASSES);

  private final Spool spool;
  private final IncludesExcludes types;
  private final NamespaceFilter namespaces;
  private final LabelFilter labels;
  private final @Nullable Boolean clusterScoped;
  private final List<ItemKey> items;

  private Selection(
      Spool spool,
      IncludesExcludes types,
      NamespaceFilter namespaces,
      LabelFilter labels,
      @Nullable Boolean clusterScoped,
      List<ItemKey> items) {
    this.spool = spool;
    this.types = types;
    this.namespaces = namespaces;
    this.labels = labels;
    this.clusterScoped = clusterScoped;
    this.items = items;
  }

  /**
   * @param items if not empty, exactly these instead of what the filters say
   */
  static Selection of(Restore.Spec spec, Spool spool, KnownTypes known, List<ItemKey> items) {
    TypeNames names = new TypeNames(known.discovery());
    Set<String> existing = new TreeSet<>();
    for (int i = 0; i < spool.size(); i++) {
      ItemKey key = spool.key(i);
      if (key.namespaced()) {
        existing.add(key.namespace());
      } else if (key.type().equals(Kinds.NAMESPACES)) {
        existing.add(key.name());
      }
    }
    return new Selection(
        spool,
        IncludesExcludes.of(
            names.resolve(spec.includedResources(), null),
            names.resolve(spec.excludedResources(), null)),
        NamespaceFilter.of(
            spec.includedNamespaces(), spec.excludedNamespaces(), existing, List.of()),
        LabelFilter.of(spec.labelSelector(), spec.orLabelSelectors()),
        spec.includeClusterResources(),
        items);
  }

  /**
   * The numbers of the selected items.
   *
   * @throws Failure.Absent if an item that was named is not in the backup
   */
  BitSet numbers() {
    BitSet selected = new BitSet(spool.size());
    if (!items.isEmpty()) {
      items.forEach(key -> selected.set(number(key)));
      return selected;
    }
    for (int i = 0; i < spool.size(); i++) {
      if (selects(i)) {
        selected.set(i);
      }
    }
    return selected;
  }

  private int number(ItemKey key) {
    return spool
        .find(key)
        .orElseThrow(() ->
            new Failure.Absent(
                "The backup holds no item " + key,
                "see what it holds with 'backup describe --details'",
                null));
  }

  private boolean selects(int number) {
    ItemKey key = spool.key(number);
    if (neverRestored(key) || !types.includes(key.type().toString())) {
      return false;
    }
    return inScope(key)
        && (labels.everything() || labels.matches(ItemScan.read(spool.json(number)).labels()));
  }

  private boolean inScope(ItemKey key) {
    if (key.namespaced()) {
      return namespaces.includes(key.namespace());
    }
    if (key.type().equals(Kinds.NAMESPACES)) {
      return namespaces.includes(key.name());
    }
    return clusterScoped == null ? namespaces.everything() : clusterScoped;
  }

  /** Whether an item that a selected one needs is restored with it: labels do not matter then. */
  boolean admits(ItemKey key) {
    if (neverRestored(key)) {
      return false;
    }
    if (!items.isEmpty() || SNAPSHOTS.contains(key.type())) {
      return true;
    }
    return types.includes(key.type().toString())
        && (key.namespaced()
            ? namespaces.includes(key.namespace())
            : !Boolean.FALSE.equals(clusterScoped));
  }

  /** The control plane itself publishes its certificate authority in every namespace. */
  private static boolean neverRestored(ItemKey key) {
    return Kinds.NEVER_RESTORED.contains(key.type())
        || key.type().equals(Kinds.CONFIG_MAPS) && key.name().equals("kube-root-ca.crt");
  }

  /** What the user should know about the filters themselves: names that fit nothing. */
  List<String> remarks(Restore.Spec spec, KnownTypes known) {
    List<String> remarks = new ArrayList<>();
    if (!items.isEmpty()) {
      return remarks;
    }
    TypeNames names = new TypeNames(known.discovery());
    for (String name : orEmpty(spec.includedResources())) {
      IncludesExcludes wanted = IncludesExcludes.of(names.resolve(List.of(name), null), null);
      if (known.held().keySet().stream().map(GroupResource::toString).noneMatch(wanted::named)) {
        remarks.add("The backup holds no item of the type " + name + ", which is to be restored");
      }
    }
    for (String name : names.unknown(spec.excludedResources())) {
      remarks.add("There is no type " + name + ", which is to be excluded");
    }
    for (String name : namespaces.named()) {
      if (!name.contains("*") && !holds(name)) {
        remarks.add("The backup holds nothing of the namespace " + name);
      }
    }
    if (namespaces.matchesNothing()) {
      remarks.add("No namespace of the backup matches " + spec.includedNamespaces());
    }
    return remarks;
  }

  private boolean holds(String namespace) {
    for (int i = 0; i < spool.size(); i++) {
      ItemKey key = spool.key(i);
      if (key.namespace().equals(namespace)
          || key.type().equals(Kinds.NAMESPACES) && key.name().equals(namespace)) {
        return true;
      }
    }
    return false;
  }

  /** How many items of which type stay out because they are never restored. */
  Map<GroupResource, Integer> neverRestored() {
    Map<GroupResource, Integer> counts = new TreeMap<>();
    for (int i = 0; i < spool.size(); i++) {
      ItemKey key = spool.key(i);
      if (neverRestored(key) && inScope(key)) {
        counts.merge(key.type(), 1, Integer::sum);
      }
    }
    return counts;
  }

  private static List<String> orEmpty(@Nullable List<String> names) {
    return names == null ? List.of() : names;
  }
}
