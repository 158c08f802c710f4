package dev.holdfast.engine.inspect;

import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.inspect.Contents.Summary;
import dev.holdfast.engine.restore.action.Comparison;
import dev.holdfast.engine.restore.action.FieldDiff;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * {@code backup diff}: what changed from one backup to another, or to the live cluster. What a
 * server sets (uid, resourceVersion, managed fields, status) does not count. Items of equal content
 * are not read; the content of Secrets is never told.
 */
public final class BackupDiff {

  /** What became of an item. */
  public enum Fate {
    ADDED,
    REMOVED,
    CHANGED,
    /** It could not be compared. */
    UNKNOWN
  }

  /**
   * @param changes which fields, for {@link Fate#CHANGED}
   * @param reason why it could not be compared, for {@link Fate#UNKNOWN}; else empty
   */
  public record Difference(ItemKey key, Fate fate, List<FieldDiff.Change> changes, String reason) {}

  private final Operation op;
  private final Consumer<Difference> each;

  private BackupDiff(Operation op, Consumer<Difference> each) {
    this.op = op;
    this.each = each;
  }

  /** Compares two backups; differences come as they are found. */
  public static void between(
      Operation op, Contents before, Contents after, Consumer<Difference> each) {
    new BackupDiff(op, each).backups(before, after);
  }

  /**
   * Compares a backup with the cluster. Types are listed once per namespace of the backup; an item
   * of the cluster is {@link Fate#ADDED} if it is of a type and in a namespace that the backup
   * holds. Cluster-scoped items are never: a backup holds only those that belong to it.
   */
  public static void withCluster(
      Operation op, Contents before, Cluster cluster, Consumer<Difference> each) {
    new BackupDiff(op, each).cluster(before, cluster);
  }

  private void backups(Contents before, Contents after) {
    for (int i = 0; i < before.size(); i++) {
      op.check();
      Summary old = before.summary(i);
      OptionalInt place = after.find(old.key());
      if (place.isEmpty()) {
        tell(old.key(), Fate.REMOVED);
      } else {
        Summary now = after.summary(place.getAsInt());
        if (!same(old, now)) {
          changed(old.key(), before.json(i), after.json(place.getAsInt()));
        }
      }
    }
    for (int i = 0; i < after.size(); i++) {
      ItemKey key = after.summary(i).key();
      if (before.find(key).isEmpty()) {
        tell(key, Fate.ADDED);
      }
    }
  }

  private static boolean same(Summary old, Summary now) {
    if (old.content().isEmpty() || now.content().isEmpty()) {
      return old.uid().equals(now.uid())
          && !old.resourceVersion().isEmpty()
          && old.resourceVersion().equals(now.resourceVersion());
    }
    return old.content().equals(now.content());
  }

  private void cluster(Contents before, Cluster cluster) {
    Discovery discovery = cluster.discover(op);
    Map<GroupResource, BitSet> byType = new TreeMap<>();
    Set<String> namespaces = new TreeSet<>();
    for (int i = 0; i < before.size(); i++) {
      ItemKey key = before.summary(i).key();
      byType.computeIfAbsent(key.type(), _ -> new BitSet()).set(i);
      if (key.namespaced()) {
        namespaces.add(key.namespace());
      }
    }
    byType.forEach((type, places) -> type(before, places, namespaces, cluster, discovery, type));
  }

  private void type(
      Contents before,
      BitSet places,
      Set<String> namespaces,
      Cluster cluster,
      Discovery discovery,
      GroupResource type) {
    String apiVersion = before.summary(places.nextSetBit(0)).apiVersion();
    String version = apiVersion.substring(apiVersion.indexOf('/') + 1);
    Optional<ResourceType> served = discovery.find(type, version).or(() -> discovery.find(type));
    if (served.isEmpty()) {
      unknown(before, places, "the cluster does not serve " + type);
      return;
    }
    BitSet missing = (BitSet) places.clone();
    try {
      for (String namespace : served.get().namespaced() ? namespaces : List.of("")) {
        cluster.list(
            op,
            served.get(),
            namespace,
            Cluster.ListOptions.ALL,
            live -> live(before, missing, new ItemKey(type, live.namespace(), live.name()), live));
      }
    } catch (Failure.Denied e) {
      unknown(before, missing, e.getMessage());
      return;
    }
    missing.stream().forEach(i -> tell(before.summary(i).key(), Fate.REMOVED));
  }

  private void live(Contents before, BitSet missing, ItemKey key, Cluster.Item live) {
    OptionalInt place = before.find(key);
    if (place.isEmpty()) {
      if (key.namespaced()) {
        tell(key, Fate.ADDED);
      }
      return;
    }
    missing.clear(place.getAsInt());
    changed(key, before.json(place.getAsInt()), Optional.of(live.json()));
  }

  private void changed(ItemKey key, Optional<byte[]> before, Optional<byte[]> after) {
    if (before.isEmpty() || after.isEmpty()) {
      each.accept(
          new Difference(
              key, Fate.UNKNOWN, List.of(), "it is encrypted: give --identity FILE to compare it"));
      return;
    }
    Comparison comparison =
        Comparison.ofStates(
            key.type(),
            Json.object(before.get(), key.toString()),
            Json.object(after.get(), key.toString()));
    if (!comparison.same()) {
      each.accept(new Difference(key, Fate.CHANGED, comparison.changes(), ""));
    }
  }

  private void unknown(Contents before, BitSet places, String reason) {
    places.stream()
        .forEach(i ->
            each.accept(new Difference(before.summary(i).key(), Fate.UNKNOWN, List.of(), reason)));
  }

  private void tell(ItemKey key, Fate fate) {
    each.accept(new Difference(key, fate, List.of(), ""));
  }
}
