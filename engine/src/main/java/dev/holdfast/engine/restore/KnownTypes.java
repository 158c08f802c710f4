package dev.holdfast.engine.restore;

import dev.holdfast.engine.spool.Spool;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.ResourceType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The types that filters may name and owners may have: what the target serves, what the source
 * served, and what the backup holds although neither says so.
 */
final class KnownTypes {

  private final Discovery all;
  private final Map<GroupResource, Integer> held = new HashMap<>();
  private final Map<String, GroupResource> byKind = new HashMap<>();

  private KnownTypes(Discovery all) {
    this.all = all;
  }

  static KnownTypes of(Spool spool, Discovery target, @Nullable Discovery source) {
    Map<GroupResource, ResourceType> types = new LinkedHashMap<>();
    target.preferred().forEach(t -> types.put(t.groupResource(), t));
    if (source != null) {
      source.preferred().forEach(t -> types.putIfAbsent(t.groupResource(), t));
    }
    KnownTypes known = new KnownTypes(new Discovery(target.serverVersion(), List.of(), Map.of()));
    for (int i = 0; i < spool.size(); i++) {
      ItemKey key = spool.key(i);
      if (known.held.merge(key.type(), 1, Integer::sum) == 1) {
        types.putIfAbsent(key.type(), bare(key, spool.apiVersion(i), spool.kind(i)));
        known.byKind.put(key.type().group() + "/" + spool.kind(i), key.type());
      }
    }
    KnownTypes whole =
        new KnownTypes(
            new Discovery(target.serverVersion(), new ArrayList<>(types.values()), Map.of()));
    whole.held.putAll(known.held);
    whole.byKind.putAll(known.byKind);
    return whole;
  }

  /** A type of which only an item is known. */
  private static ResourceType bare(ItemKey key, String apiVersion, String kind) {
    return new ResourceType(
        key.type().group(),
        apiVersion.substring(apiVersion.indexOf('/') + 1),
        kind,
        key.type().resource(),
        kind.toLowerCase(Locale.ROOT),
        List.of(),
        key.namespaced(),
        List.of(),
        true);
  }

  Discovery discovery() {
    return all;
  }

  /** Types of the backup's items, with their number. */
  Map<GroupResource, Integer> held() {
    return held;
  }

  /** The type of the backup's items that have this group and kind. */
  Optional<GroupResource> ofKind(String group, String kind) {
    return Optional.ofNullable(byKind.get(group + "/" + kind));
  }
}
