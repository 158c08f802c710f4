package dev.holdfast.repository.backup;

import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobSink;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Stores nothing, but knows what it would store. */
final class DryRun implements BlobSink {

  private final Repository repository;
  private final Set<Id> data = ConcurrentHashMap.newKeySet();
  private final Set<Id> trees = ConcurrentHashMap.newKeySet();

  DryRun(Repository repository) {
    this.repository = repository;
  }

  @Override
  public BitSet missing(Operation op, BlobType type, List<Id> ids) {
    Set<Id> seen = type == BlobType.DATA ? data : trees;
    BitSet missing = new BitSet(ids.size());
    for (int i = 0; i < ids.size(); i++) {
      missing.set(i, !repository.index().contains(type, ids.get(i)) && seen.add(ids.get(i)));
    }
    return missing;
  }

  @Override
  public void put(Operation op, BlobType type, Id id, byte[] bytes, int offset, int length) {
    op.check();
  }

  @Override
  public void flush(Operation op) {
    op.check();
  }
}
