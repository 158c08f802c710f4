package dev.holdfast.engine.backup;

import dev.holdfast.archive.LocationDocument;
import dev.holdfast.archive.LocationKeys;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.store.ObjectStore;
import java.io.IOException;
import java.io.InputStream;
import java.util.UUID;

/** The document that says which format a location has. */
final class LocationFormat {

  private LocationFormat() {}

  /**
   * Writes the document if the location has none.
   *
   * @throws Failure.Unsupported if the location is of a newer format; the message says which
   *     version to use
   */
  static void ensure(Operation op, ObjectStore store) {
    if (store.head(op, LocationKeys.LOCATION).isEmpty()) {
      String id = new UUID(op.random().nextLong(), op.random().nextLong()).toString();
      if (store.putIfAbsent(op, LocationKeys.LOCATION, LocationDocument.create(id).toBytes())) {
        return;
      }
    }
    try (InputStream in = store.get(op, LocationKeys.LOCATION)) {
      LocationDocument.read(in.readAllBytes(), LocationKeys.LOCATION + " of " + store.describe());
    } catch (IOException e) {
      throw new Failure.Unreachable("Cannot read " + LocationKeys.LOCATION, null, e);
    }
  }
}
