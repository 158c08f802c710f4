package dev.holdfast.cli;

import dev.holdfast.model.velero.BackupStorageLocation;
import dev.holdfast.store.ObjectStore;

/**
 * A location and its store, to be closed.
 *
 * @param document how it is configured
 */
public record OpenLocation(BackupStorageLocation document, ObjectStore store)
    implements AutoCloseable {

  /** Its name: {@code default} for a directory or bucket given on the command line. */
  public String name() {
    return String.valueOf(document.metadata().name());
  }

  @Override
  public void close() {
    store.close();
  }
}
