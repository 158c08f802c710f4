package dev.holdfast.repository.prune;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.RepositoryKeys;
import dev.holdfast.repository.index.BlobTable.Location;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Every pack of the index with what is needed of it, and the copy to keep of each blob that has
 * several. A pack that is gone or has another size than the index says counts as not there: what it
 * holds must be elsewhere.
 */
final class PackUses {

  private record Key(BlobType type, Id id) {}

  private final Repository repository;
  private final UsedBlobs used;
  private final Map<Id, PackUse> packs = new HashMap<>();
  private final Map<Id, Long> orphans = new HashMap<>();
  private final Map<Key, List<Location>> duplicates = new HashMap<>();
  private final Map<Key, Location> chosen = new HashMap<>();
  long duplicateBytes;
  long duplicateBlobs;
  long usedBytes;
  long usedBlobs;
  long unusedBytes;
  long unusedBlobs;

  /**
   * @throws Failure.Corrupt if something that is needed is not there
   */
  PackUses(Operation op, Repository repository, UsedBlobs used) {
    this.repository = repository;
    this.used = used;
    repository.index().forEach(copy -> use(copy.pack()).add(copy.blob()));
    list(op);
    repository.index().forEach(this::classify);
    if (usedBlobs + duplicates.size() != used.size()) {
      throw lacking(used.size() - usedBlobs - duplicates.size());
    }
    duplicates.forEach(this::choose);
  }

  PackUse use(Id pack) {
    return packs.computeIfAbsent(pack, none -> new PackUse());
  }

  private void list(Operation op) {
    repository
        .store()
        .listAll(
            op,
            RepositoryKeys.PACKS,
            meta -> {
              String name = meta.key().substring(meta.key().lastIndexOf('/') + 1);
              if (Id.isHex(name)) {
                Id pack = Id.parse(name);
                PackUse use = packs.get(pack);
                if (use == null) {
                  orphans.put(pack, meta.size());
                } else {
                  use.listed = true;
                  use.usable = use.size == meta.size();
                }
              }
            });
  }

  private void classify(Location copy) {
    PackUse use = use(copy.pack());
    int length = copy.blob().length();
    Key key = new Key(copy.blob().type(), copy.blob().id());
    if (!use.usable || !used.contains(key.type, key.id)) {
      use.unused(copy.blob());
      unusedBytes += length;
      unusedBlobs++;
      return;
    }
    List<Location> copies = usable(key);
    if (copies.size() == 1) {
      use.used();
      usedBytes += length;
      usedBlobs++;
    } else {
      use.duplicate(copy.blob());
      duplicateBytes += length;
      duplicateBlobs++;
      duplicates.putIfAbsent(key, copies);
    }
  }

  private List<Location> usable(Key key) {
    List<Location> copies = repository.index().findAll(key.type, key.id);
    return copies.size() == 1
        ? copies
        : copies.stream().filter(copy -> use(copy.pack()).usable).toList();
  }

  /**
   * Rather in a pack that is needed anyway, or that holds nothing but copies, as an interrupted
   * prune leaves it; never in one that could go.
   */
  private void choose(Key key, List<Location> copies) {
    Location best = copies.getLast();
    for (Location copy : copies) {
      PackUse use = use(copy.pack());
      if (use.usedBlobs > 0 || use.duplicateBlobs == use.unusedBlobs) {
        best = copy;
        break;
      }
    }
    use(best.pack()).choose(best.blob());
    chosen.put(key, best);
    usedBytes += best.blob().length();
    usedBlobs++;
    duplicateBytes -= best.blob().length();
    duplicateBlobs--;
  }

  private Failure lacking(long blobs) {
    Set<String> names = new HashSet<>();
    packs.forEach((pack, use) -> {
      if (!use.usable) {
        names.add(pack.shortText() + (use.listed ? " (has another size)" : " (is missing)"));
      }
    });
    String why = names.isEmpty() ? "" : "; of the packs that the index names: " + names;
    return new Failure.Corrupt(
        blobs + " blobs that snapshots need are not there" + why,
        "nothing was removed; see what is affected with repo check, then repo repair index",
        null);
  }

  Map<Id, PackUse> packs() {
    return packs;
  }

  /** Packs that are in no index → bytes. */
  Map<Id, Long> orphans() {
    return orphans;
  }

  /**
   * Whether a copy in a pack that is rewritten has to be taken along.
   *
   * @param leaving packs that will not be there any more
   */
  boolean keeps(Location copy, Set<Id> leaving) {
    Key key = new Key(copy.blob().type(), copy.blob().id());
    if (!used.contains(key.type, key.id)) {
      return false;
    }
    Location best = chosen.get(key);
    List<Location> copies = duplicates.get(key);
    if (best == null || copies == null) {
      return true;
    }
    boolean elsewhere = copies.stream().anyMatch(other -> !leaving.contains(other.pack()));
    return !elsewhere && best.equals(copy);
  }

  /** For each blob of which copies leave and others stay: those that stay. */
  List<List<Location>> staying(Set<Id> leaving) {
    List<List<Location>> staying = new ArrayList<>();
    for (List<Location> copies : duplicates.values()) {
      List<Location> left = copies.stream().filter(copy -> !leaving.contains(copy.pack())).toList();
      if (!left.isEmpty() && left.size() < copies.size()) {
        staying.add(left);
      }
    }
    return staying;
  }

  /**
   * Looks once more, before anything goes: all that is needed of the packs that leave is in one
   * that stays, old or new.
   */
  void requireElsewhere(Set<Id> leaving) {
    repository
        .index()
        .forEach(copy -> {
          BlobType type = copy.blob().type();
          Id id = copy.blob().id();
          if (leaving.contains(copy.pack())
              && used.contains(type, id)
              && repository.index().findAll(type, id).stream()
                  .allMatch(other -> leaving.contains(other.pack()))) {
            throw new IllegalStateException(
                "The " + type.text() + " blob " + id + " would be lost; nothing was removed");
          }
        });
  }
}
