package dev.holdfast.repository.snapshot;

import dev.holdfast.repository.Id;
import dev.holdfast.repository.tree.GoTime;
import java.time.Instant;

/** A snapshot with the name of its file. */
public record SavedSnapshot(Id id, Snapshot snapshot) {

  /** When it was made. */
  public Instant time() {
    return GoTime.parse(snapshot.time()).toInstant();
  }

  /** The id of its root tree. */
  public Id tree() {
    return Id.parse(snapshot.tree());
  }

  /** The first eight digits, as restic prints ids. */
  public String shortId() {
    return id.shortText();
  }
}
