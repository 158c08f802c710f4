package dev.holdfast.repository.snapshot;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.RepositoryKeys;
import dev.holdfast.repository.lock.HeldLock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Finds the snapshots that a command line means, and removes some. */
public final class Snapshots {

  /** The word for the newest one. */
  public static final String LATEST = "latest";

  private static final Comparator<SavedSnapshot> BY_TIME =
      Comparator.comparing(SavedSnapshot::time).thenComparing(SavedSnapshot::id);

  private final Repository repository;

  public Snapshots(Repository repository) {
    this.repository = repository;
  }

  /**
   * A snapshot and a path in it.
   *
   * @param path below the root, empty for the root
   */
  public record Target(SavedSnapshot snapshot, String path) {}

  /** All that the filter lets through, oldest first. */
  public List<SavedSnapshot> list(Operation op, SnapshotFilter filter) {
    List<SavedSnapshot> found = new ArrayList<>();
    repository
        .snapshots(op)
        .forEach((id, snapshot) -> {
          if (filter.matches(snapshot)) {
            found.add(new SavedSnapshot(id, snapshot));
          }
        });
    found.sort(BY_TIME);
    return found;
  }

  /**
   * Removes snapshots; what only they needed stays until it is pruned.
   *
   * @param lock exclusive; asked before each
   */
  public void remove(Operation op, List<SavedSnapshot> gone, HeldLock lock) {
    for (SavedSnapshot snapshot : gone) {
      lock.check();
      repository.store().delete(op, RepositoryKeys.SNAPSHOTS + snapshot.id());
    }
  }

  /** The newest that the filter lets through and that is not newer than the limit. */
  public Optional<SavedSnapshot> latest(
      Operation op, SnapshotFilter filter, @Nullable Instant limit) {
    return list(op, filter).reversed().stream()
        .filter(snapshot -> limit == null || !snapshot.time().isAfter(limit))
        .findFirst();
  }

  /**
   * The named ones in the order of their names, each once; without names all that the filter lets
   * through, oldest first.
   *
   * @param names ids, unique beginnings of ids, or {@code latest}
   * @throws Failure.Absent if a name means no snapshot
   */
  public List<SavedSnapshot> find(Operation op, SnapshotFilter filter, List<String> names) {
    if (names.isEmpty()) {
      return list(op, filter);
    }
    Map<Id, SavedSnapshot> found = new LinkedHashMap<>();
    for (String name : names) {
      SavedSnapshot snapshot = one(op, filter, name).snapshot();
      found.putIfAbsent(snapshot.id(), snapshot);
    }
    return List.copyOf(found.values());
  }

  /**
   * The one that a word means: an id, a unique beginning of one, or {@code latest}; a path in it
   * may follow after a colon.
   *
   * @param filter what {@code latest} chooses from
   * @throws Failure.Absent if there is none
   * @throws Failure.Invalid if several begin so
   */
  public Target one(Operation op, SnapshotFilter filter, String word) {
    int colon = word.indexOf(':');
    String name = colon < 0 ? word : word.substring(0, colon);
    String path = colon < 0 ? "" : word.substring(colon + 1);
    if (name.equals(LATEST)) {
      SavedSnapshot latest =
          latest(op, filter, null)
              .orElseThrow(() ->
                  new Failure.Absent(
                      filter.isEmpty()
                          ? "There is no snapshot yet"
                          : "No snapshot matches the filter (" + filter + ")",
                      "list them with: holdfast repo snapshots",
                      null));
      return new Target(latest, path);
    }
    Id id = Id.isHex(name) ? Id.parse(name) : byPrefix(op, name);
    return new Target(new SavedSnapshot(id, repository.snapshot(op, id)), path);
  }

  private Id byPrefix(Operation op, String prefix) {
    List<Id> matching =
        Repository.names(op, repository.store(), RepositoryKeys.SNAPSHOTS).stream()
            .filter(id -> !prefix.isEmpty() && id.toString().startsWith(prefix))
            .toList();
    if (matching.isEmpty()) {
      throw new Failure.Absent(
          "There is no snapshot '" + prefix + "'", "list them with: holdfast repo snapshots", null);
    }
    if (matching.size() > 1) {
      throw new Failure.Invalid(
          matching.size() + " snapshots begin with '" + prefix + "'", "give more digits");
    }
    return matching.getFirst();
  }
}
