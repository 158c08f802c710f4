package dev.holdfast.repository.check;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.RepositoryKeys;
import dev.holdfast.repository.index.IndexFile;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** Loads every index file into the repository's table, and sums up what they say of packs. */
final class IndexCheck {

  private static final int LOADERS = 8;

  private final Repository repository;
  private final PackTable packs = new PackTable();
  private final Map<Id, String> damaged = new TreeMap<>();

  IndexCheck(Repository repository) {
    this.repository = repository;
  }

  /** Loads them. */
  void run(Operation op) {
    op.forEach(
        Repository.names(op, repository.store(), RepositoryKeys.INDEXES).iterator(),
        LOADERS,
        id -> load(op, id));
  }

  private void load(Operation op, Id id) {
    Map<Id, PackTable.Entry> file = new HashMap<>();
    try {
      byte[] json = repository.load(op, RepositoryKeys.INDEXES, id);
      IndexFile.read(
          json,
          "Index " + id.shortText(),
          (pack, blob) -> {
            file.computeIfAbsent(pack, none -> new PackTable.Entry()).add(blob);
            repository.index().add(pack, blob);
          });
      packs.merge(file);
    } catch (Failure.Corrupt | Failure.Absent e) {
      synchronized (damaged) {
        damaged.put(id, e.getMessage());
      }
    }
  }

  PackTable packs() {
    return packs;
  }

  /** Index files that cannot be read, and why. */
  Map<Id, String> damaged() {
    return damaged;
  }
}
