package dev.holdfast.cli.repo;

import dev.holdfast.repository.Repository;
import dev.holdfast.store.ObjectStore;

/** An open repository and its store, to be closed. */
record OpenRepository(ObjectStore store, Repository repository) implements AutoCloseable {

  /** Ten digits of its id, as restic prints it. */
  String shortId() {
    return repository.config().id().substring(0, 10);
  }

  @Override
  public void close() {
    store.close();
  }
}
