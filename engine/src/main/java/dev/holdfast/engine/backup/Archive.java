package dev.holdfast.engine.backup;

import dev.holdfast.archive.ArchiveWriter;
import dev.holdfast.archive.Index;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.spool.Spool;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The stage before the last: spool → archive, streamed into the store. Items stand type by type in
 * the order of discovery, then by namespace and name; those that {@code orderedResources} names
 * come first.
 */
final class Archive {

  private record Place(int number, ItemKey key, int type, int order) {}

  private final Selection selection;
  private final Spool spool;
  private final ItemActions actions;
  private final Sealing sealing;
  private final Records records;
  private final Findings findings;
  private final Progress progress;
  private final Set<ItemKey> excluded;

  /**
   * @param excluded items that are not stored
   */
  Archive(
      Selection selection,
      Spool spool,
      ItemActions actions,
      Sealing sealing,
      Records records,
      Findings findings,
      Progress progress,
      Set<ItemKey> excluded) {
    this.selection = selection;
    this.spool = spool;
    this.actions = actions;
    this.sealing = sealing;
    this.records = records;
    this.findings = findings;
    this.progress = progress;
    this.excluded = excluded;
  }

  /** Stores archive and, if they are to be encrypted, Secrets. */
  Index write(Operation op, int threads) {
    List<Place> places = order();
    progress.total(places.size(), spool.bytes());
    try (Records.Sink archive = records.archive();
        var writer = new ArchiveWriter(archive.stream(), threads, op.now());
        var secrets = new EncryptedSecrets(sealing, records, op.now())) {
      for (Place place : places) {
        op.check();
        byte[] json = actions.apply(place.key(), spool.json(place.number()));
        String apiVersion = spool.apiVersion(place.number());
        String version = apiVersion.substring(apiVersion.indexOf('/') + 1);
        if (secrets.take(place.key())) {
          secrets.add(place.key(), version, json);
          writer.addEncrypted(place.key(), json);
        } else {
          writer.add(place.key(), version, true, json);
        }
        progress.advance(1, json.length);
      }
      Index index = writer.finish();
      archive.finish();
      secrets.finish();
      return index;
    }
  }

  private List<Place> order() {
    Map<GroupResource, Integer> ranks = new HashMap<>();
    for (ResourceType type : selection.types()) {
      ranks.putIfAbsent(type.groupResource(), ranks.size());
    }
    Map<GroupResource, Map<String, Integer>> ordered = new HashMap<>();
    selection
        .ordered()
        .forEach((type, names) -> ordered.put(GroupResource.parse(type), positions(names)));
    List<Place> places = new ArrayList<>(spool.size());
    for (int number = 0; number < spool.size(); number++) {
      ItemKey key = spool.key(number);
      if (excluded.contains(key)) {
        continue;
      }
      Map<String, Integer> wanted = ordered.get(key.type());
      Integer order = wanted == null ? null : wanted.remove(Archive.name(key));
      places.add(
          new Place(
              number,
              key,
              ranks.getOrDefault(key.type(), Integer.MAX_VALUE),
              order == null ? Integer.MAX_VALUE : order));
    }
    ordered.forEach((type, left) ->
        left.keySet()
            .forEach(name ->
                findings.warning(
                    Findings.About.type(type, ""),
                    "orderedResources names '" + name + "', which is not in the backup")));
    places.sort(
        Comparator.comparingInt(Place::type)
            .thenComparing(place -> place.key().type())
            .thenComparingInt(Place::order)
            .thenComparing(Place::key));
    return places;
  }

  private static String name(ItemKey key) {
    return key.namespaced() ? key.namespace() + "/" + key.name() : key.name();
  }

  private static Map<String, Integer> positions(List<String> names) {
    Map<String, Integer> positions = new HashMap<>();
    names.forEach(name -> positions.putIfAbsent(name, positions.size()));
    return positions;
  }
}
