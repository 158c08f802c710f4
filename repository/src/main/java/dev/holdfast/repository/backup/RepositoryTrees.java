package dev.holdfast.repository.backup;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.tree.TreeReader;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The parent's trees, read from an open repository. */
public final class RepositoryTrees implements ParentTrees {

  private final Repository repository;

  public RepositoryTrees(Repository repository) {
    this.repository = repository;
  }

  @Override
  public Tree load(Operation op, @Nullable Id id) {
    if (id == null) {
      return new Tree(List.of());
    }
    try {
      return new Tree(
          TreeReader.read(repository.load(op, BlobType.TREE, id), "Tree " + id.shortText()));
    } catch (Failure.Corrupt e) {
      return new Tree(List.of());
    }
  }

  @Override
  public boolean stored(Operation op, List<Id> content) {
    return content.stream().allMatch(id -> repository.index().contains(BlobType.DATA, id));
  }
}
